"""Who is told what when: each occasion for its people, not at night, tried again, and signed for other systems."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from services.incidents.domain.case import Event
from services.incidents.domain.signal import Signal
from services.incidents.domain.tasktypes import OwnNotice
from services.incidents.notices.carriers import FolderCarrier, signature
from services.incidents.notices.domain import (
    TRIES_MAX,
    Audience,
    Channel,
    Occasion,
    PhoneRefused,
    QuietHours,
    TemplateInvalid,
    Texts,
    Told,
    check_template,
    filled,
    masked_phone,
    plain_phone,
    plan,
    rating_of,
    retry_at,
    with_own_words,
)
from services.incidents.notices.supplied import LANGUAGES, SUPPLIED
from tests.unit.incidents.builders import SHANGHAI

NIGHTS = QuietHours(start=time(22), end=time(7), zone=SHANGHAI)
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def advanced(event: Event, version: int = 5) -> list[tuple[Occasion, Audience, str]]:
    planned = plan(Told(type="case_advanced", event=event, version=version))
    return [(each.occasion, each.audience, each.mark) for each in planned]


def test_the_reporter_is_told_at_sign_handle_and_close_each_once_however_often_it_is_done() -> None:
    told = [
        plan(Told(type="case_advanced", event=event, version=version))
        for version, event in enumerate(
            (Event.SIGN, Event.ASSIGN, Event.DISPOSE, Event.REWORK, Event.SIGN, Event.CLOSE)
        )
    ]
    to_reporter = [each for planned in told for each in planned if each.audience is Audience.REPORTERS]
    assert list(dict.fromkeys(to_reporter)) == [to_reporter[0], to_reporter[1], to_reporter[-1]]
    assert [each.occasion for each in dict.fromkeys(to_reporter)] == [
        Occasion.SIGNED,
        Occasion.HANDLING,
        Occasion.CLOSED,
    ]


def test_staff_is_told_again_when_a_case_comes_again() -> None:
    assert advanced(Event.DISPATCH, 4) == [(Occasion.ASSIGNED, Audience.DEPARTMENT, "4")]
    assert advanced(Event.REWORK, 9) == [(Occasion.ASSIGNED, Audience.DEPARTMENT, "9")]
    assert advanced(Event.NOTE) == []


def test_after_a_case_was_opened_again_its_reporter_is_told_anew_and_of_more_time_each_time() -> None:
    first, second = (
        plan(Told(type="case_advanced", event=Event.CLOSE, version=9, reopened=count))[0] for count in (0, 1)
    )
    assert (first.mark, second.mark) == ("", "reopened 1")
    assert advanced(Event.GRANT_EXTENSION, 7) == [(Occasion.EXTENDED, Audience.REPORTERS, "7")]


def test_who_is_pressed_or_given_a_part_is_told() -> None:
    assert advanced(Event.URGE, 8)[0] == (Occasion.PRESSED, Audience.HANDLER, "8")
    for event in (Event.ADDRESS, Event.CO_HANDLE, Event.WHISTLE, Event.PUSH_DOWN):
        assert advanced(event, 3) == [(Occasion.ASSIGNED, Audience.RECEIVER, "3")]


def test_a_task_type_tells_in_its_own_words_and_nobody_is_told_the_same_twice() -> None:
    own = (
        OwnNotice(at="sign", to="reporter", text="调解员将与您联系。", text_en="A mediator will call you."),
        OwnNotice(at="dispose", to="reporter", text="请查看处理意见。"),
        OwnNotice(at="report", to="leader", text="来了一件。"),
        OwnNotice(at="dispatch", to="nobody", text="?"),
    )

    def told(type: str, event: Event | None = None) -> list[tuple[Occasion, Audience, str, str]]:
        happened = Told(type=type, event=event, version=5)
        planned = with_own_words(plan(happened), happened, own)
        return [(each.occasion, each.audience, each.mark, each.words.text if each.words else "") for each in planned]

    reporters = Audience.REPORTERS
    assert told("case_advanced", Event.SIGN) == [(Occasion.SIGNED, reporters, "", "调解员将与您联系。")]
    assert told("case_advanced", Event.DISPOSE) == [(Occasion.STEP, reporters, "dispose", "请查看处理意见。")]
    assert told("case_advanced", Event.CLOSE) == [(Occasion.CLOSED, reporters, "", "")]
    assert told("case_advanced", Event.DISPATCH) == [(Occasion.ASSIGNED, Audience.DEPARTMENT, "5", "")]
    assert told("incident_reported")[1:] == [(Occasion.STEP, Audience.LEADERS, "report 5", "来了一件。")]


def test_the_city_s_text_for_a_task_type_goes_before_its_own_words_and_those_before_what_holds_for_all() -> None:
    general = {(Occasion.SIGNED, "", "", "zh"): "一般"}
    particular = {(Occasion.SIGNED, "dispute", "", "zh"): "本市"}

    def said(city: dict[tuple[str, str, str, str], str], own: str) -> str:
        texts = Texts(city, SUPPLIED)
        return texts.text(Occasion.SIGNED, task_type="dispute", channel=Channel.SMS, language="zh", own=own)

    assert said({**general, **particular}, "自己") == "本市"
    assert said(general, "自己") == "自己"
    assert said(general, "") == "一般"


def test_a_text_that_cannot_be_filled_is_told_as_it_stands() -> None:
    assert filled("{number} 已办", {"number": "17"}) == "17 已办"
    for text in ("{nothing} 已办", "100% {", "{number.x}", "{0}"):
        assert filled(text, {"number": "17"}) == text


def test_yellow_goes_to_who_has_it_and_red_to_the_leaders_too() -> None:
    def lights(signal: Signal) -> list[tuple[Occasion, Audience]]:
        planned = plan(Told(type="signal_changed", signal=signal, version=1, deadline="7"))
        return [(each.occasion, each.audience) for each in planned]

    assert lights(Signal.GREEN) == []
    assert lights(Signal.YELLOW) == [(Occasion.YELLOW, Audience.HANDLER), (Occasion.YELLOW, Audience.DEPARTMENT)]
    assert (Occasion.RED, Audience.LEADERS) in lights(Signal.RED)


@pytest.mark.parametrize(
    ("moment", "occasion", "channel", "on_duty", "due"),
    [
        (at(12), Occasion.SIGNED, Channel.SMS, False, at(12)),
        (at(21, 59), Occasion.SIGNED, Channel.SMS, False, at(21, 59)),
        (at(22), Occasion.SIGNED, Channel.SMS, False, at(7) + timedelta(days=1)),
        (at(3), Occasion.CLOSED, Channel.SMS, False, at(7)),
        (at(3), Occasion.CLOSED, Channel.APP, False, at(3)),
        (at(3), Occasion.RED, Channel.SMS, False, at(7)),
        (at(3), Occasion.RED, Channel.SMS, True, at(3)),
        (at(3), Occasion.YELLOW, Channel.SMS, True, at(7)),
        (at(3), Occasion.REPLY, Channel.SMS, False, at(3)),
        (at(7), Occasion.SIGNED, Channel.SMS, False, at(7)),
    ],
)
def test_nobody_off_duty_is_sent_a_text_at_night(
    moment: datetime, occasion: Occasion, channel: Channel, on_duty: bool, due: datetime
) -> None:
    assert NIGHTS.due(moment, occasion=occasion, channel=channel, on_duty=on_duty) == due


def test_pauses_between_tries_grow_and_then_it_is_given_up() -> None:
    pauses = [retry_at(NOW, try_count=count) for count in range(1, TRIES_MAX)]
    seconds = [(pause - NOW).total_seconds() for pause in pauses if pause]
    assert seconds == [30, 60, 120, 240, 480, 960, 1920]
    assert retry_at(NOW, try_count=TRIES_MAX) is None


def test_every_occasion_for_people_has_words_in_both_languages_and_all_can_be_filled() -> None:
    for occasion in set(Occasion) - {Occasion.EVENT}:
        for language in LANGUAGES:
            text = SUPPLIED[occasion, "", "", language]
            assert check_template(text)
            assert any("一" <= character <= "鿿" for character in text.replace("{", "")) == (
                language == "zh" and occasion not in {Occasion.REPLY, Occasion.CAMPAIGN}
            )


def test_the_most_particular_text_is_taken() -> None:
    own = {("signed", "", "sms", "zh"): "短", ("signed", "gas_leak", "", "zh"): "燃气"}
    texts = Texts(own, SUPPLIED)

    def text(task_type: str, channel: Channel) -> str:
        return texts.text(Occasion.SIGNED, task_type=task_type, channel=channel, language="zh")

    assert (text("gas_leak", Channel.SMS), text("other", Channel.SMS)) == ("燃气", "短")
    assert "已由{department}签收" in text("other", Channel.APP)


@pytest.mark.parametrize("text", ["{nobody}", "{number", "}", "{number.real}", "{0}"])
def test_a_text_with_a_hole_that_nothing_fills_is_refused(text: str) -> None:
    with pytest.raises(TemplateInvalid):
        check_template(text)


def test_numbers_are_kept_by_their_digits_and_shown_without_their_middle() -> None:
    assert plain_phone("+86 138-0000-1111") == "13800001111"
    assert plain_phone("0514-8888888") == "05148888888"
    assert masked_phone("13800001111") == "138****1111"
    for wrong in ("", "12", "call me", "1" * 16, "1a2b3c4d5e6f7g8h"):
        with pytest.raises(PhoneRefused):
            plain_phone(wrong)


def test_a_rating_by_text_is_one_figure() -> None:
    assert [rating_of(text) for text in ("1", " 2。", "3!", "4", "11", "满意")] == [5, 3, 1, 0, 0, 0]


def test_a_signature_is_the_keyed_digest_of_moment_and_body() -> None:
    expected = hmac.new(b"secret", '1700000000.{"a":"网格"}'.encode(), sha256).hexdigest()
    assert signature("secret", at_s=1_700_000_000, body='{"a":"网格"}') == f"t=1700000000,v1={expected}"


async def test_a_message_handed_over_twice_is_one_file_and_its_receipt_comes_once(tmp_path: Path) -> None:
    carrier = FolderCarrier(tmp_path)
    for _ in range(2):
        await carrier.send(id="n1", phone="13800001111", text="您好", at=NOW)
    await carrier.send(id="n2", phone="13800000000", text="您好", at=NOW)
    assert len(list((tmp_path / "outbox").iterdir())) == 2
    post = await carrier.collect()
    assert [(receipt.provider_id, receipt.delivered) for receipt in post.receipts] == [("n1", True), ("n2", False)]
    await carrier.clear(post.names)
    await carrier.send(id="n1", phone="13800001111", text="您好", at=NOW)
    assert (await carrier.collect()).names == ()


async def test_what_is_no_message_is_put_aside(tmp_path: Path) -> None:
    carrier = FolderCarrier(tmp_path)
    (tmp_path / "inbox" / "bad.json").write_text("{")
    (tmp_path / "inbox" / "good.json").write_text('{"from": "13800001111", "text": "07号网格平安"}')
    post = await carrier.collect()
    assert [(message.message_id, message.text) for message in post.incoming] == [("good", "07号网格平安")]
    await carrier.clear(post.names)
    assert (await carrier.collect()).names == ()
