"""What is done among neighbours: opinions, errands and duties, each by the figures it is known for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.incidents.v1 import (
    duties_pb2,
    duties_pb2_grpc,
    errands_pb2,
    errands_pb2_grpc,
    opinions_pb2,
    opinions_pb2_grpc,
)

from services.platform import errors
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.conftest import ZONE
from tests.integration.incidents.hall import Hall

NEGATIVE, NEUTRAL, POSITIVE = opinions_pb2.TONE_NEGATIVE, opinions_pb2.TONE_NEUTRAL, opinions_pb2.TONE_POSITIVE
AGENCY, ACCOMPANY, ASSIST = (
    errands_pb2.ERRAND_MODE_AGENCY,
    errands_pb2.ERRAND_MODE_ACCOMPANY,
    errands_pb2.ERRAND_MODE_ASSIST,
)
COUNTER, IN_GRID = errands_pb2.ERRAND_PLACE_COUNTER, errands_pb2.ERRAND_PLACE_GRID


def channel(hall: Hall, caller: Caller) -> grpc.aio.Channel:
    hall.stub(caller)
    return hall.channels[repr(caller)]


def community(hall: Hall) -> Caller:
    return hall.person("community_admin", town.COMMUNITY, subject="community-1")


def opinions(hall: Hall, caller: Caller) -> opinions_pb2_grpc.OpinionsServiceAsyncStub:
    return opinions_pb2_grpc.OpinionsServiceStub(channel(hall, caller))


async def said(hall: Hall, tone: opinions_pb2.Tone.ValueType, grid: str = town.GRID) -> opinions_pb2.Opinion:
    request = opinions_pb2.CollectOpinionRequest(
        request_id=town.request_id(), grid_code=grid, words="楼道灯不亮", tone=tone
    )
    caller = hall.person("community_admin", town.CITY, subject="rounds-1")
    return (await opinions(hall, caller).CollectOpinion(request)).opinion


async def stepped(hall: Hall, opinion: opinions_pb2.Opinion, step: str, **fields: Any) -> opinions_pb2.Opinion:
    request = opinions_pb2.AdvanceOpinionRequest(
        request_id=town.request_id(),
        id=opinion.id,
        version=opinion.version,
        step=opinions_pb2.OpinionStep.Value(f"OPINION_STEP_{step}"),
        **fields,
    )
    return (await opinions(hall, community(hall)).AdvanceOpinion(request)).opinion


async def refused_step(hall: Hall, opinion: opinions_pb2.Opinion, step: str, **fields: Any) -> str:
    with pytest.raises(errors.GridwardError) as caught:
        await stepped(hall, opinion, step, **fields)
    return caught.value.reason


async def mood(hall: Hall) -> list[tuple[str, int, int, int, int]]:
    today = hall.clock.now().astimezone(ZONE).date().isoformat()
    request = opinions_pb2.GetMoodRequest(from_day=today, until_day=today)
    caller = hall.person("duty_chief", subject="chief-1")
    answer = await opinions(hall, caller).GetMood(request)
    return [(each.area_code, each.index, each.collected, each.negative, each.open) for each in answer.moods]


@pytest.mark.mechanism(16)
async def test_an_opinion_is_not_closed_without_an_answer_and_a_rating(still: Hall) -> None:
    opinion = await said(still, NEGATIVE)
    assert await refused_step(still, opinion, "CLOSE") == "OPINION_NOT_ANSWERED"
    assert await refused_step(still, opinion, "ANSWER", words="已修") == "OPINION_STEP_NOT_LEGAL"
    handled = await stepped(still, opinion, "HANDLE")
    assert await refused_step(still, handled, "CLOSE") == "OPINION_NOT_ANSWERED"
    assert await refused_step(still, handled, "RATE", rating=5) == "OPINION_NOT_ANSWERED"
    with pytest.raises(errors.Stale) as slower:
        await stepped(still, opinion, "HANDLE")
    assert slower.value.reason == "OPINION_STALE"
    assert town.fresh(slower.value, opinions_pb2.AdvanceOpinionResponse).opinion == handled
    answered = await stepped(still, handled, "ANSWER", words="灯已修好")
    assert await refused_step(still, answered, "CLOSE") == "OPINION_NOT_RATED"
    assert await refused_step(still, answered, "RATE") == "STEP_NEEDS_WORDS"
    rated = await stepped(still, answered, "RATE", rating=4)
    closed = await stepped(still, rated, "CLOSE")
    assert (closed.state, closed.rating, closed.answer) == (opinions_pb2.OPINION_STATE_CLOSED, 4, "灯已修好")
    assert await refused_step(still, closed, "HANDLE") == "OPINION_STEP_NOT_LEGAL"


@pytest.mark.mechanism(16)
async def test_the_mood_of_each_community_weighs_what_was_negative_and_what_is_open_day_by_day(still: Hall) -> None:
    first = await said(still, NEGATIVE)
    await said(still, NEGATIVE)
    await said(still, NEUTRAL)
    await said(still, POSITIVE, grid=town.OTHER_GRID)
    handled = await stepped(still, first, "HANDLE")
    answered = await stepped(still, handled, "ANSWER", words="灯已修好")
    await stepped(still, await stepped(still, answered, "RATE", rating=5), "CLOSE")
    # 100 - 3 × 2 negative - 2 × 2 open; 100 - 2 × 1 open.
    assert await mood(still) == [(town.COMMUNITY, 90, 3, 2, 2), (town.OTHER_COMMUNITY, 98, 1, 0, 1)]
    still.clock.advance(timedelta(days=1))
    assert await mood(still) == [(town.COMMUNITY, 96, 0, 0, 2), (town.OTHER_COMMUNITY, 98, 0, 0, 1)]


async def test_opinions_are_seen_and_taken_in_only_within_ones_area(still: Hall) -> None:
    mine, other = await said(still, NEGATIVE), await said(still, NEUTRAL, grid=town.OTHER_GRID)
    listed = await opinions(still, community(still)).ListOpinions(opinions_pb2.ListOpinionsRequest(page_size=1))
    assert ([each.id for each in listed.opinions], listed.next_page_token) == ([mine.id], "")
    everywhere = still.person("duty_chief", subject="chief-1")
    first = await opinions(still, everywhere).ListOpinions(opinions_pb2.ListOpinionsRequest(page_size=1))
    request = opinions_pb2.ListOpinionsRequest(page_size=1, page_token=first.next_page_token)
    second = await opinions(still, everywhere).ListOpinions(request)
    assert {first.opinions[0].id, second.opinions[0].id} == {mine.id, other.id}
    assert await refused_step(still, other, "HANDLE") == "OPINION_UNKNOWN"
    beyond = opinions_pb2.CollectOpinionRequest(
        request_id=town.request_id(), grid_code=town.OTHER_GRID, words="远处", tone=NEUTRAL
    )
    with pytest.raises(errors.Forbidden):
        await opinions(still, community(still)).CollectOpinion(beyond)


def errands(hall: Hall, caller: Caller) -> errands_pb2_grpc.ErrandsServiceAsyncStub:
    return errands_pb2_grpc.ErrandsServiceStub(channel(hall, caller))


def counter(hall: Hall) -> Caller:
    return hall.person("acceptor", town.COMMUNITY, subject="window-1")


def opening(mode: errands_pb2.ErrandMode.ValueType, **fields: Any) -> errands_pb2.OpenErrandRequest:
    return errands_pb2.OpenErrandRequest(
        request_id=town.request_id(),
        grid_code=town.GRID,
        person_id="person-1",
        matter="申领高龄津贴",
        mode=mode,
        place=COUNTER,
        **fields,
    )


def going(errand: errands_pb2.Errand, **fields: Any) -> errands_pb2.AdvanceErrandRequest:
    return errands_pb2.AdvanceErrandRequest(
        **{
            "request_id": town.request_id(),
            "id": errand.id,
            "version": errand.version,
            "place": IN_GRID,
            "words": "已联系",
            **fields,
        }
    )


@pytest.mark.mechanism(17)
async def test_one_ticket_goes_through_three_modes_and_counter_and_grid_see_the_same(still: Hall) -> None:
    window, grid = errands(still, counter(still)), errands(still, still.worker)
    consent = errands_pb2.Consent(object_key="consent/1.webp", until_day="2026-12-31")
    request = opening(ASSIST)
    errand = (await window.OpenErrand(request)).errand
    assert (await window.OpenErrand(request)).errand == errand
    errand = (await grid.AdvanceErrand(going(errand, mode=ACCOMPANY, words="陪同到窗口"))).errand
    with pytest.raises(errors.Invalid) as caught:
        await grid.AdvanceErrand(going(errand, mode=AGENCY, words="行动不便，改为代办"))
    assert caught.value.reason == "CONSENT_REQUIRED"
    errand = (await grid.AdvanceErrand(going(errand, mode=AGENCY, consent=consent, words="代办"))).errand
    seen = [(await stub.GetErrand(errands_pb2.GetErrandRequest(id=errand.id))).errand for stub in (window, grid)]
    assert seen[0] == seen[1] == errand
    assert [(line.mode, line.by, line.place) for line in errand.lines] == [
        (ASSIST, "window-1", COUNTER),
        (ACCOMPANY, still.worker.subject, IN_GRID),
        (AGENCY, still.worker.subject, IN_GRID),
    ]
    lists = [
        (await stub.ListErrands(errands_pb2.ListErrandsRequest(open_only=True))).errands for stub in (window, grid)
    ]
    assert [[each.id for each in found] for found in lists] == [[errand.id], [errand.id]]
    done = errands_pb2.ERRAND_STATE_DONE
    with pytest.raises(errors.Stale):
        await window.AdvanceErrand(going(seen[0], version=1, state=done, place=COUNTER))
    finished = (await window.AdvanceErrand(going(errand, state=done, place=COUNTER, words="已办好"))).errand
    assert finished.state == done
    assert (await grid.GetErrand(errands_pb2.GetErrandRequest(id=errand.id))).errand == finished
    with pytest.raises(errors.Conflict) as ended:
        await grid.AdvanceErrand(going(finished))
    assert ended.value.reason == "ERRAND_ENDED"


async def test_who_is_slower_with_a_ticket_is_given_all_its_lines_however_long_they_are(still: Hall) -> None:
    helper = errands(still, counter(still))
    first = (await helper.OpenErrand(opening(ACCOMPANY))).errand
    now = first
    for place in range(8):
        now = (await helper.AdvanceErrand(going(now, words=f"{place}{'已陪同办理' * 199}"))).errand
    with pytest.raises(errors.Stale) as slower:
        await helper.AdvanceErrand(going(first))
    there = town.fresh(slower.value, errands_pb2.AdvanceErrandResponse).errand
    assert (slower.value.reason, there) == ("ERRAND_STALE", now)
    assert there.ByteSize() > 20_000


@pytest.mark.mechanism(17)
async def test_nobody_acts_in_anothers_stead_without_a_consent_that_counts_today(still: Hall) -> None:
    window = errands(still, counter(still))
    today = still.clock.now().astimezone(ZONE).date()
    past = errands_pb2.Consent(object_key="consent/1.webp", until_day=(today - timedelta(days=1)).isoformat())
    last_day = errands_pb2.Consent(object_key="consent/1.webp", until_day=today.isoformat())
    for request in (opening(AGENCY), opening(AGENCY, consent=past)):
        with pytest.raises(errors.Invalid) as caught:
            await window.OpenErrand(request)
        assert caught.value.reason == "CONSENT_REQUIRED"
    errand = (await window.OpenErrand(opening(AGENCY, consent=last_day))).errand
    still.clock.advance(timedelta(days=1))
    with pytest.raises(errors.Invalid):
        await window.AdvanceErrand(going(errand, state=errands_pb2.ERRAND_STATE_DONE))
    given_up = errands_pb2.ERRAND_STATE_GIVEN_UP
    assert (await window.AdvanceErrand(going(errand, state=given_up))).errand.state == given_up


async def test_a_ticket_of_another_community_is_not_there(still: Hall) -> None:
    errand = (await errands(still, counter(still)).OpenErrand(opening(ASSIST))).errand
    stranger = errands(still, still.person("community_admin", town.OTHER_COMMUNITY, subject="stranger-1"))
    with pytest.raises(errors.NotFound):
        await stranger.GetErrand(errands_pb2.GetErrandRequest(id=errand.id))
    with pytest.raises(errors.NotFound):
        await stranger.AdvanceErrand(going(errand))
    assert not (await stranger.ListErrands(errands_pb2.ListErrandsRequest())).errands
    with pytest.raises(errors.Forbidden):
        await stranger.OpenErrand(opening(ASSIST))


def duties(hall: Hall, caller: Caller) -> duties_pb2_grpc.DutiesServiceAsyncStub:
    return duties_pb2_grpc.DutiesServiceStub(channel(hall, caller))


def duty(hall: Hall, **fields: Any) -> duties_pb2.Duty:
    due = Timestamp()
    due.FromDatetime(hall.clock.now() + timedelta(days=30))
    whole: dict[str, Any] = {
        "title": "走访高龄老人",
        "definition": "上门见到本人并填写走访记录",
        "quantity": 40,
        "unit": "户",
        "steps": ["电话预约", "上门", "填记录"],
        "measure": "抽查十户，记录与本人一致",
        "accountable": hall.worker.subject,
        "area_code": town.GRID,
        "due_at": due,
    }
    return duties_pb2.Duty(**{**whole, **fields})


@pytest.mark.mechanism(18)
async def test_a_task_without_any_of_the_five_or_a_deadline_cannot_be_published(still: Hall) -> None:
    leader = duties(still, community(still))
    past = Timestamp()
    past.FromDatetime(still.clock.now())
    lacking: list[tuple[str, dict[str, Any]]] = [
        ("quantity", {"quantity": 0}),
        ("unit", {"unit": " "}),
        ("due_at", {"due_at": None}),
        ("due_at", {"due_at": past}),
        ("definition", {"definition": ""}),
        ("steps", {"steps": []}),
        ("measure", {"measure": ""}),
        ("accountable", {"accountable": ""}),
    ]
    for name, fields in lacking:
        request = duties_pb2.DraftDutyRequest(request_id=town.request_id(), duty=duty(still, **fields))
        draft = (await leader.DraftDuty(request)).duty
        assert list(draft.missing) == [name]
        with pytest.raises(errors.Invalid) as caught:
            await leader.PublishDuty(
                duties_pb2.PublishDutyRequest(request_id=town.request_id(), id=draft.id, version=draft.version)
            )
        assert (caught.value.reason, caught.value.details["missing"]) == ("DUTY_INCOMPLETE", name)
    worker = duties(still, still.worker)
    assert not (await worker.ListDuties(duties_pb2.ListDutiesRequest(with_drafts=True))).duties


async def test_a_task_of_a_community_is_seen_and_worked_in_each_of_its_grids_and_nowhere_else(still: Hall) -> None:
    leader = duties(still, community(still))
    drafting = duties_pb2.DraftDutyRequest(request_id=town.request_id(), duty=duty(still, area_code=town.COMMUNITY))
    draft = (await leader.DraftDuty(drafting)).duty
    sibling = still.person("grid_worker", town.SIBLING_GRID, subject="worker-2")
    stranger = still.person("grid_worker", town.OTHER_GRID, subject="worker-3")
    here, beside, elsewhere = (duties(still, each) for each in (still.worker, sibling, stranger))
    work = duties_pb2.RecordWorkRequest(id=draft.id, quantity=20, words="本周")
    listing = duties_pb2.ListDutiesRequest(area_code=town.GRID)
    work.request_id = town.request_id()
    with pytest.raises(errors.NotFound):  # a draft is its leaders' alone
        await here.RecordWork(work)
    await leader.PublishDuty(
        duties_pb2.PublishDutyRequest(request_id=town.request_id(), id=draft.id, version=draft.version)
    )
    for number, worker in enumerate((here, beside), start=1):
        (seen,) = (await worker.ListDuties(duties_pb2.ListDutiesRequest())).duties
        work.request_id = town.request_id()
        done = (await worker.RecordWork(work)).duty
        assert (seen.id, done.done) == (draft.id, 20 * number)
    assert [each.id for each in (await here.ListDuties(listing)).duties] == [draft.id]
    assert not (await elsewhere.ListDuties(duties_pb2.ListDutiesRequest())).duties
    work.request_id = town.request_id()
    with pytest.raises(errors.NotFound):
        await elsewhere.RecordWork(work)
    told = await still.rows("SELECT by, quantity FROM duty_work ORDER BY by")
    assert [(row["by"], row["quantity"]) for row in told] == [(still.worker.subject, 20), ("worker-2", 20)]


@pytest.mark.mechanism(18)
async def test_a_whole_task_is_published_worked_and_appraised_each_quarter_by_three(still: Hall) -> None:
    leader, worker = duties(still, community(still)), duties(still, still.worker)
    draft = (
        await leader.DraftDuty(duties_pb2.DraftDutyRequest(request_id=town.request_id(), duty=duty(still, quantity=0)))
    ).duty
    with pytest.raises(errors.Conflict) as early:
        await worker.RecordWork(duties_pb2.RecordWorkRequest(request_id=town.request_id(), id=draft.id, quantity=1))
    assert early.value.reason == "DUTY_NOT_PUBLISHED"
    whole = duties_pb2.DraftDutyRequest(
        request_id=town.request_id(), duty=duty(still, id=draft.id, version=draft.version)
    )
    draft = (await leader.DraftDuty(whole)).duty
    assert (draft.version, list(draft.missing)) == (2, [])
    whole.request_id = town.request_id()
    with pytest.raises(errors.Stale) as slower:
        await leader.DraftDuty(whole)
    assert (slower.value.reason, town.fresh(slower.value, duties_pb2.DraftDutyResponse).duty) == ("DUTY_STALE", draft)
    publish = duties_pb2.PublishDutyRequest(request_id=town.request_id(), id=draft.id, version=draft.version)
    given = (await leader.PublishDuty(publish)).duty
    assert given.published_at.ToDatetime() == still.clock.now().replace(tzinfo=None)
    with pytest.raises(errors.Conflict) as changed:
        await leader.DraftDuty(duties_pb2.DraftDutyRequest(request_id=town.request_id(), duty=given))
    assert changed.value.reason == "DUTY_PUBLISHED"
    work = duties_pb2.RecordWorkRequest(request_id=town.request_id(), id=given.id, quantity=25, words="本周")
    for _ in range(2):
        assert (await worker.RecordWork(work)).duty.done == 25
    for number, (appraiser, score) in enumerate(
        (
            (duties_pb2.APPRAISER_LEADER, 90),
            (duties_pb2.APPRAISER_THIRD_PARTY, 80),
            (duties_pb2.APPRAISER_HOUSEHOLDS, 85),
        )
    ):
        appraisal = duties_pb2.Appraisal(quarter="2026Q1", appraiser=appraiser, score=score)
        request = duties_pb2.AppraiseDutyRequest(request_id=town.request_id(), id=given.id, appraisal=appraisal)
        assert len((await leader.AppraiseDuty(request)).duty.appraisals) == number + 1
    (listed,) = (await worker.ListDuties(duties_pb2.ListDutiesRequest())).duties
    assert sorted(each.score for each in listed.appraisals) == [80, 85, 90]
