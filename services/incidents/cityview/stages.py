"""Turns the stages of disposal that a department's task type brings along into states and moves of its own."""

from collections.abc import Sequence
from dataclasses import replace

from gridward.registry.v1 import tasks_pb2

from services.incidents.domain.procedure import OUTSIDE, Move, OwnState, Procedure

Stages = tuple[tuple[OwnState, ...], tuple[Move, ...]]


def stages_of(message: tasks_pb2.TaskType) -> Stages:
    """The states and the moves between them: into the first one, and from each to those that may follow.

    A case may be submitted as done from a stage after which none follows. Stages that lead nowhere, or to one that is
    not there, are left out altogether: they must not lock a case in.
    """
    stages: Sequence[tasks_pb2.DisposalStage] = message.traits.stages
    known = {stage.code: stage for stage in stages}
    if not known or any(name not in known for stage in stages for name in stage.next):
        return (), ()
    states = tuple(
        OwnState(code=stage.code, title=stage.title, title_en=stage.title_en, may_submit=not stage.next)
        for stage in stages
    )
    ways = [(OUTSIDE, stages[0].code), *((stage.code, name) for stage in stages for name in stage.next)]
    moves = tuple(
        Move(
            code=f"{source or 'start'}_to_{target}",
            title=known[target].title,
            title_en=known[target].title_en,
            source=source,
            target=target,
        )
        for source, target in ways
    )
    return states, moves


def with_stages(procedure: Procedure, stages: Stages) -> Procedure:
    """The procedure with a task type's own stages, unless the city has declared others."""
    states, moves = stages
    if not states or procedure.own_states:
        return procedure
    return replace(procedure, own_states=states, moves=moves)
