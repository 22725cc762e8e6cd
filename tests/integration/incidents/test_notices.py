"""What people and other systems are told: each thing once and in order, not at night, and what they text back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import (
    cases_pb2,
    course_pb2,
    course_pb2_grpc,
    duplicates_pb2,
    duplicates_pb2_grpc,
    notices_pb2,
    notices_pb2_grpc,
)
from gridward.registry.v1 import staff_pb2

from services.incidents.cityview.city import City
from services.incidents.notices.carriers import Incoming
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.directory import Directory
from services.incidents.notices.domain import QuietHours
from services.incidents.notices.incoming import Incomings, Word
from services.platform import errors
from services.platform.identity import Caller, service_caller
from services.platform.seal import Sealer
from tests.conftest import MakeDatabase
from tests.integration.incidents import town
from tests.integration.incidents.conftest import ZONE, running_hall
from tests.integration.incidents.hall import Hall, eventually
from tests.support.tokens import TestTokens

PHONE = "13800001111"
SPECIALIST, LEADER = "specialist-D07", "leader-D07"


@pytest.fixture
async def told(
    make_database: MakeDatabase,
    tokens: TestTokens,
    manual_clock: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Hall]:
    """Incidents with keys to seal numbers and a folder that plays the carrier."""
    monkeypatch.setenv("GRIDWARD_SMS_FOLDER", str(tmp_path / "sms"))
    monkeypatch.setenv("GRIDWARD_SEAL_FILE", str(tokens.seal_file("incidents")))
    monkeypatch.setenv("GRIDWARD_SMS_GAP_S", "0")  # how far texts lie apart is looked at in test_text_paces.py
    async with running_hall(make_database("incidents"), tokens, manual_clock, timers=False) as hall:  # type: ignore[arg-type]
        posts = [
            staff_pb2.Post(
                code=f"P-{role}", role=role, area_code=town.CITY, department_code="D07", staff_code=f"{name}-D07"
            )
            for role, name in (("department_specialist", "specialist"), ("department_leader", "leader"))
        ]
        hall.view.take_posts(staff_pb2.WatchPostsResponse(posts=posts, version=101, complete=True))
        yield hall


def stub(hall: Hall, caller: Caller) -> notices_pb2_grpc.NoticesServiceAsyncStub:
    hall.stub(caller)
    return notices_pb2_grpc.NoticesServiceStub(hall.channels[repr(caller)])


async def with_phone(hall: Hall, caller: Caller, phone: str = PHONE, language: str = "") -> None:
    request = notices_pb2.SetMyContactRequest(phone=phone, sms=True, language=language)
    await stub(hall, caller).SetMyContact(request)


def texts(tmp_path: Path, phone: str = PHONE) -> list[str]:
    """What was texted to a number, in the order in which it was sent."""
    files = sorted((tmp_path / "sms" / "outbox").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    messages = [json.loads(path.read_text()) for path in files]
    return [message["text"] for message in messages if message["to"] == phone]


async def texted(tmp_path: Path, count: int, phone: str = PHONE) -> list[str]:
    async def all_there() -> bool:
        return len(texts(tmp_path, phone)) >= count

    await eventually(all_there)
    return texts(tmp_path, phone)


async def mine(hall: Hall, subject: str) -> list[notices_pb2.Notice]:
    caller = hall.person("resident", subject=subject)
    return list((await stub(hall, caller).ListMyNotices(notices_pb2.ListMyNoticesRequest())).notices)


async def occasions_of(hall: Hall, subject: str, *expected: str) -> None:
    """Wait until somebody was told of exactly these, newest first."""

    async def told_all() -> bool:
        found = [notices_pb2.Occasion.Name(notice.occasion) for notice in await mine(hall, subject)]
        return found == [f"OCCASION_{name}" for name in expected]

    await eventually(told_all)


@pytest.mark.mechanism(54)
async def test_the_reporter_gets_three_texts_in_order_each_once_though_it_was_done_twice(
    told: Hall, tmp_path: Path
) -> None:
    await with_phone(told, told.resident)
    case = await told.dispatched()
    done = town.photo(place_pb2.EVIDENCE_KIND_AFTER)
    specialist = told.specialist()
    solve = [town.step("sign"), town.step("dispose", evidence=[done]), town.step("feedback", opinion="已清理")]
    answer = await told.advance(case, *solve, by=specialist)
    check = town.step("send_check", assignee=told.worker.subject)
    answer = await told.advance(answer.case, check, by=told.acceptor)
    answer = await told.advance(answer.case, town.step("check_fail", opinion="还有垃圾"), by=told.worker)
    answer = await told.advance(answer.case, town.step("rework"), by=told.dispatcher)
    answer = await told.advance(answer.case, *solve, by=specialist)
    answer = await told.advance(answer.case, check, by=told.acceptor)
    seen = town.photo(place_pb2.EVIDENCE_KIND_CHECK)
    answer = await told.advance(answer.case, town.step("check_pass", evidence=[seen]), by=told.worker)
    await told.advance(answer.case, town.step("close"), by=told.acceptor)
    await occasions_of(told, told.resident.subject, "CLOSED", "HANDLING", "SIGNED")
    sent = await texted(tmp_path, 3)
    assert [text.partition("）")[2] for text in sent] == [
        "已由市容环境卫生中心签收，承诺" + sent[0].partition("承诺")[2],
        "正在由市容环境卫生中心办理。",
        "已办结。回复1满意、2基本满意、3不满意。",
    ]
    assert all(case.number in text for text in sent)

    async def delivered() -> bool:
        listed = await stub(told, told.acceptor).ListCaseNotices(notices_pb2.ListCaseNoticesRequest(case_id=case.id))
        by_sms = [notice for notice in listed.notices if notice.channel == notices_pb2.CHANNEL_SMS]
        return [notice.state for notice in by_sms] == [notices_pb2.NOTICE_STATE_DELIVERED] * 3

    await eventually(delivered)
    assert len(texts(tmp_path)) == 3


async def test_texts_wait_for_the_morning_and_stay_in_order(told: Hall, tmp_path: Path) -> None:
    await with_phone(told, told.resident)
    told.clock.advance(timedelta(hours=13))  # eleven at night
    await told.closed()
    await occasions_of(told, told.resident.subject, "CLOSED", "HANDLING", "SIGNED")
    waiting = await told.rows("SELECT due_at FROM notice WHERE channel = 'sms' AND state = 'waiting'")
    assert {row["due_at"].astimezone(ZONE).hour for row in waiting} == {7}
    assert texts(tmp_path) == []
    told.clock.advance(timedelta(hours=8))
    sent = await texted(tmp_path, 3)
    assert ["签收" in sent[0], "办理" in sent[1], "办结" in sent[2]] == [True, True, True]


async def test_a_department_is_told_what_came_to_it_and_its_leaders_when_it_is_late(told: Hall) -> None:
    case = await told.dispatched()
    await occasions_of(told, SPECIALIST, "ASSIGNED")
    (first,) = await mine(told, SPECIALIST)
    assert first.text == f"新任务{case.number}：暴露垃圾与垃圾满溢，松风路3号，时限03-02 16:00。"
    told.clock.advance(timedelta(days=3))
    await told.firing.fire_due()

    async def leaders_told() -> bool:
        return [notice.occasion for notice in await mine(told, LEADER)] == [notices_pb2.OCCASION_RED]

    await eventually(leaders_told)
    leader = told.person("resident", subject=LEADER)
    unread = await stub(told, leader).ListMyNotices(notices_pb2.ListMyNoticesRequest(unread_only=True))
    assert unread.unread_count == 1
    read = await stub(told, leader).MarkRead(notices_pb2.MarkReadRequest(notice_id=unread.notices[0].id))
    assert read.unread_count == 0


@pytest.mark.mechanism(6)
async def test_a_direct_report_to_three_is_three_deliveries_and_the_centre_is_copied_and_waits_for_nobody(
    told: Hall,
) -> None:
    people = [f"S-{area}" for area in (town.GRID, town.COMMUNITY, town.OTHER_GRID)]
    told.stub(told.worker)
    request = course_pb2.ReportDirectRequest(
        request_id=town.request_id(),
        report=town.report(),
        addressees=[cases_pb2.Addressee(receiver=subject) for subject in people],
    )
    sent = await course_pb2_grpc.CourseServiceStub(told.channels[repr(told.worker)]).ReportDirect(request)

    async def delivered() -> bool:
        rows = await told.rows(
            "SELECT recipient, count(*) AS count FROM notice WHERE occasion = 'assigned' AND mark <> 'reported'"
            " GROUP BY recipient ORDER BY recipient"
        )
        return [(row["recipient"], row["count"]) for row in rows] == [(subject, 1) for subject in sorted(people)]

    await eventually(delivered)
    copied = await told.get(sent.case, by=told.acceptor)
    assert copied.case.state == cases_pb2.CASE_STATE_REPORTED
    assert cases_pb2.CASE_EVENT_ACCEPT in {step.event for step in copied.legal_steps}
    first = told.person("community_admin", town.COMMUNITY, subject=f"S-{town.COMMUNITY}")
    late = told.person("grid_worker", town.GRID, subject=f"S-{town.GRID}")
    taken = (await told.advance(copied.case, town.step("take"), by=first)).case
    seen = await told.get(taken, by=late)
    assert seen.case.dealings.owner == first.subject
    assert cases_pb2.CASE_EVENT_TAKE not in {step.event for step in seen.legal_steps}


@pytest.mark.mechanism(54)
async def test_who_does_not_sign_in_time_is_reminded_and_signing_twice_is_refused(told: Hall) -> None:
    case = await told.dispatched()
    told.clock.advance(timedelta(hours=2))
    await told.firing.fire_due()
    await occasions_of(told, SPECIALIST, "PRESSED", "ASSIGNED")
    (reminder, _) = await mine(told, SPECIALIST)
    assert reminder.text == f"督办催办：{case.number}（暴露垃圾与垃圾满溢）未按时签收"
    case = (await told.get(case, by=told.acceptor)).case
    answer = await told.advance(case, town.step("sign"), by=told.specialist())
    with pytest.raises(errors.Conflict) as caught:
        await told.advance(answer.case, town.step("sign"), by=told.specialist())
    assert caught.value.reason == "STEP_NOT_LEGAL"


async def test_whoever_follows_is_told_what_the_reporter_is_told_and_the_merged_one_why(told: Hall) -> None:
    second_person = told.person("resident", subject="resident-2")
    master, second = await told.report(), await told.report(by=second_person)
    joining = duplicates_pb2_grpc.DuplicatesServiceStub(told.channels[repr(told.resident)])
    third = told.person("resident", subject="resident-3")
    told.stub(third)
    joining = duplicates_pb2_grpc.DuplicatesServiceStub(told.channels[repr(third)])
    await joining.FollowCase(duplicates_pb2.FollowCaseRequest(request_id=town.request_id(), case_id=master.id))
    told.stub(told.acceptor)
    desk = duplicates_pb2_grpc.DuplicatesServiceStub(told.channels[repr(told.acceptor)])
    await desk.MergeCases(
        duplicates_pb2.MergeCasesRequest(
            request_id=town.request_id(),
            master_id=master.id,
            cases=[duplicates_pb2.SeenCase(case_id=second.id, version=second.version)],
            opinion="同一处",
        )
    )
    await occasions_of(told, "resident-2", "MERGED")
    (merged,) = await mine(told, "resident-2")
    assert master.number in merged.text
    master = (await told.get(master, by=told.acceptor)).case
    answer = await told.advance(
        master, town.step("accept"), town.step("register", filing_condition="usual"), by=told.acceptor
    )
    answer = await told.advance(answer.case, town.step("dispatch"), by=told.dispatcher)
    await told.advance(answer.case, town.step("sign"), by=told.specialist())
    await occasions_of(told, "resident-2", "SIGNED", "MERGED")
    await occasions_of(told, "resident-3", "SIGNED")


async def test_a_citys_own_words_and_the_language_of_the_reader_are_used(told: Hall, tmp_path: Path) -> None:
    chief = stub(told, told.person("duty_chief", subject="chief-1"))
    template = notices_pb2.NoticeTemplate(
        occasion=notices_pb2.OCCASION_REFUSED, language="en", task_type=town.GARBAGE, text="Sorry, {number}: {opinion}"
    )
    request = notices_pb2.SetTemplateRequest(request_id=town.request_id(), template=template)
    assert (await chief.SetTemplate(request)).example == "Sorry, 9991-20260302-00017: 已清理"
    await with_phone(told, told.resident, language="en")
    case = await told.report()
    await told.advance(case, town.step("reject", opinion="not ours"), by=told.acceptor)
    assert await texted(tmp_path, 1) == [f"Sorry, {case.number}: not ours"]
    bad = notices_pb2.NoticeTemplate(occasion=notices_pb2.OCCASION_CLOSED, language="zh", text="{nobody}")
    with pytest.raises(errors.Invalid):
        await chief.SetTemplate(notices_pb2.SetTemplateRequest(request_id=town.request_id(), template=bad))
    listed = await chief.ListTemplates(notices_pb2.ListTemplatesRequest())
    assert [each.text for each in listed.templates if not each.supplied] == [template.text]


async def test_a_number_is_sealed_and_a_text_that_cannot_arrive_is_said_to_have_failed(told: Hall) -> None:
    before = await stub(told, told.resident).GetMyContact(notices_pb2.GetMyContactRequest())
    assert (before.phone_masked, before.sms, before.language) == ("", False, "zh")
    answer = await stub(told, told.resident).SetMyContact(
        notices_pb2.SetMyContactRequest(phone="138 0000 0000", sms=True)
    )
    kept = await stub(told, told.resident).GetMyContact(notices_pb2.GetMyContactRequest())
    assert (kept.phone_masked, kept.sms, kept.language) == (answer.phone_masked, True, "zh")
    assert answer.phone_masked == "138****0000"
    (row,) = await told.rows("SELECT phone, phone_index FROM contact")
    assert b"13800000000" not in bytes(row["phone"]) + bytes(row["phone_index"])
    case = await told.report()
    await told.advance(case, town.step("reject", opinion="不属实"), by=told.acceptor)

    async def failed() -> bool:
        rows = await told.rows("SELECT state, problem FROM notice WHERE channel = 'sms'")
        return [(row["state"], row["problem"]) for row in rows] == [("failed", "unreachable")]

    await eventually(failed)


@dataclass(slots=True)
class Keeper:
    """Plays registry's keeper of daily words."""

    heard: list[tuple[str, str]] = field(default_factory=list)

    async def receive(self, *, message_id: str, area_code: str, text: str) -> Word:
        self.heard.append((area_code, text))
        if "网格" not in text:
            return Word(understood=False, reply="")
        trouble = "纠纷" in text
        return Word(understood=True, reply="收到", grid_code=town.GRID, trouble=trouble)


