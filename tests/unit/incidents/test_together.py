"""Several who work on one case: told directly, assisting, in order, called to the place, and cases within cases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.incidents.domain import errors
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Case, Event, Point, State
from services.incidents.domain.firing import fire
from services.incidents.domain.limits import Limit
from services.incidents.domain.parts import PartKind, PartState
from services.incidents.domain.procedure import Move, MoveBy, OrderedStep, OwnState, Procedure, Proof
from services.incidents.domain.step import Addressee, Effect, Outcome, Step
from services.incidents.domain.tasktypes import EvidenceKind
from services.incidents.domain.timers import Rung, timers_of
from services.incidents.domain.trace import HolderKind, trace
from services.incidents.domain.workflow import apply, legal_steps
from tests.unit.incidents.builders import (
    ACCEPTOR,
    CHECKER,
    CHIEF,
    DISPATCHER,
    GARBAGE,
    HANDLER,
    MONDAY_8,
    PLAIN,
    RULEBOOK,
    SANITATION,
    STREET,
    WATER,
    WORKER,
    a_case,
    a_report,
    an_actor,
    local,
    main_way,
    opened,
    proof,
    take,
)

FIRST, SECOND, THIRD = (
    an_actor(name, role, area_path="999100.999102")
    for name, role in (("chief-a", "subdistrict_admin"), ("expert-b", "mediator"), ("lead-c", "grid_leader"))
)
POWER = an_actor("specialist-d09", "department_specialist", department="D09")
AT_PLACE = a_report().point


def told(*people: Actor, at: datetime | None = None) -> Outcome:
    """A worker's report, told directly to some people."""
    to = tuple(Addressee(receiver=person.id) for person in people)
    return take(opened().case, Event.ADDRESS, actor=WORKER, addressees=to, at=at)


@pytest.mark.mechanism(6)
def test_of_three_who_are_told_directly_the_first_to_sign_owns_it_and_the_others_see_who() -> None:
    sent = told(FIRST, SECOND, THIRD)
    assert [(part.receiver, part.state) for part in sent.parts] == [
        (person.id, PartState.OPEN) for person in (FIRST, SECOND, THIRD)
    ]
    assert sent.entry.receiver == f"{FIRST.id}, {SECOND.id}, {THIRD.id}"
    assert sent.case.state is State.REPORTED  # the centre may go on; it is not waited for
    assert sent.case.stage_due_at is not None
    taken = take(sent.case, Event.TAKE, actor=SECOND, at=local("2026-03-09 08:10"))
    assert (taken.case.owner, taken.case.handler, taken.case.state) == (SECOND.id, SECOND.id, State.DISPOSING)
    assert [part.state for part in taken.case.parts] == [PartState.TAKEN, PartState.SIGNED, PartState.TAKEN]
    assert taken.case.countdown is not None
    assert taken.case.countdown.started_at == sent.entry.at  # its time began when it was told, not when it was taken
    for late in (FIRST, THIRD):
        with pytest.raises(errors.TakenAlready) as caught:
            take(taken.case, Event.TAKE, actor=late)
        assert caught.value.details["owner"] == SECOND.id
    disposed = take(taken.case, Event.DISPOSE, actor=SECOND, evidence=proof(EvidenceKind.AFTER)).case
    assert take(disposed, Event.FEEDBACK, actor=SECOND, opinion="已清").case.state is State.FEEDBACK


@pytest.mark.mechanism(30)
def test_what_nobody_claims_goes_to_the_desk_and_what_is_released_is_on_the_list_again() -> None:
    offered = told(FIRST, SECOND).case
    due = next(timer.due_at for timer in timers_of(offered) if timer.rung is Rung.CLAIM)
    assert due == offered.updated_at + timedelta(days=3)
    unclaimed = fire(offered, Rung.CLAIM, at=due, task_type=GARBAGE, rulebook=RULEBOOK)
    assert unclaimed is not None
    assert unclaimed.effects == (Effect.UNCLAIMED,)
    assigned = unclaimed.case  # the chair says who
    for event, fields in (
        (Event.ACCEPT, {}),
        (Event.REGISTER, {"filing_condition": "exposed"}),
        (Event.DISPATCH, {"department_code": "D11"}),
    ):
        assigned = take(assigned, event, actor=CHIEF, at=due, **fields).case
    assert assigned.department_code == "D11"
    signed = take(assigned, Event.SIGN, actor=WATER, at=due).case
    assert {part.state for part in signed.parts} == {PartState.TAKEN}
    with pytest.raises(errors.TakenAlready):
        take(signed, Event.TAKE, actor=FIRST, at=due)
    taken = take(offered, Event.TAKE, actor=FIRST).case
    with pytest.raises(errors.TakenAlready):  # of two who claim at once the second finds it taken
        take(taken, Event.TAKE, actor=SECOND)
    released = take(taken, Event.RELEASE, actor=FIRST, opinion="力量不够").case
    assert (released.state, released.owner) == (State.RETURNED, "")
    again = take(released, Event.TAKE, actor=SECOND).case
    assert (again.owner, again.state) == (SECOND.id, State.DISPOSING)
    assert again.countdown is not None
    assert again.countdown.running


