"""Tells other services what happened to a case: in which message, under which name.

Every event carries the case as it was then, with its evidence; the route only with `incident_reported`. The case in
an event names its reporter, so that the reporter can be told; whoever passes events on to departments leaves it out.
"""

from collections.abc import Iterable
from datetime import datetime

from google.protobuf.message import Message
from gridward.incidents.v1 import cases_pb2

from services.incidents.cityview.picture import CityView
from services.incidents.domain.case import Case, Evidence
from services.incidents.domain.firing import Firing
from services.incidents.domain.rewards import reward_of
from services.incidents.domain.signal import Signal, SignalRules
from services.incidents.domain.step import Effect, Outcome
from services.incidents.messages.moments import stamp
from services.incidents.messages.outgoing import case_message, entry_message, leg_message, signal_number
from services.platform.outbox import PackedEvent, packed

INCIDENT_REPORTED = "incident_reported"
CASE_ADVANCED = "case_advanced"
CASE_RATED = "case_rated"
CASE_ESCALATED = "case_escalated"
SIGNAL_CHANGED = "signal_changed"
CASE_DELAYED = "case_delayed"

#: What a timer may find missed, by the name it has in the event.
_MISSED = {
    Effect.STAGE_MISSED: "stage",
    Effect.SIGN_MISSED: "sign",
    Effect.DEADLINE_PASSED: "deadline",
    Effect.PART_MISSED: "part",
    Effect.UNCLAIMED: "claim",
    Effect.ANSWER_MISSED: "answer",
    Effect.WHOLE_MISSED: "whole",
}

_SEVERITY = {Signal.GREEN: 0, Signal.YELLOW: 1, Signal.RED: 2}


class Teller:
    """Makes the events of one case at one moment."""

    def __init__(self, view: CityView, rules: SignalRules, *, at: datetime) -> None:
        self._view = view
        self._rules = rules
        self._at = at

    def reported(self, outcome: Outcome, told: cases_pb2.Case) -> tuple[PackedEvent, ...]:
        """A case came in; `told` is the case as its reporter is told it, with the route."""
        return (self._event(INCIDENT_REPORTED, outcome.case, cases_pb2.IncidentReported(case=told)),)

    def stepped(
        self, outcome: Outcome, *, from_signal: Signal, evidence: Iterable[Evidence]
    ) -> tuple[PackedEvent, ...]:
        """A step was taken, by a person or by a timer."""
        case = outcome.case
        told = self._case(case, evidence)
        events = [
            self._event(CASE_ADVANCED, case, cases_pb2.CaseAdvanced(case=told, entry=entry_message(outcome.entry)))
        ]
        if Effect.LOOP_RAISED in outcome.effects:
            events.append(
                self._event(CASE_ESCALATED, case, cases_pb2.CaseEscalated(case=told, leg=leg_message(case.leg)))
            )
        if Effect.SIGNAL_CHANGED in outcome.effects and _SEVERITY[case.signal] > _SEVERITY[from_signal]:
            events.append(self._signal_changed(case, told, from_signal))
        if Effect.CASE_RATED in outcome.effects:
            events.append(self._rated(case, told))
        return tuple(events)

    def fired(self, firing: Firing, evidence: Iterable[Evidence]) -> tuple[PackedEvent, ...]:
        """A timer fired."""
        missed = [_MISSED[effect] for effect in firing.effects if effect in _MISSED]
        lit = Effect.SIGNAL_CHANGED in firing.effects and firing.outcome is None
        if not missed and not lit and firing.outcome is None:
            return ()
        told = self._case(firing.case, evidence)
        payloads = (cases_pb2.CaseDelayed(case=told, missed=what, due_at=stamp(firing.due_at)) for what in missed)
        events = tuple(self._event(CASE_DELAYED, firing.case, payload) for payload in payloads)
        if firing.outcome is not None:
            return events + self.stepped(firing.outcome, from_signal=firing.from_signal, evidence=evidence)
        return (*events, self._signal_changed(firing.case, told, firing.from_signal)) if lit else events

    def _rated(self, case: Case, told: cases_pb2.Case) -> PackedEvent:
        rule = self._view.task_type(case.task_type, case.task_type_version).points
        reward = reward_of(case, rule)
        payload = cases_pb2.CaseRated(
            case=told, beneficiary=reward.beneficiary if reward else "", points=reward.points if reward else 0
        )
        return self._event(CASE_RATED, case, payload)

    def _signal_changed(self, case: Case, told: cases_pb2.Case, from_signal: Signal) -> PackedEvent:
        payload = cases_pb2.SignalChanged(case=told, from_signal=signal_number(from_signal))
        payload.case.signal = signal_number(case.signal)
        return self._event(SIGNAL_CHANGED, case, payload)

    def _case(self, case: Case, evidence: Iterable[Evidence]) -> cases_pb2.Case:
        return case_message(case, view=self._view, now=self._at, rules=self._rules, evidence=evidence)

    def _event(self, type: str, case: Case, payload: Message) -> PackedEvent:
        return PackedEvent(type=type, subject=case.id, payload=packed(payload), at=self._at, task_type=case.task_type)
