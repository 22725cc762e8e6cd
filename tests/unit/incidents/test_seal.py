"""A sealed history gives away every line that was changed, removed, moved or forged."""

from dataclasses import replace

import pytest

from services.incidents.domain.seal import Fault, FaultKind, SealedLine, faults, seal


def history(count: int) -> list[SealedLine]:
    lines: list[SealedLine] = []
    before = b""
    for sequence in range(1, count + 1):
        says = ("case-1", str(sequence), '已受理 "quoted" \n\u0001')
        before = seal(before, says)
        lines.append(SealedLine(case_id="case-1", sequence=sequence, says=says, seal=before))
    return lines


def found(lines: list[SealedLine], *, version: int = 4) -> list[tuple[int, FaultKind]]:
    return [(fault.sequence, fault.kind) for fault in faults("case-1", lines, version=version)]


def test_a_whole_history_has_no_fault() -> None:
    assert found(history(4)) == []


@pytest.mark.parametrize("place", range(4))
def test_a_changed_line_breaks_its_seal(place: int) -> None:
    lines = history(4)
    lines[place] = replace(lines[place], says=("case-1", str(place + 1), "另一句"))
    assert found(lines) == [(place + 1, FaultKind.CHANGED)]


@pytest.mark.parametrize("place", range(3))
def test_a_changed_line_with_a_forged_seal_breaks_the_next_one(place: int) -> None:
    lines = history(4)
    says = ("case-1", str(place + 1), "另一句")
    before = lines[place - 1].seal if place else b""
    lines[place] = replace(lines[place], says=says, seal=seal(before, says))
    assert found(lines) == [(place + 2, FaultKind.CHANGED)]


def test_a_removed_line_is_missed_and_the_next_one_no_longer_fits() -> None:
    lines = history(4)
    del lines[1]
    assert found(lines) == [(2, FaultKind.MISSING), (3, FaultKind.CHANGED)]


def test_a_history_that_was_cut_off_is_too_short_for_its_case() -> None:
    assert found(history(3)) == [(4, FaultKind.CUT_OFF)]
    assert found([], version=2) == [(1, FaultKind.CUT_OFF), (2, FaultKind.CUT_OFF)]


def test_lines_that_changed_places_do_not_fit() -> None:
    first, second, *rest = history(4)
    swapped = [replace(second, sequence=1), replace(first, sequence=2), *rest]
    assert (1, FaultKind.CHANGED) in found(swapped)
    assert next(faults("case-1", swapped, version=4)) == Fault(case_id="case-1", sequence=1, kind=FaultKind.CHANGED)
