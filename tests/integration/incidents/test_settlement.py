"""What the city settles otherwise is read when it changes, and what cannot be used leaves the last in force."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from services.incidents.cityview.city import City
from services.incidents.domain.errors import CalendarInvalid
from services.incidents.domain.limits import Limit
from services.incidents.domain.rulebook import LOOP_LIMITS, STAGE_LIMITS, Stage
from services.platform.database import Database
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall, eventually


async def settle(database: Database, *statements: str) -> None:
    async with database.connection() as connection:
        for statement in statements:
            await connection.execute(statement.encode())


@pytest.fixture
async def city(database: Database) -> City:
    return await City.open(database, town.full_view(), zone=ZoneInfo("Asia/Shanghai"), desk="desk")


async def test_without_a_word_the_defaults_hold(city: City) -> None:
    rulebook = city.rulebook
    assert rulebook.stage_limits == STAGE_LIMITS
    assert rulebook.loop_limits == LOOP_LIMITS
    assert rulebook.dispatch_desk == "desk"
    assert len(rulebook.department_codes) == 18
    assert city.rulebook is rulebook


async def test_what_is_settled_goes_before_the_defaults(city: City, database: Database) -> None:
    await settle(
        database,
        "INSERT INTO stage_limit VALUES ('accept', 30, 'minute')",
        "INSERT INTO loop_limit VALUES (1, 0.5, 'work_day')",
        "INSERT INTO signal_rule VALUES (true, 0.5, 2, 3)",
        "INSERT INTO office_slot VALUES (32400, 61200)",
        "INSERT INTO calendar_day VALUES ('2026-03-03', false, '市庆'), ('2026-03-07', true, '')",
        "INSERT INTO calendar_year VALUES (2031)",
    )
    await city.refresh_settlement(database)
    rulebook = city.rulebook
    assert rulebook.stage_limits[Stage.ACCEPT] == Limit.of(30, "minute")
    assert rulebook.stage_limits[Stage.CLOSE] == STAGE_LIMITS[Stage.CLOSE]
    assert rulebook.loop_limits[1] == Limit.of("0.5", "work_day")
    assert rulebook.signal_rules.red_sign_misses == 3
    days = rulebook.calendar.special_days(2026)
    assert "市庆" in days.days_off.values()
    assert rulebook.calendar.special_days(2031).official
    assert [(slot.start_s, slot.end_s) for slot in rulebook.calendar.slots] == [(32400, 61200)]


async def test_what_cannot_be_used_leaves_the_last_in_force(city: City, database: Database) -> None:
    before = city.rulebook
    await settle(database, "INSERT INTO office_slot VALUES (0, 50000), (40000, 60000)")
    with pytest.raises(CalendarInvalid):
        await city.refresh_settlement(database)
    assert city.rulebook is before


async def test_an_exclusive_grid_and_a_category_have_their_department(city: City, database: Database) -> None:
    await settle(
        database,
        "INSERT INTO responsibility VALUES ('category', 'E01', 'D07'), ('exclusive_grid', '999102001001001', 'D17')",
    )
    await city.refresh_settlement(database)
    city.rulebook  # noqa: B018 both are made anew together
    assert dict(city._responsibilities.by_category) == {"E01": "D07"}
    assert dict(city._responsibilities.by_exclusive_grid) == {town.GRID: "D17"}


async def test_a_running_service_notices_a_day_off(hall: Hall) -> None:
    before = (await hall.dispatched()).deadline_at.ToDatetime()
    await hall.rows("INSERT INTO calendar_day VALUES ('2026-03-02', false, '停工') RETURNING day")

    async def noticed() -> bool:
        case = await hall.dispatched()
        return case.deadline_at.ToDatetime() == before.replace(hour=4) + timedelta(days=1)

    await eventually(noticed)
