"""Sends a whole city thousands of bad requests and tells what it answered wrongly: `python -m tests.fuzz --inputs 10000`."""

import argparse
import asyncio
import secrets

from tests.acceptance.suite import running
from tests.fuzz import outside
from tests.fuzz.siege import Siege

#: Requests of Schemathesis to each address.
EXAMPLES = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="how many, half to pages and half to calls")
    parser.add_argument("--seed", type=int, default=None, help="the same seed sends the same again")
    parser.add_argument("--outside-s", type=int, default=0, help="then Schemathesis for so long; 0 leaves it out")
    chosen = parser.parse_args()
    seed = secrets.randbelow(2**31) if chosen.seed is None else chosen.seed
    print(f"seed {seed}", flush=True)
    wrong: list[str] = []
    in_order = True
    for suite in running():
        siege = Siege(suite, seed=seed)
        asyncio.run(siege.lay(chosen.inputs))
        print(f"calls {siege.calls.sent}: {dict(siege.calls.codes)}")
        print(f"pages {siege.pages.sent}: {dict(siege.pages.codes)}")
        print(f"put off as busy: {siege.put_off}")
        wrong = siege.wrong
        print("\n".join(wrong))
        if chosen.outside_s:
            in_order = outside.attack(suite, seed=seed, examples=EXAMPLES, seconds=chosen.outside_s)
        print("\n".join(siege.broken_inside()[:40]))
    print(f"{len(wrong)} answered wrongly")
    return 1 if wrong or not in_order else 0


if __name__ == "__main__":
    raise SystemExit(main())
