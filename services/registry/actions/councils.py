"""Lets councils meet, deliberate, vote, make public and carry out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.registry import events
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import covers, reaches, require_reach
from services.registry.domain.areas import Area
from services.registry.domain.councils import (
    Choice,
    Council,
    CouncilUnknown,
    Deliberation,
    Disclosure,
    NotAMember,
    Proposal,
    ProposalState,
    ProposalUnknown,
    Session,
    SessionUnknown,
    Tally,
)
from services.registry.domain.errors import AreaUnknown, PointOutside
from services.registry.store import councils

WRITE: Final = "registry.councils.write"
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
LAST_ID: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposing:
    """A matter as somebody states it."""

    title: str
    text: str
    point: tuple[float, float] | None
    task_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A proposal with the council it lies before."""

    proposal: Proposal
    council: Council


class CouncilActions:
    """What can be done in and with councils."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._zone = office.settings.duty_rules.zone

    async def save_council(self, council: Council, *, caller: Caller, asked: Asked[Council]) -> bytes:
        """Found or change a council; fails with AREA_UNKNOWN, BEYOND_REACH, COUNCIL_REFUSED, COUNCIL_UNKNOWN."""
        council.require_sensible()
        await self._require_office(council.area_code, caller)

        async def save(transaction: Transaction) -> Council:
            before = await councils.lock_council(transaction, council.id)
            if before is not None:
                await self._require_office(before.area_code, caller)
                if before.area_code != council.area_code:
                    raise CouncilUnknown
            await councils.save_council(transaction, council, by=caller.subject, now=self._office.clock.now())
            return council

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: save(transaction))

    async def list_councils(self, *, area_code: str, year: int) -> list[tuple[Council, Tally]]:
        """The councils of an area, each with its year; fails with AREA_UNKNOWN."""
        days, moments = self._span(year or self._this_year())
        async with self._office.database.connection() as connection:
            found = await councils.list_councils(connection, await self._areas(area_code))
            tallies = await councils.read_tallies(connection, found, days=days, moments=moments)
        return [(council, tallies[council.id]) for council in found]

    async def record_session(
        self,
        council_id: UUID,
        *,
        day: date,
        attendees: Sequence[str],
        minutes: str,
        caller: Caller,
        asked: Asked[Session],
    ) -> bytes:
        """Keep a session; fails with COUNCIL_UNKNOWN, NOT_A_MEMBER, BEYOND_REACH."""

        async def record(transaction: Transaction) -> Session:
            council = await self._held_council(transaction, council_id)
            await self._require_office(council.area_code, caller)
            council.require_members(attendees)
            session = Session(
                id=uuid7(),
                council_id=council_id,
                day=day,
                attendees=tuple(attendees),
                minutes=minutes,
                recorded_by=caller.subject,
            )
            await councils.insert_session(transaction, session, now=self._office.clock.now())
            return session

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: record(transaction))

    async def list_sessions(self, council_id: UUID) -> list[Session]:
        """The sessions of a council; fails with COUNCIL_UNKNOWN."""
        async with self._office.database.transaction() as transaction:
            await self._held_council(transaction, council_id)
            return await councils.list_sessions(transaction, council_id)

    async def submit(self, council_id: UUID, proposing: Proposing, *, caller: Caller, asked: Asked[Matter]) -> bytes:
        """Put a matter before a council; fails with COUNCIL_UNKNOWN, NOT_A_MEMBER, OUT_OF_AREA."""

        async def submit(transaction: Transaction) -> Matter:
            council = await self._held_council(transaction, council_id)
            by_office = await self._is_office(council.area_code, caller)
            if not by_office:
                council.require_members([caller.subject])
            place = await self._place(council, proposing.point)
            proposal = Proposal(
                id=uuid7(),
                council_id=council_id,
                title=proposing.title,
                text=proposing.text,
                longitude_deg=place[0],
                latitude_deg=place[1],
                task_type=proposing.task_type,
                by_office=by_office,
                proposed_by=caller.subject,
                proposed_at=self._office.clock.now(),
            )
            await councils.insert_proposal(transaction, proposal)
            return Matter(proposal=proposal, council=council)

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: submit(transaction))

    async def list_proposals(
        self,
        *,
        council_id: UUID | None,
        area_code: str,
        state: int,
        year: int,
        before: tuple[datetime, UUID] | None,
        size: int,
    ) -> list[Matter]:
        """One page of the proposals of a council or an area; fails with AREA_UNKNOWN."""
        moments = self._span(year)[1] if year else (EARLIEST, LATEST)
        async with self._office.database.connection() as connection:
            found = await councils.list_councils(connection, await self._areas(area_code))
            known = {council.id: council for council in found if council_id in {None, council.id}}
            proposals = await councils.list_proposals(
                connection,
                list(known),
                state=state,
                moments=moments,
                before=before or (LATEST, LAST_ID),
                size=size,
            )
        return [Matter(proposal=proposal, council=known[proposal.council_id]) for proposal in proposals]

    async def record_deliberation(
        self, proposal_id: UUID, *, session_id: UUID, opinion: str, caller: Caller, asked: Asked[Matter]
    ) -> bytes:
        """Keep the next of two deliberations; fails with PROPOSAL_UNKNOWN, PROPOSAL_STATE, SESSION_UNKNOWN."""

        async def record(transaction: Transaction, matter: Matter) -> Proposal:
            await self._held_session(transaction, session_id, matter.council)
            stage = matter.proposal.next_deliberation(session_id)
            told = Deliberation(stage=stage, session_id=session_id, opinion=opinion, at=self._office.clock.now())
            await councils.insert_deliberation(transaction, proposal_id, told, by=caller.subject)
            return replace(matter.proposal, deliberations=(*matter.proposal.deliberations, told))

        return await self._by_office(proposal_id, record, caller=caller, asked=asked)

    async def vote(self, proposal_id: UUID, choice: Choice, *, caller: Caller, asked: Asked[int]) -> bytes:
        """Vote for oneself; fails with PROPOSAL_UNKNOWN, PROPOSAL_STATE, NOT_A_MEMBER."""

        async def cast(transaction: Transaction) -> int:
            matter = await self._matter(transaction, proposal_id)
            matter.proposal.require(ProposalState.PROPOSED)
            matter.council.require_members([caller.subject])
            now = self._office.clock.now()
            await councils.save_vote(transaction, proposal_id, member=caller.subject, choice=choice, now=now)
            return len(await councils.read_votes(transaction, proposal_id))

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: cast(transaction))

    async def count(
        self,
        proposal_id: UUID,
        *,
        session_id: UUID | None,
        hands: Mapping[str, Choice],
        caller: Caller,
        asked: Asked[Matter],
    ) -> bytes:
        """Count the votes; fails with PROPOSAL_UNKNOWN, PROPOSAL_STATE, QUORUM_MISSED, NOT_A_MEMBER, SESSION_UNKNOWN."""

        async def count(transaction: Transaction, matter: Matter) -> Proposal:
            if hands:
                session = await self._held_session(transaction, session_id, matter.council)
                absent = next((member for member in hands if member not in session.attendees), None)
                if absent is not None:
                    raise NotAMember(subject=absent)
            cast = await councils.read_votes(transaction, proposal_id)
            votes = {member: choice for member, choice in {**hands, **cast}.items() if member in matter.council.members}
            now = self._office.clock.now()
            counted = matter.proposal.counted(votes, matter.council, at=now)
            await councils.save_proposal(transaction, counted)
            await events.publish_proposal_decided(transaction, counted, matter.council.area_code, at=now)
            return counted

        return await self._by_office(proposal_id, count, caller=caller, asked=asked)

    async def disclose(self, proposal_id: UUID, text: str, *, caller: Caller, asked: Asked[Matter]) -> bytes:
        """Make the next of two disclosures; fails with PROPOSAL_UNKNOWN, PROPOSAL_STATE, BEYOND_REACH."""

        async def disclose(transaction: Transaction, matter: Matter) -> Proposal:
            told = Disclosure(stage=matter.proposal.next_disclosure(), text=text, at=self._office.clock.now())
            await councils.insert_disclosure(transaction, proposal_id, told, by=caller.subject)
            return replace(matter.proposal, disclosures=(*matter.proposal.disclosures, told))

        return await self._by_office(proposal_id, disclose, caller=caller, asked=asked)

    async def execute(self, proposal_id: UUID, outcome: str, *, caller: Caller, asked: Asked[Matter]) -> bytes:
        """State that a resolution is carried out; fails with PROPOSAL_UNKNOWN, PROPOSAL_STATE, RESOLUTION_INCOMPLETE."""

        async def execute(transaction: Transaction, matter: Matter) -> Proposal:
            executed = matter.proposal.executed(outcome, at=self._office.clock.now())
            await councils.save_proposal(transaction, executed)
            return executed

        return await self._by_office(proposal_id, execute, caller=caller, asked=asked)

    async def _by_office(
        self,
        proposal_id: UUID,
        change: Callable[[Transaction, Matter], Awaitable[Proposal]],
        *,
        caller: Caller,
        asked: Asked[Matter],
    ) -> bytes:
        """What only the office of the council's area may do to a proposal."""

        async def work(transaction: Transaction) -> Matter:
            matter = await self._matter(transaction, proposal_id)
            await self._require_office(matter.council.area_code, caller)
            return replace(matter, proposal=await change(transaction, matter))

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: work(transaction))

    async def _matter(self, transaction: Transaction, proposal_id: UUID) -> Matter:
        proposal = await councils.lock_proposal(transaction, proposal_id)
        if proposal is None:
            raise ProposalUnknown
        return Matter(proposal=proposal, council=await self._held_council(transaction, proposal.council_id))

    async def _held_council(self, transaction: Transaction, council_id: UUID) -> Council:
        council = await councils.lock_council(transaction, council_id)
        if council is None:
            raise CouncilUnknown
        return council

    async def _held_session(self, transaction: Transaction, session_id: UUID | None, council: Council) -> Session:
        session = session_id and await councils.find_session(transaction, session_id, council_id=council.id)
        if not session:
            raise SessionUnknown
        return session

    async def _area(self, code: str) -> Area:
        area = (await self._office.atlas.current()).areas.get(code)
        if area is None:
            raise AreaUnknown(code=code)
        return area

    async def _require_office(self, area_code: str, caller: Caller) -> None:
        area = await self._area(area_code)
        require_reach(caller.scope(WRITE), subject=area_code, area_path=area.path, department_code="")

    async def _is_office(self, area_code: str, caller: Caller) -> bool:
        return caller.permits(WRITE) and reaches(caller.scope(WRITE), (await self._area(area_code)).path)

    async def _place(self, council: Council, point: tuple[float, float] | None) -> tuple[float, float]:
        """Where a matter lies: within the council's area; its middle when nothing is said."""
        area = await self._area(council.area_code)
        if point is None:
            return area.longitude_deg, area.latitude_deg
        drawn = await self._office.atlas.current()
        grid = drawn.locate([point])[0]
        if grid is None or not covers(area.path, drawn.areas[grid].path):
            raise PointOutside(longitude_deg=point[0], latitude_deg=point[1])
        return point

    async def _areas(self, area_code: str) -> list[str]:
        drawn = await self._office.atlas.current()
        path = (await self._area(area_code)).path if area_code else ""
        return [area.code for area in drawn.areas.values() if covers(path, area.path)]

    def _this_year(self) -> int:
        return self._office.clock.now().astimezone(self._zone).year

    def _span(self, year: int) -> tuple[tuple[date, date], tuple[datetime, datetime]]:
        days = date(year, 1, 1), date(year + 1, 1, 1)
        begin, end = (datetime.combine(day, time.min, tzinfo=self._zone) for day in days)
        return days, (begin, end)