async def test_a_daily_word_goes_to_its_keeper_trouble_alarms_the_community_and_nonsense_is_answered_with_help(
    told: Hall, tmp_path: Path, tokens: TestTokens
) -> None:
    contacts = Contacts(Sealer.from_file(tokens.seal_file("incidents")), clock=told.clock)
    await with_phone(told, told.worker)
    keeper = Keeper()
    rater_is_not_asked: object = None
    city = await City.open(told.database, told.view, zone=ZONE, desk="desk")
    incomings = Incomings(
        told.database,
        contacts=contacts,
        directory=Directory(city),
        grids=told.view,
        quiet_hours=QuietHours(zone=ZONE),
        words=keeper,
        rater=rater_is_not_asked,  # type: ignore[arg-type]
        clock=told.clock,
    )

    async def say(text: str, id: str, phone: str = PHONE) -> str:
        return await incomings.take(Incoming(message_id=id, phone=phone, text=text))

    assert await say("07号网格平安", "m1") == "收到"
    assert await say("07号网格平安", "m1") == "收到"
    assert keeper.heard == [(town.GRID, "07号网格平安")]
    assert await say("07号网格有邻里纠纷", "m2") == "收到"
    for role in (town.COMMUNITY, town.SUBDISTRICT):
        (alert,) = await mine(told, f"S-{role}")
        assert alert.text == "网格告警 grid alert: 07号网格有邻里纠纷"
    assert "07号网格平安" in await say("平平安安", "m3")
    assert "未登记" in await say("07号网格平安", "m4", phone="13999999999")
    assert len(keeper.heard) == 3
    assert len(await texted(tmp_path, 3)) == 3
    assert len(await texted(tmp_path, 1, phone="13999999999")) == 1


