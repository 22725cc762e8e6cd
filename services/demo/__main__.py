"""Fills the demo city (load), tells its accounts (accounts), or plays a gentle day (traffic)."""

import argparse
import asyncio
import json
import sys

from services.demo.people import accounts
from services.demo.settings import DemoSettings
from services.platform import log


def main() -> None:
    """Run one of the three verbs."""
    parser = argparse.ArgumentParser(prog="python -m services.demo", description=__doc__)
    parser.add_argument("verb", choices=["load", "accounts", "traffic"])
    verb = parser.parse_args().verb
    settings = DemoSettings()
    if verb == "accounts":
        json.dump(accounts(settings.demo_password), sys.stdout, ensure_ascii=False, indent=1)
    elif verb == "load":
        from services.demo.load import load  # noqa: PLC0415 the other verbs need neither cv2 nor gRPC

        log.configure("demo", settings.log_level, sys.stderr)
        asyncio.run(load(settings, lambda line: print(line, flush=True)))
    else:
        from services.demo.traffic import play  # noqa: PLC0415

        log.configure("traffic", settings.log_level)
        asyncio.run(play(settings))


if __name__ == "__main__":
    main()
