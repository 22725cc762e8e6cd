"""Drills for a whole city on this machine: `python -m tests.drills outage|overload|recovery`. They tell figures."""

import argparse

from tests.drills import outage, overload, recovery


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__)
    parser.add_argument("drill", choices=["outage", "overload", "recovery"])
    parser.add_argument("--away-s", type=float, default=60.0, help="outage: how long each part is away")
    parser.add_argument("--only", default="", help="outage: this part alone")
    chosen = parser.parse_args()
    if chosen.drill == "outage":
        return outage.run(away_s=chosen.away_s, only=chosen.only)
    return overload.run() if chosen.drill == "overload" else recovery.run()


if __name__ == "__main__":
    raise SystemExit(main())
