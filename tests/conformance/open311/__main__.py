"""`python -m tests.conformance.open311 https://city.example/open311/v2 [--key K] [--jurisdiction J] [--point LAT,LONG]`."""

import argparse
import sys

from tests.conformance.open311.suite import Endpoint, run


def main() -> None:
    """Check an endpoint and say what is wrong with it."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.open311", description=__doc__)
    parser.add_argument("url", help="base address, the one before /services.xml")
    parser.add_argument("--key", default="", help="api_key; without it nothing is filed")
    parser.add_argument("--jurisdiction", default="")
    parser.add_argument("--point", default="", help="a place inside the city for filings")
    chosen = parser.parse_args()
    latitude, _, longitude = chosen.point.partition(",")
    point = (float(latitude), float(longitude)) if longitude else None
    endpoint = Endpoint(chosen.url.rstrip("/"), key=chosen.key, jurisdiction=chosen.jurisdiction, point=point)
    results = run(endpoint)
    for name, wrong in results:
        print(("ok    " if not wrong else "FAIL  ") + name.replace("_", " ") + (f": {wrong}" if wrong else ""))
    sys.exit(any(wrong and not wrong.startswith("not checked") for _, wrong in results))


if __name__ == "__main__":
    main()
