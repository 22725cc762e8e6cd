"""A day in the field: patrol, visits, diary, the daily word, the board and the training."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import (
    elements_pb2,
    patrols_pb2,
    quiet_pb2,
    staff_pb2,
    teams_pb2,
    visits_pb2,
)

from services.platform import errors
from services.registry.actions.office import Office
from services.registry.actions.retention import Retention
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMUNITY_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"
GREEN, YELLOW, RED = quiet_pb2.QUIET_LIGHT_GREEN, quiet_pb2.QUIET_LIGHT_YELLOW, quiet_pb2.QUIET_LIGHT_RED
NONE = quiet_pb2.QUIET_LIGHT_UNSPECIFIED
#: 08:30 of Monday in the city.
MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


async def worker(town_hall: Registry, number: int = 0) -> Person:
    return await town_hall.person("grid_worker", f"{COMMUNITY_PATH}.{grid_code(number)}", subject=f"staff:W{number}")


async def walk(
    person: Person, number: int, begin: datetime, minutes: int, *, column: int | None = None
) -> patrols_pb2.Patrol:
    """A patrol from beginning to end, a point each half minute."""
    request = patrols_pb2.BeginPatrolRequest(request_id=uuid4().hex, grid_code=grid_code(number))
    request.began_at.FromDatetime(begin)
    patrol = (await person.patrols.BeginPatrol(request)).patrol
    points = track(begin, minutes, column=number if column is None else column)
    for start in range(0, len(points), 100):
        await person.patrols.RecordTrack(
            patrols_pb2.RecordTrackRequest(patrol_id=patrol.id, points=points[start : start + 100])
        )
    end = patrols_pb2.EndPatrolRequest(patrol_id=patrol.id)
    end.ended_at.FromDatetime(begin + timedelta(minutes=minutes))
    return (await person.patrols.EndPatrol(end)).patrol


def track(begin: datetime, minutes: int, *, column: int) -> list[patrols_pb2.TrackPoint]:
    points = []
    for half in range(minutes * 2 + 1):
        longitude, latitude = middle_of(column % 2, column // 2)
        point = patrols_pb2.TrackPoint(
            point=place_pb2.Point(longitude_deg=longitude + half * 1e-5, latitude_deg=latitude, accuracy_m=8)
        )
        point.at.FromDatetime(begin + timedelta(seconds=half * 30))
        points.append(point)
    return points


async def duty(person: Person, number: int, day: str = "2026-03-02") -> patrols_pb2.PatrolDuty:
    request = patrols_pb2.ListPatrolDutyRequest(area_code=grid_code(number), day=day)
    (found,) = (await person.patrols.ListPatrolDuty(request)).duties
    return found


@pytest.mark.mechanism(8)
@pytest.mark.mechanism(47)
async def test_115_minutes_of_a_track_are_not_met_and_five_more_in_the_afternoon_are(town_hall: Registry) -> None:
    town_hall.clock.set(datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
    person = await worker(town_hall)
    patrol = await walk(person, 0, MORNING, 115)
    assert (patrol.minutes, patrol.walker) == (115, "staff:W0")
    told = await duty(person, 0)
    assert (told.minutes, told.rounds, told.met) == (115, 1, False)
    missing = await person.patrols.ListPatrolDuty(patrols_pb2.ListPatrolDutyRequest(day="2026-03-02", unmet_only=True))
    (listed,) = missing.duties  # at 18:00 the second patrol of the day is missing, and the grid is on the list
    assert (listed.grid_code, listed.rounds, listed.rounds_wanted) == (grid_code(0), 1, 2)
    await walk(person, 0, MORNING + timedelta(hours=5, minutes=30), 5)
    told = await duty(person, 0)
    assert (told.minutes, told.rounds, told.met) == (120, 2, True)
    unmet = await person.patrols.ListPatrolDuty(patrols_pb2.ListPatrolDutyRequest(day="2026-03-02", unmet_only=True))
    assert list(unmet.duties) == []


async def test_minutes_next_door_vague_places_and_late_repeats_count_nothing(town_hall: Registry) -> None:
    town_hall.clock.set(datetime(2026, 3, 3, 10, 0, tzinfo=UTC))
    begin = MORNING + timedelta(days=1)
    person = await worker(town_hall, 1)
    assert (await walk(person, 1, begin, 30, column=0)).minutes == 0
    patrol = await walk(person, 1, begin + timedelta(hours=1), 20)
    points = track(begin + timedelta(hours=1), 20, column=1)
    again = await person.patrols.RecordTrack(patrols_pb2.RecordTrackRequest(patrol_id=patrol.id, points=points))
    assert (again.kept_count, again.patrol.minutes) == (0, 20)
    vague = track(begin + timedelta(hours=1, minutes=1), 1, column=1)
    for point in vague:
        point.at.FromDatetime(point.at.ToDatetime(UTC) + timedelta(seconds=7))
        point.point.accuracy_m = 400
    late = track(begin + timedelta(hours=5), 5, column=1)
    more = await person.patrols.RecordTrack(patrols_pb2.RecordTrackRequest(patrol_id=patrol.id, points=[*vague, *late]))
    assert (more.kept_count, more.patrol.minutes) == (0, 20)


async def test_tracks_are_seen_by_the_walker_and_the_leader_alone_and_go_when_they_are_old(town_hall: Registry) -> None:
    town_hall.clock.set(datetime(2026, 3, 4, 10, 0, tzinfo=UTC))
    person = await worker(town_hall, 2)
    patrol = await walk(person, 2, MORNING + timedelta(days=2), 10)
    ask = patrols_pb2.GetTrackRequest(patrol_id=patrol.id)
    leader = await town_hall.person("grid_leader", COMMUNITY_PATH, subject="staff:L")
    for allowed in (person, leader):
        assert len((await allowed.patrols.GetTrack(ask)).points) >= 10
    for other in (await worker(town_hall, 3), await town_hall.person("big_screen_operator", CITY, department="D01")):
        with pytest.raises(errors.NotFound):
            await other.patrols.GetTrack(ask)
    with pytest.raises(errors.NotFound):
        await leader.patrols.RecordTrack(
            patrols_pb2.RecordTrackRequest(patrol_id=patrol.id, points=track(MORNING, 1, column=2))
        )
    town_hall.clock.set(datetime(2026, 7, 1, tzinfo=UTC))
    office = Office.open(town_hall.database, clock=town_hall.clock, settings=town_hall.settings)
    assert await Retention(office).let_go() > 0
    assert list((await leader.patrols.GetTrack(ask)).points) == []
    listed = await leader.patrols.ListPatrols(patrols_pb2.ListPatrolsRequest(day="2026-03-04"))
    assert [row.minutes for row in listed.patrols] == [10]


async def test_one_walks_one_patrol_at_a_time_within_the_own_area(town_hall: Registry) -> None:
    town_hall.clock.set(datetime(2026, 3, 5, 2, 0, tzinfo=UTC))
    person = await town_hall.person("grid_worker", COMMUNITY_PATH, subject="staff:two")
    request = patrols_pb2.BeginPatrolRequest(request_id=uuid4().hex, grid_code=grid_code(0))
    first = await person.patrols.BeginPatrol(request)
    assert await person.patrols.BeginPatrol(request) == first
    request.request_id = uuid4().hex
    with pytest.raises(errors.Conflict):
        await person.patrols.BeginPatrol(request)
    town_hall.clock.advance(timedelta(hours=13))
    assert (await person.patrols.BeginPatrol(request)).patrol.id != first.patrol.id
    with pytest.raises(errors.Forbidden):
        await (await worker(town_hall, 1)).patrols.BeginPatrol(
            patrols_pb2.BeginPatrolRequest(request_id=uuid4().hex, grid_code=grid_code(0))
        )


async def households(admin: Person, count: int, *, number: int) -> list[str]:
    name = f"{uuid4().hex[:6]}号楼"
    where = middle_of(number % 2, number // 2)
    building = (
        await admin.save(elements_pb2.ELEMENT_KIND_BUILDING, where=where, key=name, name=name, address=name)
    ).element
    ids = []
    for room in range(count):
        dwelling = (
            await admin.save(elements_pb2.ELEMENT_KIND_DWELLING, key=f"{name}-{room}", within_id=building.id)
        ).element
        household = await admin.save(elements_pb2.ELEMENT_KIND_HOUSEHOLD, key=f"HH{name}{room}", within_id=dwelling.id)
        ids.append(household.element.id)
    return ids


async def visit(person: Person, household: str, *, met: bool = True) -> visits_pb2.Visit:
    request = visits_pb2.RecordVisitRequest(
        request_id=uuid4().hex, household_id=household, occasion="home", met=met, note="家中安好"
    )
    return (await person.visits.RecordVisit(request)).visit


@pytest.mark.mechanism(42)
async def test_a_building_is_covered_when_every_household_was_met_in_the_month_else_it_is_listed(
    town_hall: Registry,
) -> None:
    town_hall.clock.set(datetime(2026, 4, 10, 2, 0, tzinfo=UTC))
    admin, person = await town_hall.service("demo"), await worker(town_hall, 3)
    homes = await households(admin, 4, number=3)
    for household in homes[:3]:
        await visit(person, household)
    await visit(person, homes[0])
    await visit(person, homes[3], met=False)
    ask = visits_pb2.ListCoverageRequest(area_code=grid_code(3))
    told = await person.visits.ListCoverage(ask)
    assert [(row.households, row.visited) for row in told.coverages] == [(4, 3)]
    assert told.coverages[0].last_visit_at.ToDatetime(UTC) == town_hall.clock.now()
    left = await person.visits.ListUnvisited(visits_pb2.ListUnvisitedRequest(area_code=grid_code(3)))
    assert [row.household_id for row in left.households] == [homes[3]]
    await visit(person, homes[3])
    told = await person.visits.ListCoverage(ask)
    assert (told.visited, told.households) == (4, 4)
    town_hall.clock.set(datetime(2026, 5, 1, 2, 0, tzinfo=UTC))
    assert (await person.visits.ListCoverage(ask)).visited == 0
    ask.month = "2026-04"
    assert (await person.visits.ListCoverage(ask)).visited == 4


async def test_a_household_of_another_grid_is_not_visited_and_a_visit_sent_twice_counts_once(
    town_hall: Registry,
) -> None:
    admin, person = await town_hall.service("demo"), await worker(town_hall, 1)
    (theirs,) = await households(admin, 1, number=0)
    (mine,) = await households(admin, 1, number=1)
    with pytest.raises(errors.NotFound):
        await visit(person, theirs)
    request = visits_pb2.RecordVisitRequest(request_id=uuid4().hex, household_id=mine, occasion="dispute", met=True)
    assert await person.visits.RecordVisit(request) == await person.visits.RecordVisit(request)
    listed = await person.visits.ListVisits(visits_pb2.ListVisitsRequest(household_id=mine))
    assert [row.occasion for row in listed.visits] == ["dispute"]
    assert (
        list(
            (
                await (await worker(town_hall, 2)).visits.ListVisits(visits_pb2.ListVisitsRequest(household_id=mine))
            ).visits
        )
        == []
    )


async def test_the_diary_of_a_grid_keeps_what_was_written_newest_first(town_hall: Registry) -> None:
    person = await worker(town_hall, 2)
    for number in range(5):
        town_hall.clock.advance(timedelta(minutes=1))
        await person.visits.WriteDiary(
            visits_pb2.WriteDiaryRequest(request_id=uuid4().hex, grid_code=grid_code(2), text=f"第{number}件", mood=4)
        )
    seen: list[str] = []
    token = ""
    while True:
        page = await person.visits.ListDiary(visits_pb2.ListDiaryRequest(page_size=2, page_token=token))
        seen += [entry.text for entry in page.entries]
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"第{number}件" for number in reversed(range(5))]
    assert list((await (await worker(town_hall, 0)).visits.ListDiary(visits_pb2.ListDiaryRequest())).entries) == []


async def lights(person: Person, day: str = "") -> list[quiet_pb2.QuietLight.ValueType]:
    return [row.light for row in (await person.quiet.ListLights(quiet_pb2.ListLightsRequest(day=day))).lights]


async def text(service: Person, words: str, *, message_id: str = "") -> quiet_pb2.ReceiveTextResponse:
    return await service.quiet.ReceiveText(
        quiet_pb2.ReceiveTextRequest(message_id=message_id or uuid4().hex, area_code=community_code(), text=words)
    )


@pytest.mark.mechanism(45)
async def test_texts_turn_lights_green_and_red_and_silence_turns_them_yellow_at_midnight(town_hall: Registry) -> None:
    town_hall.clock.set(datetime(2026, 6, 1, 9, 0, tzinfo=UTC))  # 17:00 in the city
    carrier = await town_hall.service("gateway")
    leader = await town_hall.person("grid_leader", COMMUNITY_PATH, subject="staff:L")
    assert await lights(leader) == [NONE] * 4
    told = await text(carrier, "01号网格平安")
    assert (told.understood, told.light.light, told.reply) == (True, GREEN, "01号网格收到,谢谢。")
    events = await town_hall.rows("SELECT id FROM outbox WHERE type = 'quiet_trouble'")
    told = await text(carrier, "02号网格有重大纠纷", message_id="carrier-1")
    assert told.light.light == RED
    assert await text(carrier, "02号网格有重大纠纷", message_id="carrier-1") == told
    assert len(await town_hall.rows("SELECT id FROM outbox WHERE type = 'quiet_trouble'")) == len(events) + 1
    for words, reply in (("平安", "未能识别"), ("99号网格平安", "没有99号网格")):
        malformed = await text(carrier, words)
        assert (malformed.understood, reply in malformed.reply) == (False, True)
    assert await lights(leader) == [GREEN, RED, NONE, NONE]
    town_hall.clock.set(datetime(2026, 6, 1, 16, 0, tzinfo=UTC))  # midnight in the city
    assert await lights(leader, "2026-06-01") == [GREEN, RED, YELLOW, YELLOW]
    assert await lights(leader) == [NONE] * 4
    with pytest.raises(errors.Forbidden):
        await text(leader, "01号网格平安")
    town_hall.clock.set(datetime(2026, 6, 2, 9, 0, tzinfo=UTC))
    await text(carrier, "01号网格平安")
    town_hall.clock.set(datetime(2026, 6, 2, 16, 0, tzinfo=UTC))  # three were silent at midnight
    assert await lights(leader, "2026-06-02") == [GREEN, YELLOW, YELLOW, YELLOW]


@pytest.mark.mechanism(45)
async def test_a_worker_speaks_for_the_own_grid_alone(town_hall: Registry) -> None:
    town_hall.clock.set(datetime(2026, 6, 3, 9, 0, tzinfo=UTC))
    person = await worker(town_hall, 0)
    request = quiet_pb2.ReportQuietRequest(request_id=uuid4().hex, grid_code=grid_code(0))
    assert (await person.quiet.ReportQuiet(request)).light.light == GREEN
    request = quiet_pb2.ReportQuietRequest(
        request_id=uuid4().hex, grid_code=grid_code(0), text="水管爆了", trouble=True
    )
    assert (await person.quiet.ReportQuiet(request)).light.light == RED
    with pytest.raises(errors.Forbidden):
        await person.quiet.ReportQuiet(quiet_pb2.ReportQuietRequest(request_id=uuid4().hex, grid_code=grid_code(1)))


async def posts(admin: Person, *told: tuple[str, str, str, str, str]) -> None:
    await admin.import_posts(
        *(
            staff_pb2.Post(code=code, role=role, area_code=area, staff_code=staff, duty_phone=phone, title=code)
            for code, role, area, staff, phone in told
        )
    )


async def board(person: Person, number: int) -> Sequence[teams_pb2.Contact]:
    return (await person.teams.GetBoard(teams_pb2.GetBoardRequest(grid_code=grid_code(number)))).contacts


@pytest.mark.mechanism(20)
async def test_every_board_shows_offices_with_duty_lines_and_changes_at_once(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    await posts(
        admin,
        ("L", "grid_leader", grid_code(0), "staff:L", "0999-1001"),
        ("W", "grid_worker", grid_code(0), "staff:W", "139 1234 5678"),
        ("C", "community_admin", community_code(), "staff:C", "0999-2001"),
        ("A", "system_admin", CITY, "staff:A", "0999-9999"),
    )
    resident = await town_hall.person("resident", CITY)
    told = await board(resident, 0)
    assert [(row.role, row.duty_phone, row.vacant) for row in told] == [
        ("grid_leader", "0999-1001", False),
        ("grid_worker", "", False),
        ("community_admin", "0999-2001", False),
    ]
    assert "staff:" not in str(told)
    await posts(admin, ("C", "community_admin", community_code(), "", "0999-2002"))
    for number in range(4):
        (office,) = [row for row in await board(resident, number) if row.role == "community_admin"]
        assert (office.duty_phone, office.vacant) == ("0999-2002", True)


async def test_vacancies_name_empty_posts_and_those_a_team_lacks(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    await admin.import_templates(
        staff_pb2.TeamTemplate(
            kind="urban", pattern="1+2", roles=["building_leader", "building_info_officer", "building_support_officer"]
        )
    )
    await posts(
        admin,
        ("T1", "building_leader", grid_code(3), "staff:B1", ""),
        ("T2", "building_info_officer", grid_code(3), "", ""),
    )
    ask = teams_pb2.ListVacanciesRequest(area_code=grid_code(3))
    told = (await admin.teams.ListVacancies(ask)).vacancies
    assert [(row.role, row.post_code) for row in told] == [
        ("building_info_officer", "T2"),
        ("building_support_officer", ""),
    ]
    await posts(
        admin,
        ("T2", "building_info_officer", grid_code(3), "staff:B2", ""),
        ("T3", "building_support_officer", grid_code(3), "staff:B3", ""),
    )
    assert list((await admin.teams.ListVacancies(ask)).vacancies) == []


@pytest.mark.mechanism(18)
async def test_a_worker_without_training_in_the_year_shows_a_warning(town_hall: Registry) -> None:
    town_hall.clock.set(datetime(2026, 9, 1, 2, 0, tzinfo=UTC))
    admin = await town_hall.service("demo")
    await posts(
        admin,
        ("TR1", "grid_worker", grid_code(1), "staff:T1", ""),
        ("TR2", "grid_guide", grid_code(1), "staff:T2", ""),
    )
    request = teams_pb2.RecordTrainingRequest(
        request_id=uuid4().hex, title="消防", day="2026-05-05", minutes=90, staff_codes=["staff:T1"]
    )
    for _ in range(2):
        assert (await admin.teams.RecordTraining(request)).people_count == 1
    ask = teams_pb2.ListTrainingRequest(area_code=grid_code(1))
    told = {
        row.staff_code: (row.count, row.minutes, row.warned) for row in (await admin.teams.ListTraining(ask)).people
    }
    assert told == {"staff:T1": (1, 90, False), "staff:T2": (0, 0, True)}
    ask.warned_only = True
    assert [row.staff_code for row in (await admin.teams.ListTraining(ask)).people] == ["staff:T2"]
    ask.year = 2025
    assert len((await admin.teams.ListTraining(ask)).people) == 2
    request.request_id = uuid4().hex
    leader = await town_hall.person("grid_leader", f"{COMMUNITY_PATH}.{grid_code(0)}", subject="staff:L")
    with pytest.raises(errors.Forbidden):
        await leader.teams.RecordTraining(request)
