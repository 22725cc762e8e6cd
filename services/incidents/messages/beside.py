"""Says what goes on around a case, and who has a part in it, in the words of the contract."""

from collections.abc import Iterable

from gridward.incidents.v1 import cases_pb2

from services.incidents.domain.dealings import Dealings, Owed, Petition
from services.incidents.domain.parts import Part
from services.incidents.domain.procedure import Proof
from services.incidents.messages.moments import stamp
from services.incidents.messages.names import EVIDENCE_KINDS, PART_KINDS, PART_STATES


def dealings_message(
    dealings: Dealings, *, own_state_title: str = "", own_state_title_en: str = ""
) -> cases_pb2.Dealings:
    """What goes on around a case."""
    return cases_pb2.Dealings(
        own_state=dealings.own_state,
        own_state_title=own_state_title,
        own_state_title_en=own_state_title_en,
        finding=dealings.finding or "",
        petition=_petition_message(dealings.petition) if dealings.petition else None,
        extension_count=dealings.extension_count,
        suspended_until=stamp(dealings.suspended_until),
        owed=[_owed_message(owed) for owed in dealings.owed],
        interview=dealings.interview,
        problem_order=dealings.problem_order,
        exempt=dealings.exempt,
        owner=dealings.owner,
        answerable=dealings.answerable,
        transfer_count=dealings.transfer_count,
        supervise_count=dealings.supervise_count,
        urge_count=dealings.urge_count,
        reopen_count=dealings.reopen_count,
    )


def part_message(part: Part) -> cases_pb2.Part:
    """Somebody's part."""
    return cases_pb2.Part(
        sequence=part.sequence,
        kind=PART_KINDS[part.kind],
        receiver=part.receiver,
        holder=part.holder,
        place=part.place,
        given_by=part.given_by,
        given_at=stamp(part.given_at),
        due_at=stamp(part.due_at),
        state=PART_STATES[part.state],
        signed_by=part.signed_by,
        signed_at=stamp(part.signed_at),
        arrived_at=stamp(part.arrived_at),
        done_by=part.done_by,
        ended_at=stamp(part.ended_at),
        reply=part.reply,
        missed=part.missed,
    )


def proof_pieces(proof: Proof) -> Iterable[cases_pb2.ProofPiece]:
    """The files a step needs, by kind."""
    return [cases_pb2.ProofPiece(kind=EVIDENCE_KINDS[kind], count=count) for kind, count in proof.kinds]


def _petition_message(petition: Petition) -> cases_pb2.Petition:
    return cases_pb2.Petition(
        kind=petition.kind,
        asked_by=petition.asked_by,
        asked_at=stamp(petition.asked_at),
        reason=petition.reason,
        until=stamp(petition.until),
        endorsed_by=petition.endorsed_by,
    )


def _owed_message(owed: Owed) -> cases_pb2.OwedAnswer:
    return cases_pb2.OwedAnswer(
        kind=owed.kind,
        since=stamp(owed.since),
        due_at=stamp(owed.due_at),
        asked_by=owed.asked_by,
        missed=owed.missed,
    )
