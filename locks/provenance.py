"""Says where wheels come from: `python locks/provenance.py EPOCH WHEEL… > dist/provenance.json`.

A statement as in-toto and SLSA describe it (https://slsa.dev/spec/v1.2/provenance): what was built, of which source, by
which command, out of what, on which Python. Whoever builds again from the same gets the same bytes and can compare.
"""

import hashlib
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
COMMAND: Final = "SOURCE_DATE_EPOCH=… python -m hatchling build -t wheel -d dist"
BUILD_TYPE: Final = "https://gridward.example/build/wheel/v1"
#: What decides which tools build and what they are held against.
MATERIALS: Final = ("pyproject.toml", "locks/build.lock")


def digest_of(path: Path) -> dict[str, str]:
    """The digest of a file, as statements name it."""
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def source() -> dict[str, object]:
    """The commit this tree stands at; a tree with changes that are not committed says so."""
    commit = _git("rev-parse", "HEAD")
    told: dict[str, object] = {"uri": "git+file:gridward", "digest": {"gitCommit": commit}}
    if _git("status", "--porcelain", "--untracked-files=no"):
        told["annotations"] = {"changed": True}
    return told


def statement(wheels: list[Path], *, epoch: str) -> dict[str, object]:
    """The provenance of wheels that were built of this tree."""
    materials = [{"uri": f"file:{name}", "digest": digest_of(ROOT / name)} for name in MATERIALS]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": wheel.name, "digest": digest_of(wheel)} for wheel in wheels],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"command": COMMAND, "SOURCE_DATE_EPOCH": epoch},
                "internalParameters": {"python": platform.python_version(), "platform": platform.platform()},
                "resolvedDependencies": [source(), *materials],
            },
            "runDetails": {"builder": {"id": "https://gridward.example/build/make"}},
        },
    }


def _git(*arguments: str) -> str:
    command = ["git", *arguments]  # whichever git the builder has
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def main() -> int:
    """Print the statement."""
    epoch, *names = sys.argv[1:]
    json.dump(statement([Path(name) for name in names], epoch=epoch), sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
