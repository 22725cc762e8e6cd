"""Says how a deadline came about, who held a case and what the table holds, in the words of the contract."""

from datetime import datetime, timedelta
from typing import Any

from gridward.incidents.v1 import cases_pb2, course_pb2

from services.incidents.course.explaining import Explained
from services.incidents.domain.rulebook import Rulebook
from services.incidents.domain.table import Transition
from services.incidents.domain.time_account import TimeAccount
from services.incidents.domain.trace import Holding
from services.incidents.messages.moments import stamp
from services.incidents.messages.names import EVENTS, PRIORITIES, STATES
from services.incidents.messages.outgoing import limit_message

_SECOND = timedelta(seconds=1)


def explained_message(explained: Explained, now: datetime) -> course_pb2.ExplainDeadlineResponse:
    """A deadline with all that led to it."""
    case, account = explained.case, explained.account
    answer = course_pb2.ExplainDeadlineResponse(
        basis=limit_message(case.dealings.basis) if case.dealings.basis else None,
        priority=PRIORITIES[case.dealings.priority],
        extension_count=case.dealings.extension_count,
        calendar_area_code=explained.calendar_area_code,
        earlier=[
            course_pb2.EarlierDeadline(
                sequence=entry.sequence,
                event=EVENTS[entry.event],
                at=stamp(entry.at),
                deadline_at=stamp(entry.deadline_at),
            )
            for entry in explained.earlier
        ],
    )
    if case.countdown and account:
        answer.left_s = case.countdown.left(now, explained.calendar) // _SECOND
        answer.paused = case.countdown.paused_at is not None
        answer.stopped = case.countdown.stopped_at is not None
        answer.MergeFrom(_account_message(account))
    return answer


def _account_message(account: TimeAccount) -> course_pb2.ExplainDeadlineResponse:
    return course_pb2.ExplainDeadlineResponse(
        deadline_at=stamp(account.deadline),
        limit=limit_message(account.limit),
        intervals=[
            course_pb2.CountedInterval(
                start=stamp(interval.start), end=stamp(interval.end), counted_s=interval.counted // _SECOND
            )
            for interval in account.intervals
        ],
        notes=[course_pb2.DayNote(day=note.day.isoformat(), kind=note.kind, name=note.name) for note in account.notes],
        provisional_years=account.provisional_years,
    )


def holding_message(holding: Holding) -> course_pb2.Holding:
    """One stay of a case with somebody."""
    left = holding.left_by
    # "from" is a word of Python, so it is given by name.
    words: dict[str, Any] = {"from": stamp(holding.start)}
    return course_pb2.Holding(
        holder=holding.holder,
        kind=holding.kind,
        until=stamp(holding.end),
        dwell_s=holding.dwell // _SECOND,
        working_s=holding.working // _SECOND,
        left_by=EVENTS[left.event] if left else cases_pb2.CASE_EVENT_UNSPECIFIED,
        actor=left.actor if left else "",
        role=left.role if left else "",
        opinion=left.opinion if left else holding.reply,
        refused=holding.refused,
        **words,
    )


def row_message(row: Transition, rulebook: Rulebook) -> course_pb2.WorkflowRow:
    """One row of the table."""
    limit = rulebook.stage_limits.get(row.stage) if row.stage else None
    return course_pb2.WorkflowRow(
        event=EVENTS[row.event],
        from_states=[STATES[state] for state in sorted(row.sources)],
        to_state=STATES[row.target] if row.target else cases_pb2.CASE_STATE_UNSPECIFIED,
        roles=sorted(row.roles),
        opinion_required=row.reason_required,
        fields_required=row.fields,
        fields_optional=row.choices,
        stage=row.stage or "",
        limit=limit_message(limit) if limit else None,
        guards=[_name(each) for each in (*row.conditions, *row.guards)],
        effects=[_name(each) for each in row.effects],
        aside=row.aside,
    )


def _name(rule: object) -> str:
    """The name of a guard or an effect, as it stands in the code."""
    return str(getattr(rule, "__name__", None) or type(rule).__name__)
