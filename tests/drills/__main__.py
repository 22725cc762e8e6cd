"""Drills for a whole city on this machine: `python -m tests.drills outage|recovery`. They take minutes and tell figures."""

import argparse

from tests.drills import outage, recovery


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__)
    parser.add_argument("drill", choices=["outage", "recovery"])
    parser.add_argument("--away-s", type=float, default=60.0, help="outage: how long each part is away")
    parser.add_argument("--only", default="", help="outage: this part alone")
    chosen = parser.parse_args()
    if chosen.drill == "outage":
        return outage.run(away_s=chosen.away_s, only=chosen.only)
    return recovery.run()


if __name__ == "__main__":
    raise SystemExit(main())
