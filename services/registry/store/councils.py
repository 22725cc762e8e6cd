"""Reads and writes councils, their sessions, proposals and votes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.registry.domain.councils import (
    Choice,
    Council,
    Deliberation,
    Disclosure,
    Proposal,
    ProposalState,
    Session,
    Tally,
)

queries = sql.load(__package__, "councils.sql")


async def save_council(transaction: Transaction, council: Council, *, by: str, now: datetime) -> None:
    """Write a council as it is now."""
    told = {**asdict(council), "members": list(council.members), "by": by, "now": now}
    await transaction.execute(queries.save_council, told)


async def lock_council(transaction: Transaction, council_id: UUID) -> Council | None:
    """A council, held until the transaction ends."""
    row = await (await transaction.execute(queries.lock_council, {"id": council_id})).fetchone()
    return _council(row) if row else None


async def list_councils(transaction: Transaction, areas: Sequence[str]) -> list[Council]:
    """The councils of some areas."""
    cursor = await transaction.execute(queries.list_councils, {"areas": list(areas)})
    return [_council(row) for row in await cursor.fetchall()]


async def move_to_heirs(transaction: Transaction, heirs: Mapping[str, str]) -> None:
    """Councils of areas that ended speak for their heirs."""
    await transaction.execute(queries.move_councils, {"old": list(heirs), "new": list(heirs.values())})


async def read_tallies(
    transaction: Transaction,
    councils: Sequence[Council],
    *,
    days: tuple[date, date],
    moments: tuple[datetime, datetime],
) -> dict[UUID, Tally]:
    """What councils did between two days, which are these two moments."""
    ids = [council.id for council in councils]
    told = {"councils": ids, "begin": days[0], "end": days[1]}
    sessions = await (await transaction.execute(queries.count_sessions, told)).fetchall()
    told = {"councils": ids, "begin": moments[0], "end": moments[1]}
    proposals = await (await transaction.execute(queries.count_proposals, told)).fetchall()
    held = {row["council_id"]: row["count"] for row in sessions}
    states: dict[UUID, dict[ProposalState, int]] = defaultdict(dict)
    for row in proposals:
        states[row["council_id"]][ProposalState(row["state"])] = row["count"]
    return {
        council.id: Tally(
            sessions=held.get(council.id, 0), sessions_wanted=council.sessions_a_year, states=states[council.id]
        )
        for council in councils
    }


async def insert_session(transaction: Transaction, session: Session, *, now: datetime) -> None:
    """Keep a session for good."""
    told = {**asdict(session), "attendees": list(session.attendees), "now": now}
    await transaction.execute(queries.insert_session, told)


async def find_session(transaction: Transaction, session_id: UUID, *, council_id: UUID) -> Session | None:
    """A session of a council."""
    told = {"id": session_id, "council_id": council_id}
    row = await (await transaction.execute(queries.find_session, told)).fetchone()
    return _session(row) if row else None


async def list_sessions(transaction: Transaction, council_id: UUID) -> list[Session]:
    """The newest sessions of a council."""
    cursor = await transaction.execute(queries.list_sessions, {"council_id": council_id})
    return [_session(row) for row in await cursor.fetchall()]


async def insert_proposal(transaction: Transaction, proposal: Proposal) -> None:
    """Keep a proposal."""
    await transaction.execute(queries.insert_proposal, asdict(proposal))


async def lock_proposal(transaction: Transaction, proposal_id: UUID) -> Proposal | None:
    """A proposal, held until the transaction ends."""
    row = await (await transaction.execute(queries.lock_proposal, {"id": proposal_id})).fetchone()
    return (await _whole(transaction, [row]))[0] if row else None


async def list_proposals(
    transaction: Transaction,
    councils: Sequence[UUID],
    *,
    state: int,
    moments: tuple[datetime, datetime],
    before: tuple[datetime, UUID],
    size: int,
) -> list[Proposal]:
    """One page of the proposals of some councils, newest first."""
    told = {"councils": list(councils), "state": state, "begin": moments[0], "end": moments[1]}
    cursor = await transaction.execute(
        queries.list_proposals, {**told, "before": before[0], "before_id": before[1], "size": size}
    )
    return await _whole(transaction, await cursor.fetchall())


async def list_to_file(transaction: Transaction) -> list[UUID]:
    """Resolutions that are to become cases, held until the transaction ends."""
    cursor = await transaction.execute(queries.list_proposals_to_file)
    return [row["id"] for row in await cursor.fetchall()]


async def save_proposal(transaction: Transaction, proposal: Proposal) -> None:
    """Write down what became of a proposal."""
    await transaction.execute(queries.save_proposal, {**asdict(proposal), "state": int(proposal.state)})


async def insert_deliberation(
    transaction: Transaction, proposal_id: UUID, deliberation: Deliberation, *, by: str
) -> None:
    """Keep a deliberation for good."""
    told = {**asdict(deliberation), "proposal_id": proposal_id, "by": by}
    await transaction.execute(queries.insert_deliberation, told)


async def insert_disclosure(transaction: Transaction, proposal_id: UUID, disclosure: Disclosure, *, by: str) -> None:
    """Keep a disclosure for good."""
    told = {**asdict(disclosure), "proposal_id": proposal_id, "by": by}
    await transaction.execute(queries.insert_disclosure, told)


async def save_vote(transaction: Transaction, proposal_id: UUID, *, member: str, choice: Choice, now: datetime) -> None:
    """Keep how somebody votes."""
    told = {"proposal_id": proposal_id, "member": member, "choice": int(choice), "now": now}
    await transaction.execute(queries.save_vote, told)


async def read_votes(transaction: Transaction, proposal_id: UUID) -> dict[str, Choice]:
    """How members voted."""
    cursor = await transaction.execute(queries.read_votes, {"proposal_id": proposal_id})
    return {row["member"]: Choice(row["choice"]) for row in await cursor.fetchall()}


async def _whole(transaction: Transaction, rows: Sequence[Row]) -> list[Proposal]:
    """Proposals with their deliberations and disclosures."""
    told = {"proposals": [row["id"] for row in rows]}
    deliberations: dict[UUID, list[Deliberation]] = defaultdict(list)
    for row in await (await transaction.execute(queries.read_deliberations, told)).fetchall():
        deliberations[row.pop("proposal_id")].append(Deliberation(**row))
    disclosures: dict[UUID, list[Disclosure]] = defaultdict(list)
    for row in await (await transaction.execute(queries.read_disclosures, told)).fetchall():
        disclosures[row.pop("proposal_id")].append(Disclosure(**row))
    return [
        Proposal(
            **{**row, "state": ProposalState(row["state"])},
            deliberations=tuple(deliberations[row["id"]]),
            disclosures=tuple(disclosures[row["id"]]),
        )
        for row in rows
    ]


def _council(row: Row) -> Council:
    return Council(**{**row, "members": tuple(row["members"])})


def _session(row: Row) -> Session:
    return Session(**{**row, "attendees": tuple(row["attendees"])})
