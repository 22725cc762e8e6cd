"""The command of the operator: `python -m services.machine [up|status|stop]`."""

import argparse
import sys

from services.machine.faults import Fault, WrongPython

PYTHON_MIN = (3, 11)


def require_python(version: "tuple[int, ...]") -> None:
    """Fail when the code cannot run on this Python; so this file and the faults hold to an older grammar."""
    if version < PYTHON_MIN:
        raise WrongPython(found=".".join(map(str, version[:3])), needed=".".join(map(str, PYTHON_MIN)))


def main() -> int:
    """Do what was asked; the exit code."""
    try:
        require_python(tuple(sys.version_info[:3]))
    except Fault as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return fault.exit_code
    parser = argparse.ArgumentParser(prog="python -m services.machine", description=__doc__)
    parser.add_argument("verb", nargs="?", choices=["up", "status", "stop"], default="up")
    parser.add_argument("--no-demo", action="store_true", help="start with an empty city")
    chosen = parser.parse_args()

    from services.machine import commands  # noqa: PLC0415 only a Python that is new enough can read it

    return commands.run(chosen.verb, with_demo=not chosen.no_demo)


if __name__ == "__main__":
    sys.exit(main())
