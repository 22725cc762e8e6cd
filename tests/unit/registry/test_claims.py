"""Who stands is decided by authority and freshness, the same however the claims came in."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.claims import FIELD, FIELD_FRESH, REGISTER, Claim, known_fields, weigh
from services.registry.domain.schema import ElementKind, schema

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PHONE = schema().rule(ElementKind.PERSON, "phone")
BIRTH = schema().rule(ElementKind.PERSON, "birth_date")
INCOME_KIND = schema().rule(ElementKind.PERSON, "low_income_kind")


def claim(source: str, value: str, *, days_ago: int = 0, gave_way: bool = False, number: int = 1) -> Claim:
    at = NOW - timedelta(days=days_ago)
    return Claim(
        id=UUID(int=number), element_id=UUID(int=0), item="phone", value=value, source=source, observed_at=at,
        made_by="", made_at=at, gave_way=gave_way,
    )  # fmt: skip


@pytest.mark.mechanism(49)
@pytest.mark.mechanism(58)
def test_the_source_of_an_item_beats_others_however_new_they_are() -> None:
    police, other = claim("D01", "a", days_ago=900), claim("D05", "b")
    verdict = weigh([police, other], BIRTH, now=NOW)
    assert (verdict.winner, verdict.why, verdict.losers) == (police, "authority", (other,))
    civil = weigh([claim("D02", "x", days_ago=40), claim("D01", "y")], INCOME_KIND, now=NOW)
    assert civil.winner.source == "D02"


@pytest.mark.mechanism(49)
def test_a_look_on_the_spot_beats_the_register_for_ninety_days_but_not_what_only_an_act_changes() -> None:
    register = claim("D01", "a")
    fresh = claim(FIELD, "b", days_ago=FIELD_FRESH.days - 1)
    old = claim(FIELD, "b", days_ago=FIELD_FRESH.days)
    assert weigh([register, fresh], PHONE, now=NOW).why == "fresh_field_check"
    assert weigh([register, old], PHONE, now=NOW).winner == register
    assert weigh([register, fresh], BIRTH, now=NOW).winner == register


def test_who_gave_way_stands_no_more_and_the_old_books_lose_nothing() -> None:
    police, field = claim("D01", "a", gave_way=True), claim("D05", "b", days_ago=5)
    verdict = weigh([police, field], BIRTH, now=NOW)
    assert (verdict.winner, verdict.losers) == (field, ())
    assert weigh([claim(REGISTER, "a", days_ago=9), claim("D05", "b")], BIRTH, now=NOW).losers == ()
    assert weigh([police], BIRTH, now=NOW).winner == police


@given(
    st.lists(
        st.tuples(st.sampled_from(["D01", "D05", FIELD, REGISTER]), st.sampled_from("ab"), st.integers(0, 200)),
        min_size=1, max_size=12, unique_by=lambda told: told[2],
    ),
    st.randoms(),
)  # fmt: skip
def test_the_verdict_is_the_same_in_whatever_order_claims_arrived(
    told: list[tuple[str, str, int]], chance: object
) -> None:
    claims = [claim(source, value, days_ago=days, number=n) for n, (source, value, days) in enumerate(told)]
    shuffled = list(claims)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = weigh(claims, PHONE, now=NOW), weigh(shuffled, PHONE, now=NOW)
    assert (first.winner, first.why, set(first.losers)) == (second.winner, second.why, set(second.losers))
    assert all(loser.value != first.winner.value for loser in first.losers)
    assert first.winner in claims


@pytest.mark.mechanism(24)
def test_a_form_that_asks_what_is_known_or_asks_it_twice_is_told_so() -> None:
    fields = {"phone": "电话", "mobile": "联系电话", "f3": "出生日期", "wish": "您的愿望", "wish_again": "您的愿望"}
    told = {(row.field, row.why): row.source for row in known_fields(ElementKind.PERSON, fields)}
    assert told == {
        ("phone", "known"): "D01",
        ("mobile", "twice"): "D01",
        ("f3", "known"): "D01",
        ("wish_again", "twice"): "",
    }
    assert known_fields(ElementKind.PERSON, {"wish": "您的愿望"}) == []