def test_the_department_in_charge_reports_back_after_those_who_assist() -> None:
    case = take(
        a_case(Event.ASSIGN),
        Event.CO_HANDLE,
        actor=SANITATION,
        opinion="请配合",
        addressees=(Addressee(receiver="D11", limit=Limit.of(2, "work_hour")),),
    ).case
    assert case.parts[0].due_at == PLAIN.deadline(case.updated_at, Limit.of(2, "work_hour"))
    disposed = take(case, Event.DISPOSE, actor=HANDLER, evidence=proof(EvidenceKind.AFTER)).case
    with pytest.raises(errors.PartsOpen):
        take(disposed, Event.FEEDBACK, actor=SANITATION, opinion="清了")
    with pytest.raises(errors.StepForbidden):
        take(disposed, Event.PART_SIGN, actor=POWER)
    signed = take(disposed, Event.PART_SIGN, actor=WATER).case
    done = take(signed, Event.PART_DONE, actor=WATER, opinion="管网已通").case
    assert (done.parts[0].state, done.parts[0].reply) == (PartState.DONE, "管网已通")
    assert take(done, Event.FEEDBACK, actor=SANITATION, opinion="清了").case.state is State.FEEDBACK


@pytest.mark.parametrize(
    ("receivers", "error"), [(("D07",), errors.SameDepartment), (("D99",), errors.DepartmentUnknown)]
)
def test_only_other_departments_assist(receivers: tuple[str, ...], error: type[Exception]) -> None:
    to = tuple(Addressee(receiver=receiver) for receiver in receivers)
    with pytest.raises(error):
        take(a_case(Event.ASSIGN), Event.CO_HANDLE, actor=SANITATION, opinion="x", addressees=to)


def test_ordered_steps_begin_one_after_the_other_each_with_its_own_time() -> None:
    way = Procedure(
        version=1,
        ordered_steps=(
            OrderedStep(department_code="D11", limit=Limit.of(2, "work_hour")),
            OrderedStep(department_code="D09", limit=Limit.of(4, "work_hour")),
        ),
    )
    case = a_case(Event.REGISTER)
    sent = apply(
        case,
        Step(event=Event.DISPATCH),
        actor=DISPATCHER,
        at=local("2026-03-09 09:00"),
        task_type=GARBAGE,
        rulebook=RULEBOOK,
        procedure=way,
    ).case
    assert [(part.state, part.due_at) for part in sent.parts] == [
        (PartState.OPEN, local("2026-03-09 11:00")),
        (PartState.WAITING, None),
    ]
    with pytest.raises(errors.StepForbidden):
        take(sent, Event.PART_SIGN, actor=SANITATION)
    with pytest.raises(errors.PartUnknown):
        take(sent, Event.PART_SIGN, actor=POWER)
    missed = fire(sent, Rung.PART, at=local("2026-03-09 11:00"), task_type=GARBAGE, rulebook=RULEBOOK)
    assert missed is not None
    assert missed.case.parts[0].missed
    signed = take(missed.case, Event.PART_SIGN, actor=WATER).case
    done = take(signed, Event.PART_DONE, actor=WATER, opinion="已开挖", at=local("2026-03-09 14:00")).case
    assert (done.parts[1].state, done.parts[1].due_at) == (PartState.OPEN, local("2026-03-09 18:00"))


