"""Two hosts share a desk: one serves a department, the other takes over at once when that one is killed or cut off."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from gridward.events.v1 import events_pb2

from services.host.chairs import Chairs
from services.host.desk import NOTES_MAX, Desk, NotebookFull, PutAside
from services.host.relief import EXIT_LOST
from tests.drills.relief import serves
from tests.integration.host.conftest import HostProcess, MakePair, eventually
from tests.support.core_double import CoreDouble, reported

GROUP = "host.heritage"
CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gridward host'"
COUNT = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gridward host' AND datname = current_database()"
)
OpenDesk = Callable[[], Desk]


@pytest.fixture
def open_desk(shared: str) -> Iterator[OpenDesk]:
    """As another host, or a person at the command line, opens it."""
    opened: list[Desk] = []

    def one() -> Desk:
        opened.append(Desk.in_database(shared))
        return opened[-1]

    yield one
    for desk in opened:
        desk.drawers.close()


@pytest.fixture
def pair(make_pair: MakePair) -> tuple[HostProcess, HostProcess]:
    """Two hosts that hear their events from the stream."""
    return make_pair()


def ticks_heard(*hosts: HostProcess) -> list[str]:
    """The lines that the department wrote down when the clock struck."""
    paths = [Path(f"{host.folder / 'journal.jsonl'}.ticks") for host in hosts]
    return [line for path in paths if path.exists() for line in path.read_text().splitlines()]


def test_a_host_that_is_killed_or_stopped_is_relieved_by_the_other_and_one_that_is_cut_off_ends(
    pair: tuple[HostProcess, HostProcess], core: CoreDouble, desk: Desk, shared: str
) -> None:
    first, second = pair
    first.start_and_wait()
    second.start_and_wait()
    assert (serves(first), serves(second)) == (True, False)
    eventually(lambda: second.health()[1]["plugins"]["heritage"]["state"] == "well", "word of the first")
    eventually(lambda: ticks_heard(first) and desk.count_due("heritage") == 0, "the hour")
    told = core.tell(*(reported("note") for _ in range(40)))
    eventually(lambda: len(first.calls()) >= 10, "some calls")
    first.kill()
    told += core.tell(*(reported("note") for _ in range(20)))
    subjects = {event.subject for event in told}
    eventually(lambda: core.acks.get(GROUP) == len(core.events), "the acknowledgement of everything")
    assert {*first.calls(), *second.calls()} == subjects
    assert {subject: len(core.history[subject]) for subject in subjects} == dict.fromkeys(subjects, 1)
    # Killed, it stands by when it is back; told to stop, the other lets it take over.
    first.start_and_wait()
    before = first.calls()
    core.tell(reported())
    eventually(lambda: core.acks.get(GROUP) == len(core.events), "the next")
    assert (first.calls(), serves(first)) == (before, False)
    assert second.terminate() == 0
    [last] = core.tell(reported())
    eventually(lambda: first.calls() == [*before, last.subject], "the relief of the second")
    assert len(ticks_heard(first, second)) == len(set(ticks_heard(first, second)))
    # Whoever does not know whether it still has the chair calls not one more hook.
    with psycopg.connect(shared, autocommit=True) as connection:
        connection.execute(CUT_OFF)
    eventually(lambda: first.ended, "the first to end")
    assert first.process is not None
    assert (first.process.returncode, len(first.logged("chair_lost"))) == (EXIT_LOST, 1)


Sits = Callable[..., Chairs]


@pytest.fixture
def sits(shared: str) -> Iterator[Sits]:
    """As a host does that may serve a department."""
    sitting: list[Chairs] = []

    def one(plugin: str, release: str = "") -> Chairs:
        chairs = Chairs(shared, line_of=lambda name: f"{name}@{release}")
        chairs.want(plugin)
        chairs.start()
        sitting.append(chairs)
        return chairs

    yield one
    for chairs in sitting:
        chairs.leave()


def wait_until_asked(connection: psycopg.Connection, number: int) -> None:
    """Until so many have a line to the database."""
    eventually(lambda: connection.execute(COUNT).fetchone() == (number,), "all to have asked")


def test_a_chair_has_room_for_one_and_is_free_when_that_one_leaves(sits: Sits, shared: str) -> None:
    first = sits("roads")
    eventually(lambda: first.held == {"roads"}, "the chair")
    others = [sits("parks"), sits("roads", release="two")]
    eventually(lambda: all(chairs.held for chairs in others), "other chairs")
    late = sits("roads")
    with psycopg.connect(shared, autocommit=True) as connection:
        wait_until_asked(connection, 4)
    assert (late.held, late.lost) == (frozenset(), False)
    first.leave()
    eventually(lambda: late.held == {"roads"}, "the chair that was left")
    assert not any(chairs.lost for chairs in (late, *others))


def test_a_chair_is_lost_by_whoever_is_cut_off_and_taken_by_whoever_stood_by(sits: Sits, shared: str) -> None:
    first = sits("roads")
    eventually(lambda: first.held == {"roads"}, "the chair")
    late = sits("roads")
    with psycopg.connect(shared, autocommit=True) as connection:
        wait_until_asked(connection, 2)
        connection.execute(CUT_OFF)
    eventually(lambda: first.lost, "the first to notice")
    # The one that stands by has nothing to lose; it asks again.
    eventually(lambda: late.held == {"roads"}, "the second to take over")
    assert not late.lost


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


def event(name: str) -> events_pb2.Event:
    return events_pb2.Event(id=name, type="case_closed", subject=f"case {name}")


def test_what_one_host_keeps_in_the_database_the_other_finds(desk: Desk, open_desk: OpenDesk) -> None:
    other = open_desk()
    desk.put_waiting("roads", event("a"))
    desk.tick("roads", event("hour"))
    other.tick("roads", event("hour"))
    assert {each.id for each in other.due("roads")} == {"a", "hour"}
    assert [desk.receive("roads", event("m"), at_s=1.0), other.receive("roads", event("m"), at_s=2.0)] == [True, False]
    at = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    letter = PutAside(plugin="roads", event=event("a"), hook="case_closed", tries=5, error="ValueError: no", at=at)
    other.put_aside(letter)
    [found] = desk.aside()
    assert (found.event, found.hook, found.tries, found.error) == (event("a"), "case_closed", 5, "ValueError: no")
    assert (desk.count_aside("roads"), desk.count_due("roads")) == (1, 2)
    assert other.tell_again(plugin="roads", id="a") == 1
    desk.done("roads", "a")
    assert {each.id for each in other.due("roads")} == {"hour", "m"}
    desk.send("roads", id="l", letter="{}")
    [outgoing] = other.outgoing("roads", now_s=10.0)
    other.postpone(outgoing, due_s=20.0, error="no answer", aside=True)
    assert [(each.id, each.tries, each.error) for each in desk.outgoing_aside()] == [("l", 1, "no answer")]
    assert desk.tell_again(id="l") == 1
    other.sent("roads", "l", answer=event("answer"))
    assert desk.outgoing("roads", now_s=100.0) == []
    assert "answer" in {each.id for each in desk.due("roads")}
    desk.tell_standing("host.roads", {"state": "well"})
    assert other.standings() == {"host.roads": {"state": "well"}}


def test_a_notebook_in_the_database_is_read_in_order_and_has_an_end(
    desk: Desk, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("due/b", "due/A", "due/é", "due", "other/1", "due_x"):
        desk.put_note("roads", key, f"value of {key}")
    assert open_desk().note_keys("roads", "due/") == ("due/A", "due/b", "due/é")
    desk.drop_note("roads", "due/b")
    assert (desk.note("roads", "due/b"), desk.note("roads", "due/A")) == ("", "value of due/A")
    monkeypatch.setattr("services.host.desk.NOTES_MAX", 5)
    assert NOTES_MAX > 5
    with pytest.raises(NotebookFull):
        desk.put_note("roads", "one too many", "x")
    assert desk.note("roads", "one too many") == ""


def test_many_at_once_find_room_and_a_broken_connection_is_replaced(desk: Desk, shared: str) -> None:
    keep: Callable[[int], None] = lambda number: desk.put_waiting("roads", event(str(number)))  # noqa: E731
    with ThreadPoolExecutor(30) as people:
        list(people.map(keep, range(60)))
    assert desk.count_due("roads") == 60
    with psycopg.connect(shared, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    with pytest.raises(psycopg.OperationalError):
        desk.count_due("roads")
    assert desk.count_due("roads") == 60
