"""Distances and hours are as the rules have them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from plugins.housing import rules
from plugins.sdk.testing import a_case

CITY = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(("floor", "metres"), [(None, 5), (-2, 5), (3, 5), (4, 6), (33, 49)])
def test_a_cordon_is_half_the_height_and_never_too_small(floor: int | None, metres: int) -> None:
    assert rules.cordon_m(a_case(form_answers={"floor": floor})) == metres


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (5, True), (6, False)])
def test_night_is_from_ten_to_six(hour: int, night: bool) -> None:
    assert rules.is_night(datetime(2026, 3, 2, hour, tzinfo=CITY)) is night