async def test_a_resident_rates_by_a_figure_and_only_once(told: Hall, tmp_path: Path) -> None:
    await with_phone(told, told.resident)
    case = await told.closed()
    await texted(tmp_path, 3)
    carrier = stub(told, service_caller("gateway"))
    told.stub(service_caller("gateway"))
    request = notices_pb2.ReceiveSmsRequest(message_id="r1", phone=PHONE, text="2")
    answers = [(await carrier.ReceiveSms(request)).reply for _ in range(2)]
    assert answers == ["感谢您的评价。Thank you for your rating."] * 2
    rated = (await told.get(case, by=told.acceptor)).case
    assert rated.rating == 3
    again = notices_pb2.ReceiveSmsRequest(message_id="r2", phone=PHONE, text="1")
    assert "没有待评价" in (await carrier.ReceiveSms(again)).reply
    assert (await told.get(case, by=told.acceptor)).case.rating == 3
    with pytest.raises(errors.Forbidden):
        await stub(told, told.acceptor).ReceiveSms(again)


async def test_a_text_put_into_the_folder_is_answered_there(told: Hall, tmp_path: Path) -> None:
    (tmp_path / "sms" / "inbox" / "x1.json").write_text(json.dumps({"from": "13777777777", "text": "你好"}))
    (reply,) = await texted(tmp_path, 1, phone="13777777777")
    assert "未登记" in reply


async def test_a_message_whose_sender_died_is_handed_over_again_and_still_sent_once(told: Hall, tmp_path: Path) -> None:
    await with_phone(told, told.resident)
    case: cases_pb2.Case = await told.report()
    await told.advance(case, town.step("reject", opinion="不属实"), by=told.acceptor)
    await texted(tmp_path, 1)

    async def arrived() -> bool:
        return (await told.rows("SELECT FROM notice WHERE channel = 'sms' AND state = 'delivered'")) != []

    await eventually(arrived)
    await told.rows("UPDATE notice SET state = 'waiting', provider_id = NULL WHERE channel = 'sms' RETURNING id")

    async def noted_again() -> bool:
        rows = await told.rows("SELECT try_count FROM notice WHERE channel = 'sms' AND state = 'sent'")
        return [row["try_count"] for row in rows] == [2]

    await eventually(noted_again)
    assert len(texts(tmp_path)) == 1
