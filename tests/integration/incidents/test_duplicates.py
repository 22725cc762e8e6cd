"""The same matter brought twice: shown before it is sent, joined without losing anybody; and places that come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from gridward.incidents.v1 import cases_pb2, duplicates_pb2, duplicates_pb2_grpc, incidents_pb2

from services.incidents.aftermath import Follower, catch_up
from services.platform import errors
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall, eventually, unpacked


def duplicates(hall: Hall, caller: Caller) -> duplicates_pb2_grpc.DuplicatesServiceAsyncStub:
    hall.stub(caller)
    return duplicates_pb2_grpc.DuplicatesServiceStub(hall.channels[repr(caller)])


def neighbour(hall: Hall) -> Caller:
    return hall.person("resident", subject="resident-2")


def video(hall: Hall) -> Caller:
    return hall.person("video_patroller", subject="patroller-1")


def seen(case: cases_pb2.Case) -> duplicates_pb2.SeenCase:
    return duplicates_pb2.SeenCase(case_id=case.id, version=case.version)


def merger(master: cases_pb2.Case, *cases: cases_pb2.Case) -> duplicates_pb2.MergeCasesRequest:
    return duplicates_pb2.MergeCasesRequest(
        request_id=town.request_id(), master_id=master.id, cases=[seen(case) for case in cases], opinion="同一处垃圾"
    )


async def find(hall: Hall, caller: Caller, **fields: Any) -> list[duplicates_pb2.LikeCase]:
    request = duplicates_pb2.FindDuplicatesRequest(
        **{"task_type": town.GARBAGE, "description": "垃圾桶满了", "point": town.point_in(town.GRID), **fields}
    )
    return list((await duplicates(hall, caller).FindDuplicates(request)).cases)


async def test_before_sending_somebody_sees_what_is_known_nearby_and_nothing_private(still: Hall) -> None:
    near = await still.report(point=town.point_in(town.GRID, north_m=20))
    await still.report(point=town.point_in(town.GRID, north_m=80))
    (found,) = await find(still, neighbour(still))
    assert found.case.case_id == near.id
    assert (found.same_kind, found.own) == (True, False)
    assert found.distance_m == pytest.approx(20, abs=0.5)
    assert found.case.task_type_title == "暴露垃圾与垃圾满溢"
    assert (found.case.description, found.case.place) == ("", "")
    (for_staff,) = await find(still, still.acceptor)
    assert for_staff.case.description == "楼下垃圾桶满了，垃圾堆在路边"
    (own,) = await find(still, still.resident)
    assert own.own


async def test_what_is_like_by_its_words_is_found_though_it_was_named_otherwise(still: Hall) -> None:
    case = await still.report(task_type="road_damage", description="渣土车遗撒，路面全是泥土", form_answers="")
    (found,) = await find(still, neighbour(still), task_type=town.GARBAGE, description="路面全是泥土，渣土车遗撒")
    assert found.case.case_id == case.id
    assert not found.same_kind
    assert await find(still, neighbour(still), description="猫在树上下不来") == []


async def test_after_a_day_it_is_another_matter_unless_settled_otherwise(still: Hall) -> None:
    await still.report()
    still.clock.advance(timedelta(hours=24))
    assert len(await find(still, neighbour(still))) == 1
    still.clock.advance(timedelta(seconds=1))
    assert await find(still, neighbour(still)) == []
    chief = still.person("duty_chief", subject="chief-1")
    request = duplicates_pb2.SetLikenessRequest(
        request_id=town.request_id(),
        likeness=duplicates_pb2.Likeness(task_type=town.GARBAGE, distance_m=100, hours=48, recurrence_days=7),
    )
    await duplicates(still, chief).SetLikeness(request)
    assert len(await find(still, neighbour(still))) == 1
    settled = await duplicates(still, still.acceptor).ListLikeness(duplicates_pb2.ListLikenessRequest())
    assert [row.hours for row in settled.likeness] == [48]
    with pytest.raises(errors.Forbidden):
        await duplicates(still, still.acceptor).SetLikeness(request)


async def test_somebody_who_follows_instead_of_reporting_is_counted_once(still: Hall) -> None:
    case = await still.report()
    request = duplicates_pb2.FollowCaseRequest(request_id=town.request_id(), case_id=case.id, words="我也看到了")
    for _ in range(2):
        answer = await duplicates(still, neighbour(still)).FollowCase(request)
    assert answer.case.follower_count == 1
    own = duplicates_pb2.FollowCaseRequest(request_id=town.request_id(), case_id=case.id)
    assert (await duplicates(still, still.resident).FollowCase(own)).case.follower_count == 1
    followed = await duplicates(still, neighbour(still)).ListFollowed(duplicates_pb2.ListFollowedRequest())
    assert [each.number for each in followed.cases] == [case.number]
    unknown = duplicates_pb2.FollowCaseRequest(request_id=town.request_id(), case_id="nothing")
    with pytest.raises(errors.NotFound):
        await duplicates(still, neighbour(still)).FollowCase(unknown)


async def test_merged_cases_end_and_their_reporters_and_followers_follow_the_master(still: Hall) -> None:
    master, second = await still.report(), await still.report(by=neighbour(still))
    follow = duplicates_pb2.FollowCaseRequest(request_id=town.request_id(), case_id=second.id)
    third = still.person("resident", subject="resident-3")
    await duplicates(still, third).FollowCase(follow)
    request = merger(master, second)
    answer = await duplicates(still, still.acceptor).MergeCases(request)
    assert list(answer.merged_numbers) == [second.number]
    assert answer.master.follower_count == 2
    assert await duplicates(still, still.acceptor).MergeCases(request) == answer
    ended = await still.get(second, by=still.acceptor)
    assert ended.case.state == cases_pb2.CASE_STATE_REJECTED
    assert master.number in ended.history[-1].opinion
    assert ended.history[-1].opinion_en.startswith(f"Merged into {master.number}: ")
    goes_on = await still.get(master, by=still.acceptor)
    assert second.number in goes_on.history[-1].opinion
    assert goes_on.history[-1].opinion_en.startswith(f"Merged into this case: {second.number}. ")
    assert {
        row["subject"] for row in await still.rows("SELECT subject FROM case_follower WHERE via_id IS NOT NULL")
    } == {
        "resident-2",
        "resident-3",
    }
    relations = await duplicates(still, still.acceptor).GetRelations(
        duplicates_pb2.GetRelationsRequest(case_id=second.number)
    )
    assert relations.master.number == master.number
    (told,) = [payload for name, payload in await still.told(master.id) if name == "cases_merged"]
    assert list(unpacked(told, duplicates_pb2.CasesMerged).merged_ids) == [second.id]


async def test_following_a_merged_case_means_following_its_master_also_when_masters_are_merged(still: Hall) -> None:
    first, second, third = [await still.report() for _ in range(3)]
    await duplicates(still, still.acceptor).MergeCases(merger(second, first))
    second = (await still.get(second, by=still.acceptor)).case
    await duplicates(still, still.acceptor).MergeCases(merger(third, second))
    request = duplicates_pb2.FollowCaseRequest(request_id=town.request_id(), case_id=first.id)
    answer = await duplicates(still, neighbour(still)).FollowCase(request)
    assert answer.case.case_id == third.id
    relations = await duplicates(still, still.acceptor).GetRelations(
        duplicates_pb2.GetRelationsRequest(case_id=third.id)
    )
    assert {case.number for case in relations.merged} == {first.number, second.number}


@pytest.mark.parametrize("wrong", ["itself", "stale", "ended"])
async def test_a_merger_that_is_wrong_in_one_case_changes_none(still: Hall, wrong: str) -> None:
    master, good, other = [await still.report() for _ in range(3)]
    bad, expected = {
        "itself": (seen(master), "MERGE_WITH_ITSELF"),
        "stale": (duplicates_pb2.SeenCase(case_id=other.id, version=9), "STALE"),
        "ended": (seen(other), "CASE_ENDED"),
    }[wrong]
    if wrong == "ended":
        refused = await still.advance(other, town.step("reject", opinion="不属实"), by=still.acceptor)
        bad = seen(refused.case)
    request = merger(master, good)
    request.cases.append(bad)
    with pytest.raises(errors.GridwardError) as caught:
        await duplicates(still, still.acceptor).MergeCases(request)
    assert caught.value.reason == expected
    assert (await still.get(good, by=still.acceptor)).case.state == cases_pb2.CASE_STATE_REPORTED
    assert await still.count("case_merge") == 0


async def test_who_may_not_end_a_case_may_not_merge_it(still: Hall) -> None:
    master, other = await still.report(), await still.report()
    with pytest.raises(errors.Forbidden) as caught:
        await duplicates(still, still.worker).MergeCases(merger(master, other))
    assert caught.value.reason == "STEP_FORBIDDEN"


async def test_reports_of_one_event_from_video_worker_and_resident_are_linked_by_themselves(still: Hall) -> None:
    first = await still.report(by=video(still), source=cases_pb2.SOURCE_VIDEO, description="画面中垃圾桶满溢")
    second = await still.report(by=still.worker, source=cases_pb2.SOURCE_GRID_WORKER, description="垃圾桶满溢")
    third = await still.report(description="小区门口垃圾桶满溢，很臭")

    async def linked() -> bool:
        return await still.count("case_link") == 3

    await eventually(linked)
    relations = await duplicates(still, still.acceptor).GetRelations(
        duplicates_pb2.GetRelationsRequest(case_id=second.id)
    )
    assert {relation.case.number for relation in relations.likely_same} == {first.number, third.number}
    assert {relation.case.source for relation in relations.likely_same} == {
        cases_pb2.SOURCE_VIDEO,
        cases_pb2.SOURCE_RESIDENT,
    }


async def test_a_case_that_comes_back_within_the_days_says_so_and_a_refused_one_does_not_count(still: Hall) -> None:
    before = await still.closed()
    refused = await still.report()
    await still.advance(refused, town.step("reject", opinion="不属实"), by=still.acceptor)
    still.clock.advance(timedelta(days=29))
    again = await still.report()

    async def related() -> bool:
        request = duplicates_pb2.GetRelationsRequest(case_id=again.id)
        relations = await duplicates(still, still.acceptor).GetRelations(request)
        return [each.case.number for each in relations.recurrence_of] == [before.number]

    await eventually(related)
    still.clock.advance(timedelta(days=2))
    late = await still.report(point=town.point_in(town.GRID, north_m=10))

    async def followed_up() -> bool:
        (row,) = await still.rows(
            "SELECT r.position >= max(o.position) AS done FROM reader r, outbox o "
            "WHERE r.name = 'linking' AND o.type = 'incident_reported' GROUP BY r.position"
        )
        return bool(row["done"])

    await eventually(followed_up)
    relations = await duplicates(still, still.acceptor).GetRelations(
        duplicates_pb2.GetRelationsRequest(case_id=late.id)
    )
    assert list(relations.recurrence_of) == []


async def test_a_place_that_comes_back_is_listed_once_with_its_history_and_merged_cases_do_not_count(
    still: Hall,
) -> None:
    cases = []
    for metres in (0, 30, 60):
        cases.append(await still.report(point=town.point_in(town.GRID, north_m=metres)))
        still.clock.advance(timedelta(days=3))
    twin = await still.report(point=town.point_in(town.GRID, north_m=60))
    await duplicates(still, still.acceptor).MergeCases(merger(cases[-1], twin))
    await still.report(grid=town.OTHER_GRID)
    answer = await duplicates(still, still.acceptor).ListHotspots(duplicates_pb2.ListHotspotsRequest(days=10))
    (spot,) = answer.hotspots
    assert spot.case_count == 3
    assert [case.number for case in spot.cases] == [case.number for case in reversed(cases)]
    assert spot.mean_days_between == pytest.approx(3.0)
    assert (spot.grid_code, spot.open_count) == (town.GRID, 3)
    elsewhere = await duplicates(still, still.acceptor).ListHotspots(
        duplicates_pb2.ListHotspotsRequest(area_code=town.OTHER_COMMUNITY, days=10)
    )
    assert list(elsewhere.hotspots) == []
    nobody = await duplicates(still, still.resident).ListHotspots(duplicates_pb2.ListHotspotsRequest(days=10))
    assert list(nobody.hotspots) == []


async def test_what_follows_from_an_event_is_done_once_though_two_replicas_look(still: Hall) -> None:
    handled: list[str] = []

    async def handle(transaction: object, happenings: Any) -> None:
        handled.extend(happening.subject for happening in happenings)

    cases = [await still.report() for _ in range(3)]

    async def placed() -> bool:
        return await still.rows("SELECT FROM outbox WHERE position IS NULL") == []

    await eventually(placed)
    follower = Follower(group="twice", types=("incident_reported",), handle=handle)
    for _ in range(3):
        await catch_up(still.database, follower)
    assert handled == [case.id for case in cases]


async def test_whoever_asks_before_sending_while_sending_or_ahead_is_told_the_same(still: Hall) -> None:
    await still.report(task_type="road_damage", description="渣土车遗撒，路面全是泥土", form_answers="")
    await still.report(point=town.point_in(town.GRID, north_m=30))
    still.clock.advance(timedelta(hours=30))
    chief = still.person("duty_chief", subject="chief-1")
    wide = duplicates_pb2.Likeness(task_type=town.GARBAGE, distance_m=80, hours=48, recurrence_days=7)
    await duplicates(still, chief).SetLikeness(
        duplicates_pb2.SetLikenessRequest(request_id=town.request_id(), likeness=wide)
    )
    request = town.report_request(description="路面全是泥土，渣土车遗撒")
    before = [
        (each.case.case_id, each.score, each.distance_m)
        for each in await find(still, neighbour(still), description=request.report.description)
    ]
    ahead = await still.stub(neighbour(still)).PreviewRoute(incidents_pb2.PreviewRouteRequest(report=request.report))
    filed = await still.stub(neighbour(still)).ReportIncident(request)
    assert len(before) == 2
    assert [(each.case_id, each.score, each.distance_m) for each in ahead.duplicates] == before
    assert [(each.case_id, each.score, each.distance_m) for each in filed.duplicates] == before
