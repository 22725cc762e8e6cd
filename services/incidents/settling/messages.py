"""Says calendars and procedures in the words of the contract, and understands them."""

from datetime import date
from zoneinfo import ZoneInfo

from gridward.incidents.v1 import settling_pb2

from services.incidents.domain.areacalendar import AreaCalendar
from services.incidents.domain.calendar import OFFICE_SLOTS, WEEKEND, Slot
from services.incidents.domain.case import Event
from services.incidents.domain.errors import CalendarInvalid
from services.incidents.domain.holiday_table import DayOverride, YearDays
from services.incidents.domain.procedure import Move, MoveBy, OrderedStep, OwnState, Procedure, Proof
from services.incidents.domain.urging import UrgeAction, UrgeBase, UrgeRung
from services.incidents.messages.incoming import limit_of
from services.incidents.messages.moments import stamp
from services.incidents.messages.names import EVENT_OF, EVENTS, EVIDENCE_KIND_OF, EVIDENCE_KINDS, SOURCE_OF, SOURCES
from services.incidents.messages.outgoing import limit_message
from services.incidents.settling.store import Settled
from services.platform.errors import FieldInvalid

_BASES = {base: settling_pb2.UrgeBase.Value(f"URGE_BASE_{base.name}") for base in UrgeBase}
_BASE_OF = {number: base for base, number in _BASES.items()}
_ACTIONS = {action: settling_pb2.UrgeAction.Value(f"URGE_ACTION_{action.name}") for action in UrgeAction}
_ACTION_OF = {number: action for action, number in _ACTIONS.items()}


def calendar_message(settled: Settled) -> settling_pb2.WorkingCalendar:
    """A calendar."""
    calendar = settled.calendar
    return settling_pb2.WorkingCalendar(
        area_code=settled.area_code,
        version=settled.version,
        slots=[settling_pb2.OfficeSlot(start=_clock(slot.start_s), end=_clock(slot.end_s)) for slot in calendar.slots],
        weekend=sorted(calendar.weekend),
        days=[
            settling_pb2.CalendarDay(day=day.day.isoformat(), worked=day.worked, name=day.name) for day in calendar.days
        ],
        final_years=sorted(calendar.final_years),
        changed_at=stamp(settled.changed_at),
        changed_by=settled.changed_by,
        reason=settled.reason,
    )


def calendar_of(message: settling_pb2.WorkingCalendar, zone: ZoneInfo) -> AreaCalendar:
    """A calendar; fails with CALENDAR_INVALID for days that there are not."""
    return AreaCalendar(
        zone=zone,
        slots=tuple(Slot.of(slot.start, slot.end) for slot in message.slots) or OFFICE_SLOTS,
        weekend=frozenset(message.weekend) or WEEKEND,
        days=tuple(DayOverride(day=_day(day.day), worked=day.worked, name=day.name) for day in message.days),
        final_years=frozenset(message.final_years),
    )


def year_messages(days: YearDays) -> list[settling_pb2.CalendarDay]:
    """Days off and worked weekends of a year, in order."""
    off = [(day, False, name) for day, name in days.days_off.items()]
    worked = [(day, True, "") for day in days.makeup_days]
    return [
        settling_pb2.CalendarDay(day=day.isoformat(), worked=is_worked, name=name)
        for day, is_worked, name in sorted(off + worked)
    ]


def procedure_message(procedure: Procedure) -> settling_pb2.Procedure:
    """A procedure."""
    return settling_pb2.Procedure(
        proofs=[_proof_message(proof, Event(step)) for step, proof in procedure.proofs.items()],
        own_states=[
            settling_pb2.OwnState(
                code=state.code, title=state.title, title_en=state.title_en, may_submit=state.may_submit
            )
            for state in procedure.own_states
        ],
        moves=[
            settling_pb2.OwnMove(
                code=move.code,
                title=move.title,
                title_en=move.title_en,
                source=move.source,
                target=move.target,
                by_department=move.by is MoveBy.DEPARTMENT,
                proof=_proof_message(move.proof, Event.MOVE),
            )
            for move in procedure.moves
        ],
        loop_limits=[
            settling_pb2.LoopLimit(loop_level=level, limit=limit_message(limit))
            for level, limit in sorted(procedure.loop_limits.items())
        ],
        whole_limit=limit_message(procedure.whole_limit) if procedure.whole_limit else None,
        verify_first=[number for source, number in SOURCES.items() if source in procedure.verify_first],
        ordered_steps=[
            settling_pb2.DepartmentStep(
                department_code=step.department_code,
                limit=limit_message(step.limit),
                title=step.title,
                title_en=step.title_en,
            )
            for step in procedure.ordered_steps
        ],
        ladder=[
            settling_pb2.UrgeRung(
                code=rung.code,
                base=_BASES[rung.base],
                after=limit_message(rung.after) if rung.after else None,
                action=_ACTIONS[rung.action],
                words=rung.words,
                words_en=rung.words_en,
            )
            for rung in procedure.ladder
        ],
    )


def procedure_of(message: settling_pb2.Procedure) -> Procedure:
    """A procedure; fails with FIELD_INVALID for words this program does not know."""
    return Procedure(
        proofs={_event(proof.event): _proof_of(proof) for proof in message.proofs},
        own_states=tuple(
            OwnState(code=state.code, title=state.title, title_en=state.title_en, may_submit=state.may_submit)
            for state in message.own_states
        ),
        moves=tuple(_move_of(move) for move in message.moves),
        loop_limits={each.loop_level: limit_of(each.limit) for each in message.loop_limits},
        whole_limit=limit_of(message.whole_limit) if message.HasField("whole_limit") else None,
        verify_first=frozenset(SOURCE_OF[source] for source in message.verify_first if source in SOURCE_OF),
        ordered_steps=tuple(
            OrderedStep(
                department_code=step.department_code,
                limit=limit_of(step.limit),
                title=step.title,
                title_en=step.title_en,
            )
            for step in message.ordered_steps
        ),
        ladder=tuple(
            UrgeRung(
                code=rung.code,
                base=_BASE_OF[rung.base],
                after=limit_of(rung.after) if rung.HasField("after") else None,
                action=_ACTION_OF[rung.action],
                words=rung.words,
                words_en=rung.words_en,
            )
            for rung in message.ladder
        ),
    )


def _move_of(message: settling_pb2.OwnMove) -> Move:
    return Move(
        code=message.code,
        title=message.title,
        title_en=message.title_en,
        source=message.source,
        target=message.target,
        by=MoveBy.DEPARTMENT if message.by_department else MoveBy.HANDLER,
        proof=_proof_of(message.proof),
    )


def _proof_message(proof: Proof, event: Event) -> settling_pb2.StepProof:
    return settling_pb2.StepProof(
        event=EVENTS[event],
        pieces=[settling_pb2.ProofNeed(kind=EVIDENCE_KINDS[kind], count=count) for kind, count in proof.kinds],
        words_min=proof.words_min,
        within_m=proof.within_m,
    )


def _proof_of(message: settling_pb2.StepProof) -> Proof:
    return Proof(
        pieces={EVIDENCE_KIND_OF[piece.kind]: piece.count for piece in message.pieces},
        words_min=message.words_min,
        within_m=message.within_m,
    )


def _event(number: int) -> str:
    event = next((word for known, word in EVENT_OF.items() if known == number), None)
    if event is None:
        raise FieldInvalid(field="event", problem="is not known")
    return event.value


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CalendarInvalid(problem=f"there is no day {text}") from error


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
