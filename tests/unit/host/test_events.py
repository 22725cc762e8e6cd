"""Each event of incidents becomes the hook it is meant for, or none."""

import pytest
from google.protobuf.message import Message
from gridward.events.v1 import events_pb2
from gridward.host.v1 import desk_pb2
from gridward.incidents.v1 import cases_pb2

from plugins import sdk
from plugins.sdk.hooks import HOOKS
from services.host.events import STEP_HOOKS, EventBroken, Occasion, concerns_none, occasion_of
from tests.support.core_double import a_case_message, an_event

CASE = a_case_message("case-1")


def occasion(payload: object) -> Occasion:
    found = occasion_of(an_event(payload, case=CASE))  # type: ignore[arg-type]  # any message of incidents
    assert found is not None
    return found


@pytest.mark.parametrize(("step", "hook"), STEP_HOOKS.items())
def test_a_step_is_told_by_its_hook(step: cases_pb2.CaseEvent.ValueType, hook: str) -> None:
    entry = cases_pb2.HistoryEntry(event=step, opinion="because")
    found = occasion(cases_pb2.CaseAdvanced(case=CASE, entry=entry))
    assert found.hook == hook
    assert isinstance(found.arguments["entry"], sdk.HistoryEntry)
    assert found.arguments["entry"].opinion == "because"


@pytest.mark.parametrize("step", cases_pb2.CaseEvent.values())
def test_steps_without_a_hook_concern_nobody_and_only_they(step: cases_pb2.CaseEvent.ValueType) -> None:
    told = an_event(cases_pb2.CaseAdvanced(case=CASE, entry=cases_pb2.HistoryEntry(event=step)), case=CASE)
    assert concerns_none(told, HOOKS) == (occasion_of(told) is None) == (step not in STEP_HOOKS)


def test_every_hook_is_reached_by_some_event_and_told_all_its_page_offers() -> None:
    red = cases_pb2.Case(id="case-1", signal=cases_pb2.SIGNAL_RED)
    told = [
        occasion(cases_pb2.IncidentReported(case=CASE)),
        occasion(cases_pb2.SignalChanged(case=red, from_signal=cases_pb2.SIGNAL_GREEN)),
        occasion(cases_pb2.CaseEscalated(case=CASE, leg=cases_pb2.Leg(loop_level=2))),
        occasion(cases_pb2.CaseRated(case=CASE, beneficiary="reporter", points=10)),
        *(occasion(cases_pb2.CaseAdvanced(case=CASE, entry=cases_pb2.HistoryEntry(event=s))) for s in STEP_HOOKS),
    ]
    assert {found.hook for found in told} == set(HOOKS) - {"hour_struck", "day_began", "message_received"}
    for found in told:
        assert set(found.arguments) | {"city"} == set(HOOKS[found.hook])


@pytest.mark.parametrize(
    "payload",
    [
        cases_pb2.IncidentReported(case=CASE),
        cases_pb2.SignalChanged(case=cases_pb2.Case(signal=cases_pb2.SIGNAL_RED)),
        cases_pb2.CaseEscalated(case=CASE),
        cases_pb2.CaseRated(case=CASE),
        *(cases_pb2.CaseAdvanced(case=CASE, entry=cases_pb2.HistoryEntry(event=step)) for step in STEP_HOOKS),
        desk_pb2.HourStruck(),
        desk_pb2.DayBegan(day="2026-03-02"),
        desk_pb2.MessageReceived(),
    ],
    ids=lambda payload: type(payload).__name__,
)
def test_an_event_is_looked_at_only_where_its_hook_is(payload: Message) -> None:
    told = an_event(payload, case=CASE)
    hook = occasion(payload).hook
    assert not concerns_none(told, {hook})
    assert concerns_none(told, set(HOOKS) - {hook})


def test_a_rating_tells_what_it_brought() -> None:
    found = occasion(cases_pb2.CaseRated(case=CASE, beneficiary="reporter", points=10))
    assert found.arguments["award"] == sdk.Award(beneficiary="reporter", points=10)


def test_a_light_that_turns_green_again_is_no_overdue() -> None:
    green = cases_pb2.Case(signal=cases_pb2.SIGNAL_GREEN)
    assert occasion_of(an_event(cases_pb2.SignalChanged(case=green), case=CASE)) is None


def test_steps_and_events_without_a_hook_are_passed_over() -> None:
    assigned = cases_pb2.CaseAdvanced(case=CASE, entry=cases_pb2.HistoryEntry(event=cases_pb2.CASE_EVENT_ASSIGN))
    assert occasion_of(an_event(assigned, case=CASE)) is None
    assert occasion_of(an_event(cases_pb2.Leg(), case=CASE)) is None
    assert occasion_of(events_pb2.Event(id="x")) is None


def test_content_that_cannot_be_read_is_said_to_be_broken() -> None:
    event = an_event(cases_pb2.IncidentReported(case=CASE), case=CASE)
    event.payload.value = b"\xff\xff"
    with pytest.raises(EventBroken):
        occasion_of(event)
