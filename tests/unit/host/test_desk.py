"""What is kept on the desk outlives the host, and nothing stands there twice."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from gridward.events.v1 import events_pb2

from services.host import desk as desk_module
from services.host.desk import Desk, NotebookFull, Outgoing, PutAside

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.in_folder(tmp_path / "state")


def event(name: str) -> events_pb2.Event:
    return events_pb2.Event(id=name, type="case_closed", subject=f"case {name}")


def aside(name: str, plugin: str = "roads") -> PutAside:
    return PutAside(plugin=plugin, event=event(name), hook="case_closed", tries=5, error="ValueError: no", at=AT)


def test_an_event_waits_until_it_is_handled_also_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.put_waiting("roads", event("a"))
    desk.put_waiting("roads", event("a"))
    assert [waiting.id for waiting in Desk.in_folder(tmp_path / "state").due("roads")] == ["a"]
    assert desk.due("parks") == []
    desk.done("roads", "a")
    assert desk.due("roads") == []


def test_whoever_looks_again_learns_without_reading_whether_anything_was_written_by_anybody(
    desk: Desk, tmp_path: Path
) -> None:
    before = desk.drawers.mark()
    assert (desk.due("roads"), desk.note_keys("roads", "a")) == ([], ())
    assert desk.drawers.mark() == before
    desk.put_waiting("roads", event("a"))
    after = desk.drawers.mark()
    assert after != before
    assert (desk.count_due("roads"), desk.drawers.mark()) == (1, after)
    Desk.in_folder(tmp_path / "state").done("roads", "a")
    assert desk.drawers.mark() != after


def test_an_event_put_aside_waits_for_a_person_and_can_be_told_anew_or_dropped(desk: Desk) -> None:
    desk.put_aside(aside("a"))
    desk.put_aside(aside("b"))
    desk.put_aside(aside("a", plugin="parks"))
    assert [letter.event.id for letter in desk.aside("roads")] == ["a", "b"]
    assert desk.aside("roads")[0] == aside("a")
    assert desk.count_aside("roads") == 2
    assert desk.due("roads") == []
    assert desk.tell_again(plugin="roads", id="a") == 1
    assert [waiting.id for waiting in desk.due("roads")] == ["a"]
    assert desk.drop(id="b") == 1
    assert [letter.plugin for letter in desk.aside()] == ["parks"]
    assert desk.tell_again() == 1
    assert desk.drop(id="nobody") == 0


def test_an_event_that_fails_again_is_put_aside_again(desk: Desk) -> None:
    desk.put_aside(aside("a"))
    desk.tell_again(id="a")
    desk.put_aside(aside("a"))
    assert (desk.count_aside("roads"), desk.due("roads")) == (1, [])


def test_a_tick_is_told_once_however_often_it_comes(desk: Desk) -> None:
    for _ in range(3):
        desk.tick("roads", event("hour"))
    assert len(desk.due("roads")) == 1
    desk.done("roads", "hour")
    desk.tick("roads", event("hour"))
    assert desk.due("roads") == []


def test_a_message_is_taken_once_until_it_can_be_replayed_no_more(desk: Desk) -> None:
    assert desk.receive("roads", event("m"), at_s=1000.0)
    assert not desk.receive("roads", event("m"), at_s=1001.0)
    assert desk.receive("parks", event("m"), at_s=1000.0)
    desk.done("roads", "m")
    desk.forget_seen(now_s=1000.0 + desk_module.SEEN_S)
    assert not desk.receive("roads", event("m"), at_s=1500.0)
    desk.forget_seen(now_s=1001.0 + desk_module.SEEN_S)
    assert desk.receive("roads", event("m"), at_s=2000.0)


def test_a_letter_waits_for_its_time_and_leaves_its_answer(desk: Desk) -> None:
    for _ in range(2):
        desk.send("roads", id="l", letter="{}")
    [letter] = desk.outgoing("roads", now_s=0.0)
    desk.postpone(letter, due_s=100.0, error="answered 503", aside=False)
    assert desk.outgoing("roads", now_s=99.0) == []
    [again] = desk.outgoing("roads", now_s=100.0)
    assert again.tries == 1
    for _ in range(2):
        desk.sent("roads", "l", answer=event("answer"))
    assert desk.outgoing("roads", now_s=1e9) == []
    assert [waiting.id for waiting in desk.due("roads")] == ["answer"]


def test_a_letter_nobody_takes_is_put_aside_and_sent_again_when_told(desk: Desk) -> None:
    desk.send("roads", id="l", letter="{}")
    [letter] = desk.outgoing("roads", now_s=0.0)
    desk.postpone(letter, due_s=5.0, error="answered 404", aside=True)
    [nobody_took] = desk.outgoing_aside("roads")
    assert (nobody_took.error, nobody_took.tries) == ("answered 404", 1)
    assert desk.outgoing("roads", now_s=1e9) == []
    assert desk.tell_again(id="l") == 1
    assert isinstance(desk.outgoing("roads", now_s=0.0)[0], Outgoing)


def test_a_notebook_keeps_what_each_department_notes(desk: Desk) -> None:
    desk.put_note("roads", "open/2", "b")
    desk.put_note("roads", "open/1", "a")
    desk.put_note("roads", "open/1", "c")
    desk.put_note("parks", "open/3", "d")
    assert (desk.note("roads", "open/1"), desk.note("roads", "nothing")) == ("c", "")
    assert desk.note_keys("roads", "open/") == ("open/1", "open/2")
    desk.drop_note("roads", "open/1")
    assert desk.note_keys("roads", "") == ("open/2",)


def test_a_notebook_has_an_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "NOTES_MAX", 2)
    desk.put_note("roads", "1", "")
    desk.put_note("roads", "2", "")
    with pytest.raises(NotebookFull):
        desk.put_note("roads", "3", "")
    desk.put_note("roads", "2", "changed")
    assert desk.note_keys("roads", "") == ("1", "2")
