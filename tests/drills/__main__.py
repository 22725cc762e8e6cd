"""Drills for a whole city on this machine: `python -m tests.drills DRILL`. They tell figures."""

import argparse
from pathlib import Path

from tests.drills import broker, departments, outage, overload, recovery, relief, rolling, start


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__)
    drills = ["outage", "overload", "recovery", "broker", "relief", "departments", "rolling", "start"]
    parser.add_argument("drill", choices=drills)
    parser.add_argument("--away-s", type=float, default=60.0, help="outage: how long each part is away")
    parser.add_argument(
        "--only", default="", help="outage: this part alone; departments: this one alone, or all at once"
    )
    parser.add_argument(
        "--whole", action="store_true", help="departments: with all at once, the tests that look at none too"
    )
    parser.add_argument("--rate", type=int, default=1000, help="broker, relief: events a second")
    parser.add_argument("--seconds", type=float, default=30.0, help="broker, relief: how long")
    parser.add_argument(
        "--kills", type=int, default=2, help="broker, relief: how often it, or the serving host, is killed"
    )
    parser.add_argument("--rounds", type=int, default=1, help="rolling: how often every replica is restarted")
    parser.add_argument(
        "--trees", type=Path, default=Path("build/images"), help="start: where images' contents lie, or are made"
    )
    chosen = parser.parse_args()
    if chosen.drill == "start":
        return start.run(trees=chosen.trees.resolve())
    if chosen.drill == "rolling":
        return rolling.run(rounds=chosen.rounds)
    if chosen.drill == "outage":
        return outage.run(away_s=chosen.away_s, only=chosen.only)
    under_load = {"broker": broker.run, "relief": relief.run}
    if chosen.drill in under_load:
        return under_load[chosen.drill](rate=chosen.rate, seconds=chosen.seconds, kills=chosen.kills)
    if chosen.drill == "departments":
        return departments.run(only=chosen.only, whole=chosen.whole)
    return overload.run() if chosen.drill == "overload" else recovery.run()


if __name__ == "__main__":
    raise SystemExit(main())
