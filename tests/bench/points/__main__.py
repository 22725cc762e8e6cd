"""Measures the points ledger; prints figures and ratios, and judges nothing.

`python -m tests.bench.points [--rounds 5] [--seconds 3] [--rows 1000000] [--drills 20]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os

from tests.bench.points import calls, drills, engine, reading
from tests.bench.points.stand import Stand


def main() -> None:
    """Start a server of our own, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--drills", type=int, default=20)
    arguments = parser.parse_args()
    print(json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()}))
    stand = Stand.build()
    try:
        engine.report(engine.measure(stand, rounds=arguments.rounds, seconds=arguments.seconds))
        asyncio.run(calls.measure(stand, seconds=arguments.seconds))
        asyncio.run(reading.measure(stand, rows=arguments.rows))
    finally:
        stand.end()
    if arguments.drills:
        drills.main(arguments.drills)


if __name__ == "__main__":
    main()
