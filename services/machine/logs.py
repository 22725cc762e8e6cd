"""Reads the end of a program's log, to tell the operator in one line what went wrong."""

import re
from pathlib import Path
from typing import Final

TAIL_BYTES: Final = 16_384
LINE_CHARACTERS_MAX: Final = 240
_TROUBLE: Final = re.compile(r"FATAL|PANIC|ERROR|CRITICAL|^[\w.]+(Error|Exception|Late|Exit)\b|\"(error|critical)\"")
#: Lines that follow an error and add nothing.
_NOISE: Final = re.compile(r"For further information visit|database system is shut down")


def last_error(log: Path) -> str:
    """The last line that tells of trouble and, on the same line, what explains it; else the last line of all."""
    lines = [line.strip() for line in _tail(log) if line.strip() and not _NOISE.search(line)]
    if not lines:
        return "-"
    troubles = [number for number, line in enumerate(lines) if _TROUBLE.search(line)]
    spoken = " · ".join(lines[troubles[-1] : troubles[-1] + 3]) if troubles else lines[-1]
    return spoken[:LINE_CHARACTERS_MAX]


def _tail(log: Path) -> list[str]:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - TAIL_BYTES))
            return stream.read().decode(errors="replace").splitlines()
    except OSError:
        return []
