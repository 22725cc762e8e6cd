"""Registered less screened less exempt, for a whole city."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.health import rules
from plugins.sdk import Json, Message

REFS = st.sets(st.sampled_from([f"P{number}" for number in range(12)]))


def a_round(registered: set[str], done: set[str], exempt: set[str]) -> rules.Round:
    people = tuple(rules.Person(ref=ref, grid="G1", longitude_deg=0, latitude_deg=0) for ref in sorted(registered))
    return rules.Round(code="r", registered=people, done=frozenset(done), exempt=frozenset(exempt))


@given(REFS, REFS, REFS)
def test_missed_is_registered_less_screened_less_exempt(reg: set[str], done: set[str], exempt: set[str]) -> None:
    round_ = a_round(reg, done, exempt)
    assert {person.ref for person in rules.missed(round_)} == reg - done - exempt
    assert rules.Round.loaded(round_.dumped()) == round_


@given(REFS, REFS, REFS, st.integers(1, 5))
def test_everybody_missed_is_told_once_however_few_are_told_at_a_time(
    reg: set[str], done: set[str], exempt: set[str], most: int
) -> None:
    round_, told = a_round(reg, done, exempt), list[str]()
    while some := rules.next_to_tell(round_, set(told), most=most):
        told.extend(person.ref for person in some)
    assert sorted(told) == sorted(reg - done - exempt)


@pytest.mark.mechanism(28)
def test_the_numbers_of_a_whole_city_come_out_by_grid() -> None:
    people = tuple(
        rules.Person(ref=f"P{number}", grid=f"G{number % 68}", longitude_deg=0, latitude_deg=0)
        for number in range(46_242)
    )
    done = frozenset(f"P{number}" for number in range(40_000))
    exempt = frozenset(f"P{number}" for number in range(39_000, 41_242))
    lists = rules.missed_by_grid(rules.Round(code="r", registered=people, done=done, exempt=exempt))
    assert sum(map(len, lists.values())) == 46_242 - 41_242 == 5_000
    assert len(lists) == 68


@pytest.mark.parametrize(
    "content",
    [{}, {"round": 3, "registered": []}, {"round": "r", "registered": "all"}],
)
def test_a_message_that_is_not_whole_brings_no_round(content: dict[str, Json]) -> None:
    assert rules.round_of(Message(topic="screening.round", content=content)) is None
    assert rules.round_of(Message(topic="weather", content={"round": "r", "registered": []})) is None


def test_a_row_that_is_not_whole_is_passed_over() -> None:
    rows: list[Json] = [5, {"ref": "P1"}, {"ref": "P2", "grid": "G", "longitude_deg": 1, "latitude_deg": 2}]
    round_ = rules.round_of(Message(topic="screening.round", content={"round": "r", "registered": rows}))
    assert round_ is not None
    assert [person.ref for person in round_.registered] == ["P2"]