@pytest.mark.parametrize(("seconds", "met"), [(599, True), (601, False)])
def test_whoever_is_called_to_a_place_arrives_within_the_circle_or_misses_it(seconds: int, *, met: bool) -> None:
    called = take(
        a_case(Event.ACCEPT),
        Event.WHISTLE,
        actor=STREET,
        opinion="请到场",
        addressees=(Addressee(receiver="D11", limit=Limit.of(10, "minute")), Addressee(receiver="D09")),
    )
    at = called.entry.at + timedelta(seconds=seconds)
    far = replace(AT_PLACE, latitude_deg=AT_PLACE.latitude_deg + 0.01)
    with pytest.raises(errors.NotAtThePlace):
        take(called.case, Event.ARRIVE, actor=WATER, at=at, point=far)
    with pytest.raises(errors.PlaceNotShown):
        take(called.case, Event.ARRIVE, actor=WATER, at=at)
    here = take(called.case, Event.ARRIVE, actor=WATER, at=at, point=AT_PLACE).case.parts[0]
    assert (here.kind, here.arrived_at, here.missed) == (PartKind.SUMMONS, at, not met)


def test_a_declined_part_names_who_declined_it_and_why() -> None:
    case = take(
        a_case(Event.ASSIGN), Event.CO_HANDLE, actor=SANITATION, opinion="x", addressees=(Addressee(receiver="D11"),)
    ).case
    with pytest.raises(errors.ReasonRequired):
        take(case, Event.PART_DECLINE, actor=WATER)
    declined = take(case, Event.PART_DECLINE, actor=WATER, opinion="不在管辖范围").case.parts[0]
    assert (declined.state, declined.done_by, declined.reply) == (PartState.DECLINED, WATER.id, "不在管辖范围")


@pytest.mark.parametrize("event", [Event.CLOSE, Event.CANCEL, Event.FORCE_CLOSE])
def test_a_case_ends_after_those_it_waits_for(event: Event) -> None:
    waiting = replace(a_case(Event.CHECK_PASS), open_children=("9991-20260309-00002",))
    with pytest.raises(errors.ChildrenOpen) as caught:
        take(waiting, event, actor=CHIEF, opinion="x")
    assert caught.value.details["children"] == "9991-20260309-00002"
    offered = legal_steps(waiting, CHIEF, at=MONDAY_8, task_type=GARBAGE, rulebook=RULEBOOK)
    assert event not in {step.event for step in offered}


FENCED = Procedure(
    version=1,
    own_states=(
        OwnState(code="permit", title="占道许可", title_en="Permit"),
        OwnState(code="digging", title="开挖", title_en="Digging", may_submit=True),
    ),
    moves=(
        Move(code="ask", title="申请许可", target="permit"),
        Move(code="dig", title="开挖", source="permit", target="digging", by=MoveBy.DEPARTMENT),
    ),
    proofs={
        "dispose": Proof(pieces={EvidenceKind.SIGNATURE: 1, EvidenceKind.ATTACHMENT: 1}, words_min=4, within_m=100)
    },
)


def stepped(case: Case, event: Event, actor: Actor, **fields: object) -> Case:
    step = replace(Step(event=event), **fields)
    at = case.updated_at + timedelta(minutes=1)
    return apply(case, step, actor=actor, at=at, task_type=GARBAGE, rulebook=RULEBOOK, procedure=FENCED).case


def test_a_task_types_own_states_lie_inside_disposal_and_must_be_gone_through() -> None:
    case = a_case(Event.ASSIGN)
    with pytest.raises(errors.OwnStateOpen):
        stepped(case, Event.DISPOSE, HANDLER, evidence=proof(EvidenceKind.AFTER))
    with pytest.raises(errors.MoveNotPossible):
        stepped(case, Event.MOVE, HANDLER, move="dig")
    permit = stepped(case, Event.MOVE, HANDLER, move="ask")
    assert (permit.state, permit.dealings.own_state) == (State.DISPOSING, "permit")
    with pytest.raises(errors.StepForbidden):
        stepped(permit, Event.MOVE, HANDLER, move="dig")
    offers = legal_steps(
        permit, SANITATION, at=permit.updated_at, task_type=GARBAGE, rulebook=RULEBOOK, procedure=FENCED
    )
    assert [(step.move, step.title) for step in offers if step.event is Event.MOVE] == [("dig", "开挖")]
    digging = stepped(permit, Event.MOVE, SANITATION, move="dig")
    with pytest.raises(errors.EvidenceRequired) as caught:
        stepped(digging, Event.DISPOSE, HANDLER, evidence=proof(EvidenceKind.AFTER))
    assert caught.value.details["kind"] in {"signature", "attachment"}
    everything = tuple(
        item for kind in (EvidenceKind.AFTER, EvidenceKind.SIGNATURE, EvidenceKind.ATTACHMENT) for item in proof(kind)
    )
    with pytest.raises(errors.WordsTooFew):
        stepped(digging, Event.DISPOSE, HANDLER, evidence=everything, opinion="好")
    with pytest.raises(errors.PlaceNotShown):
        stepped(digging, Event.DISPOSE, HANDLER, evidence=everything, opinion="已经完工")
    shown = replace(everything[0], taken_where=Point(longitude_deg=119.8134, latitude_deg=38.5904))
    done = stepped(digging, Event.DISPOSE, HANDLER, evidence=(shown, *everything[1:]), opinion="已经完工")
    assert done.state is State.DISPOSED


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (replace(FENCED, moves=FENCED.moves[:1]), "leads nowhere"),
        (replace(FENCED, proofs={"fly": Proof()}), "no step"),
        (replace(FENCED, moves=(Move(code="ask", title="x", target="nowhere"),)), "not there"),
        (replace(FENCED, own_states=FENCED.own_states * 2), "different names"),
        (replace(FENCED, proofs={"dispose": Proof(within_m=9_999)}), "more than anybody"),
    ],
)
def test_a_procedure_by_which_nothing_can_be_worked_is_refused(wrong: Procedure, problem: str) -> None:
    with pytest.raises(errors.ProcedureInvalid) as caught:
        wrong.checked(frozenset(Event))
    assert problem in caught.value.message


