"""Seals each line of a case's history with the one before it, and finds lines that were changed, removed or moved."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What is wrong with a history."""

    CHANGED = "changed"
    MISSING = "missing"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLine:
    """A line as it is stored: everything it says, as text, in a settled order, and its seal."""

    case_id: str
    sequence: int
    says: tuple[str, ...]
    seal: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line that is not as it was written, or not there."""

    case_id: str
    sequence: int
    kind: FaultKind


def seal(before: bytes, says: tuple[str, ...]) -> bytes:
    """The seal of a line that says this, after a line with that seal."""
    return hashlib.sha256(before + json.dumps(list(says), ensure_ascii=False).encode()).digest()


def faults(case_id: str, lines: Iterable[SealedLine], *, version: int) -> Iterator[Fault]:
    """What is wrong with one case's history, in order; `version` is how many lines it must have.

    A line that was changed breaks its own seal, or that of the next when its own was forged to fit.
    """
    before, expected = b"", 1
    for line in lines:
        while expected < line.sequence:
            yield Fault(case_id=case_id, sequence=expected, kind=FaultKind.MISSING)
            expected += 1
        if line.sequence < expected or line.seal != seal(before, line.says):
            yield Fault(case_id=case_id, sequence=line.sequence, kind=FaultKind.CHANGED)
        before, expected = line.seal, line.sequence + 1
    for sequence in range(expected, version + 1):
        yield Fault(case_id=case_id, sequence=sequence, kind=FaultKind.CUT_OFF)
