"""Says when a council may decide, what makes a resolution, and what must be there before it is carried out."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum
from typing import Final
from uuid import UUID

from services.platform.errors import Conflict, Forbidden, Invalid, NotFound

#: Two deliberations and two disclosures (两议两公开).
STAGES: Final = (1, 2)


class CouncilUnknown(NotFound):
    """There is no such council."""

    reason = "COUNCIL_UNKNOWN"


class CouncilRefused(Invalid):
    """The council was not saved: {problem}."""

    reason = "COUNCIL_REFUSED"


class NotAMember(Forbidden):
    """{subject} is no member of this council."""

    reason = "NOT_A_MEMBER"


class SessionUnknown(NotFound):
    """The council held no such session."""

    reason = "SESSION_UNKNOWN"


class ProposalUnknown(NotFound):
    """There is no such proposal."""

    reason = "PROPOSAL_UNKNOWN"


class ProposalStateWrong(Conflict):
    """The proposal is {state}; that is not possible now."""

    reason = "PROPOSAL_STATE"


class QuorumMissed(Conflict):
    """{voted} of {quorum} votes are there; the council cannot decide yet."""

    reason = "QUORUM_MISSED"


class ResolutionIncomplete(Conflict):
    """The resolution cannot be carried out yet. Missing: {missing}."""

    reason = "RESOLUTION_INCOMPLETE"


class ProposalState(IntEnum):
    """How far a proposal has come; the numbers are those of the contract."""

    PROPOSED = 1
    ADOPTED = 2
    REJECTED = 3
    EXECUTED = 4


class Choice(IntEnum):
    """How somebody votes; the numbers are those of the contract."""

    FOR = 1
    AGAINST = 2
    ABSTAIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    """A body that decides for an area."""

    id: UUID
    area_code: str
    kind: int
    name: str
    members: tuple[str, ...]
    quorum: int
    sessions_a_year: int = 0

    def require_sensible(self) -> None:
        """Fails with COUNCIL_REFUSED when it could never decide."""
        if not len(self.members) / 2 < self.quorum <= len(self.members):
            problem = f"the quorum must be more than half of {len(self.members)} members, and not more than all"
            raise CouncilRefused(problem=problem)

    def require_members(self, subjects: Collection[str]) -> None:
        """Fails with NOT_A_MEMBER for the first who is none."""
        for subject in subjects:
            if subject not in self.members:
                raise NotAMember(subject=subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A meeting that was held."""

    id: UUID
    council_id: UUID
    day: date
    attendees: tuple[str, ...]
    minutes: str
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliberation:
    """What was said in one of the two deliberations."""

    stage: int
    session_id: UUID
    opinion: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What was made public."""

    stage: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A matter before a council, and what became of it."""

    id: UUID
    council_id: UUID
    title: str
    text: str
    longitude_deg: float
    latitude_deg: float
    task_type: str = ""
    state: ProposalState = ProposalState.PROPOSED
    by_office: bool
    proposed_by: str
    proposed_at: datetime
    votes_for: int = 0
    votes_against: int = 0
    votes_abstain: int = 0
    counted_at: datetime | None = None
    outcome: str = ""
    executed_at: datetime | None = None
    case_id: str = ""
    case_number: str = ""
    case_problem: str = ""
    deliberations: tuple[Deliberation, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()

    def require(self, *states: ProposalState) -> None:
        """Fails with PROPOSAL_STATE unless it is in one of these states."""
        if self.state not in states:
            raise ProposalStateWrong(state=self.state.name.lower())

    def next_deliberation(self, session_id: UUID) -> int:
        """Which deliberation comes next; each in a session of its own. Fails with PROPOSAL_STATE."""
        self.require(ProposalState.PROPOSED)
        if len(self.deliberations) == len(STAGES) or session_id in {told.session_id for told in self.deliberations}:
            raise ProposalStateWrong(state="deliberated")
        return len(self.deliberations) + 1

    def next_disclosure(self) -> int:
        """Which disclosure comes next; of the resolution first, then of what came of it. Fails with PROPOSAL_STATE."""
        self.require(ProposalState.ADOPTED)
        if len(self.disclosures) == len(STAGES):
            raise ProposalStateWrong(state="disclosed")
        return len(self.disclosures) + 1

    def counted(self, votes: Mapping[str, Choice], council: Council, *, at: datetime) -> "Proposal":
        """The proposal after the count; fails with PROPOSAL_STATE, QUORUM_MISSED."""
        self.require(ProposalState.PROPOSED)
        if len(votes) < council.quorum:
            raise QuorumMissed(voted=len(votes), quorum=council.quorum)
        tally = Counter(votes.values())
        adopted = tally[Choice.FOR] > tally[Choice.AGAINST] + tally[Choice.ABSTAIN]
        return replace(
            self,
            state=ProposalState.ADOPTED if adopted else ProposalState.REJECTED,
            votes_for=tally[Choice.FOR],
            votes_against=tally[Choice.AGAINST],
            votes_abstain=tally[Choice.ABSTAIN],
            counted_at=at,
        )

    def executed(self, outcome: str, *, at: datetime) -> "Proposal":
        """The resolution carried out; fails with PROPOSAL_STATE, RESOLUTION_INCOMPLETE."""
        self.require(ProposalState.ADOPTED)
        missing = [f"deliberation {stage}" for stage in STAGES[len(self.deliberations) :]]
        missing += [f"disclosure {stage}" for stage in STAGES[len(self.disclosures) :]]
        if missing:
            raise ResolutionIncomplete(missing=", ".join(missing))
        return replace(self, state=ProposalState.EXECUTED, outcome=outcome, executed_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a council did in a year."""

    sessions: int = 0
    sessions_wanted: int = 0
    states: Mapping[ProposalState, int] = field(default_factory=dict)

    @property
    def proposals(self) -> int:
        """Matters proposed."""
        return sum(self.states.values())

    @property
    def adopted(self) -> int:
        """Resolutions, carried out or not."""
        return self.states.get(ProposalState.ADOPTED, 0) + self.states.get(ProposalState.EXECUTED, 0)

    @property
    def adopted_share(self) -> float:
        """Resolutions among the proposals; 0 when there was none."""
        return self.adopted / self.proposals if self.proposals else 0.0


def together(tallies: Sequence[Tally]) -> Tally:
    """All councils' years in one."""
    states: Counter[ProposalState] = Counter()
    for tally in tallies:
        states.update(tally.states)
    return Tally(
        sessions=sum(tally.sessions for tally in tallies),
        sessions_wanted=sum(tally.sessions_wanted for tally in tallies),
        states=states,
    )