def test_a_task_type_may_have_a_ladder_of_its_own() -> None:
    way = Procedure(version=1, loop_limits={2: Limit.of(1, "urgent_hour")})
    case = opened().case
    raised = apply(
        case,
        Step(event=Event.ESCALATE, opinion="超出权限", cause="beyond_authority", receiver="SA-1"),
        actor=WORKER,
        at=local("2026-03-09 20:00"),
        task_type=GARBAGE,
        rulebook=RULEBOOK,
        procedure=way,
    ).case
    assert (raised.leg.cause, raised.loop_level) == ("beyond_authority", 2)
    assert raised.loop_due_at == local("2026-03-09 21:00")
    down = take(raised, Event.PUSH_DOWN, actor=STREET, opinion="社区可办", receiver="CA-1").case
    assert (down.loop_level, down.leg.cause, down.leg.receiver) == (1, "pushed_down", "CA-1")


@pytest.mark.mechanism(44)
def test_the_trace_lists_every_holder_with_dwell_time_and_who_refused() -> None:
    outcomes = main_way(Event.REGISTER)
    history = [outcome.entry for outcome in outcomes]
    case = outcomes[-1].case
    for event, actor, fields in (
        (Event.DISPATCH, DISPATCHER, {"at": local("2026-03-09 09:00")}),
        (Event.RETURN_BACK, SANITATION, {"opinion": "不属我们", "at": local("2026-03-09 11:00")}),
        (Event.DISPATCH, DISPATCHER, {"department_code": "D11", "at": local("2026-03-09 11:10")}),
        (Event.SIGN, WATER, {"at": local("2026-03-09 15:10")}),
        (Event.ASSIGN, WATER, {"assignee": CHECKER.id, "at": local("2026-03-09 16:10")}),
    ):
        outcome = take(case, event, actor=actor, **fields)
        case = outcome.case
        history.append(outcome.entry)
    held = trace(history, case.parts, desk="desk", now=local("2026-03-10 09:10"), calendar=PLAIN)
    assert [(stay.holder, stay.kind) for stay in held] == [
        ("acceptors_desk", HolderKind.DESK),
        ("desk", HolderKind.DESK),
        ("D07", HolderKind.DEPARTMENT),
        ("desk", HolderKind.DESK),
        ("D11", HolderKind.DEPARTMENT),
        (CHECKER.id, HolderKind.HANDLER),
    ]
    first, second, last = held[2], held[4], held[5]
    assert (first.dwell, first.refused) == (timedelta(hours=2), True)
    assert first.left_by is not None
    assert (first.left_by.actor, first.left_by.opinion) == (SANITATION.id, "不属我们")
    assert (second.dwell, second.working) == (timedelta(hours=5), timedelta(hours=3))  # noon is no office time
    assert (last.end, last.working) == (None, timedelta(hours=3))
    assert sum((stay.dwell for stay in held), timedelta()) == local("2026-03-10 09:10") - history[0].at


def test_an_acceptor_is_not_asked_for_a_department_that_the_router_found() -> None:
    forms = {
        step.event: step.form
        for step in legal_steps(a_case(Event.REGISTER), DISPATCHER, at=MONDAY_8, task_type=GARBAGE, rulebook=RULEBOOK)
    }
    assert '"required": []' in forms[Event.DISPATCH]
    assert '"addressees"' in forms[Event.ADDRESS]
    assert ACCEPTOR.id
