"""Says how the cases of one task type are worked: proof for each step, states of its own, limits of its own.

A department declares it for its task types and the centre may change it; a case goes by the one in force when it
was reported. Whatever it leaves open is as the city does it everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from services.incidents.domain.errors import ProcedureInvalid
from services.incidents.domain.limits import Limit
from services.incidents.domain.tasktypes import EvidenceKind
from services.incidents.domain.urging import LADDER_MAX, UrgeRung

#: Where a case is before it came into the first state of the task type's own.
OUTSIDE: Final = ""
WITHIN_M_MAX: Final = 5_000
PIECES_MAX: Final = 20
OWN_STATES_MAX: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What somebody must bring along to take a step: files by kind, words of a length, and to stand at the place."""

    pieces: Mapping[EvidenceKind, int] = field(default_factory=dict)
    words_min: int = 0
    within_m: int = 0

    def also(self, other: "Proof") -> "Proof":
        """What both ask for, the stricter each time."""
        kinds = dict.fromkeys((*self.pieces, *other.pieces))
        return Proof(
            pieces={kind: max(self.pieces.get(kind, 0), other.pieces.get(kind, 0)) for kind in kinds},
            words_min=max(self.words_min, other.words_min),
            within_m=min((metres for metres in (self.within_m, other.within_m) if metres), default=0),
        )

    @property
    def kinds(self) -> tuple[tuple[EvidenceKind, int], ...]:
        """The kinds that are asked for and how many of each."""
        return tuple((kind, count) for kind, count in self.pieces.items() if count > 0)


NO_PROOF: Final = Proof()


class MoveBy(StrEnum):
    """Who takes a move between a task type's own states."""

    DEPARTMENT = "department"
    HANDLER = "handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnState:
    """A state of the task type's own inside disposal, for example "traffic permit asked for"."""

    code: str
    title: str
    title_en: str = ""
    #: A case may be submitted as done from here.
    may_submit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A way from one of these states to another; `source` empty means from where disposal begins."""

    code: str
    title: str
    title_en: str = ""
    source: str = OUTSIDE
    target: str
    by: MoveBy = MoveBy.HANDLER
    proof: Proof = NO_PROOF


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedStep:
    """One department's part of a case that several solve one after the other, with its own limit."""

    department_code: str
    limit: Limit
    title: str = ""
    title_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """How the cases of a task type are worked, in one version; version 0 is the city's usual way."""

    version: int = 0
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    own_states: tuple[OwnState, ...] = ()
    moves: tuple[Move, ...] = ()
    loop_limits: Mapping[int, Limit] = field(default_factory=dict)
    whole_limit: Limit | None = None
    verify_first: frozenset[str] = frozenset()
    ordered_steps: tuple[OrderedStep, ...] = ()
    ladder: tuple[UrgeRung, ...] = ()

    def proof(self, step: str) -> Proof:
        """What a step asks for beyond the usual."""
        return self.proofs.get(step, NO_PROOF)

    def moves_from(self, own_state: str) -> tuple[Move, ...]:
        """The moves possible from one of its states."""
        return tuple(move for move in self.moves if move.source == own_state)

    def move(self, code: str) -> Move | None:
        """A move by its code."""
        return next((move for move in self.moves if move.code == code), None)

    def may_submit(self, own_state: str) -> bool:
        """Whether the handler may say from here that it is done; without states of its own, always."""
        if not self.own_states:
            return True
        return any(state.code == own_state and state.may_submit for state in self.own_states)

    def checked(self, known_steps: frozenset[str]) -> "Procedure":
        """The same, if cases can be worked by it; fails with PROCEDURE_INVALID."""
        for problem in _problems(self, known_steps):
            raise ProcedureInvalid(problem=problem)
        return replace(self)


USUAL: Final = Procedure()


def _problems(procedure: Procedure, known_steps: frozenset[str]) -> list[str]:
    codes = [state.code for state in procedure.own_states]
    known = {OUTSIDE, *codes}
    found = [f"{step} is no step" for step in procedure.proofs if step not in known_steps]
    if len(set(codes)) != len(codes) or OUTSIDE in codes or len(codes) > OWN_STATES_MAX:
        found.append(f"own states need different names and at most {OWN_STATES_MAX} of them")
    if len({move.code for move in procedure.moves}) != len(procedure.moves):
        found.append("two moves have one name")
    found += [
        f"move {move.code} goes to a state that is not there"
        for move in procedure.moves
        if move.source not in known or move.target not in set(codes)
    ]
    if codes and not found and not _leads_out(procedure):
        found.append("a state leads nowhere from which the case may be submitted")
    if len({rung.code for rung in procedure.ladder}) != len(procedure.ladder) or len(procedure.ladder) > LADDER_MAX:
        found.append(f"rungs need different names and at most {LADDER_MAX} of them")
    return found + _proof_problems(procedure)


def _proof_problems(procedure: Procedure) -> list[str]:
    proofs = [*procedure.proofs.values(), *(move.proof for move in procedure.moves)]
    too_far = any(not 0 <= proof.within_m <= WITHIN_M_MAX for proof in proofs)
    too_many = any(not 0 <= count <= PIECES_MAX for proof in proofs for count in proof.pieces.values())
    return ["a proof asks for more than anybody can bring"] if too_far or too_many else []


def _leads_out(procedure: Procedure) -> bool:
    """From every state that can be reached, one can be reached in which the case may be submitted."""
    good = {state.code for state in procedure.own_states if state.may_submit}
    grown = True
    while grown:
        more = {move.source for move in procedure.moves if move.target in good} - good
        grown = bool(more)
        good |= more
    return {OUTSIDE, *(state.code for state in procedure.own_states)} <= good
