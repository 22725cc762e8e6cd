"""By which ways somebody is reached, one after the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.incidents.campaigns.domain import Lent, Person, Standing, Way, tried, ways_to

SOMEBODY = Lent(person_id="p-1", grid_code="g-1", phone="13800001111")


@pytest.mark.parametrize(
    ("preferred", "phone", "ways"),
    [
        ("", "13800001111", (Way.SMS, Way.CALL, Way.VISIT)),
        ("电话", "13800001111", (Way.CALL, Way.SMS, Way.VISIT)),
        ("上门", "13800001111", (Way.VISIT, Way.SMS, Way.CALL)),
        ("wechat", "13800001111", (Way.SMS, Way.CALL, Way.VISIT)),
        ("电话", "", (Way.VISIT,)),
    ],
)
def test_the_way_somebody_likes_best_is_first_and_without_a_number_there_is_only_a_visit(
    preferred: str, phone: str, ways: tuple[Way, ...]
) -> None:
    assert ways_to(replace(SOMEBODY, preferred=preferred, phone=phone)) == ways


def test_a_way_that_fails_gives_place_to_the_next_until_one_reaches_or_none_is_left() -> None:
    ways = (Way.SMS, Way.CALL, Way.VISIT)
    person = Person(campaign_id="c", person_id="p", grid_code="g", area_path="a", ways=ways, way=Way.SMS)
    called = tried(person, reached=False)
    assert (called.way, called.state) == (Way.CALL, Standing.TRYING)
    assert tried(called, reached=True) == replace(called, state=Standing.REACHED)
    visited = tried(called, reached=False)
    assert tried(visited, reached=False) == replace(visited, state=Standing.MISSED)
