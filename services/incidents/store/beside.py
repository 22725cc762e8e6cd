"""Turns what goes on around a case, and the parts of several, into columns and back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from services.incidents.domain.countdown import Run
from services.incidents.domain.dealings import NONE, Dealings, Debt, Finding, Owed, Petition, PetitionKind, Priority
from services.incidents.domain.limits import Limit
from services.incidents.domain.parts import Part, PartKind, PartState

_MICROSECOND: Final = timedelta(microseconds=1)

Document = dict[str, Any]  # goes through JSON
Told = Mapping[str, Any]  # came through JSON

#: Counts, marks and names that are written as they are.
_PLAIN: Final = (
    "own_state",
    "extension_count",
    "suspension_count",
    "appealed",
    "exempt",
    "explained",
    "interview",
    "supervise_count",
    "urge_count",
    "problem_order",
    "owner",
    "answerable",
    "transfer_count",
    "unable_count",
    "reopen_count",
    "rewarded",
    "urge_next",
)
_MOMENTS: Final = ("suspended_until", "whole_due_at", "claim_due_at", "urge_due_at")


def dealings_columns(dealings: Dealings, runs: tuple[Run, ...]) -> Document:
    """Only what is not as usual."""
    document: Document = {name: getattr(dealings, name) for name in _PLAIN}
    document |= {name: text(getattr(dealings, name)) for name in _MOMENTS}
    document["priority"] = dealings.priority if dealings.priority is not NONE.priority else ""
    document["finding"] = dealings.finding
    document["desk_left_us"] = dealings.desk_left // _MICROSECOND if dealings.desk_left is not None else None
    document["basis"] = limit_columns(dealings.basis)
    document["petition"] = _petition_columns(dealings.petition) if dealings.petition else None
    document["owed"] = [_owed_columns(owed) for owed in dealings.owed]
    document["solvers"] = list(dealings.solvers)
    document["urged"] = list(dealings.urged)
    document["runs"] = [[text(run.start), text(run.end)] for run in runs]
    return {name: value for name, value in document.items() if value or (value == 0 and name == "desk_left_us")}


def dealings_of(document: Told) -> Dealings:
    """As it was written."""
    if not document:
        return NONE
    plain: dict[str, Any] = {name: document[name] for name in _PLAIN if name in document}
    moments: dict[str, Any] = {name: moment(document.get(name)) for name in _MOMENTS}
    left = document.get("desk_left_us")
    return Dealings(
        **plain,
        **moments,
        priority=Priority(document.get("priority") or Priority.ROUTINE),
        finding=Finding(document["finding"]) if document.get("finding") else None,
        desk_left=None if left is None else left * _MICROSECOND,
        basis=limit_of(document.get("basis")),
        petition=_petition_of(document["petition"]) if document.get("petition") else None,
        owed=tuple(_owed_of(owed) for owed in document.get("owed", ())),
        solvers=tuple(document.get("solvers", ())),
        urged=tuple(document.get("urged", ())),
    )


def runs_of(document: Told) -> tuple[Run, ...]:
    """The stretches in which time went by."""
    return tuple(Run(datetime.fromisoformat(start), moment(end)) for start, end in document.get("runs", ()))


def part_columns(case_id: str, part: Part) -> Document:
    """A part as a row of `part`."""
    value, unit = (str(part.limit.value), part.limit.unit) if part.limit else (None, None)
    return {
        "incident_id": case_id,
        "sequence": part.sequence,
        "kind": part.kind,
        "receiver": part.receiver,
        "holder": part.holder,
        "place": part.place,
        "limit_value": value,
        "limit_unit": unit,
        "given_by": part.given_by,
        "given_at": text(part.given_at),
        "due_at": text(part.due_at),
        "state": part.state,
        "signed_by": part.signed_by,
        "signed_at": text(part.signed_at),
        "arrived_at": text(part.arrived_at),
        "done_by": part.done_by,
        "ended_at": text(part.ended_at),
        "reply": part.reply,
        "missed": part.missed,
    }


def part_of(row: Told) -> Part:
    """A row of `part`, as JSON, as a part."""
    return Part(
        sequence=row["sequence"],
        kind=PartKind(row["kind"]),
        receiver=row["receiver"],
        holder=row["holder"],
        place=row["place"],
        limit=Limit.of(row["limit_value"], row["limit_unit"]) if row["limit_unit"] else None,
        given_by=row["given_by"],
        given_at=datetime.fromisoformat(row["given_at"]),
        due_at=moment(row["due_at"]),
        state=PartState(row["state"]),
        signed_by=row["signed_by"],
        signed_at=moment(row["signed_at"]),
        arrived_at=moment(row["arrived_at"]),
        done_by=row["done_by"],
        ended_at=moment(row["ended_at"]),
        reply=row["reply"],
        missed=row["missed"],
    )


def limit_columns(limit: Limit | None) -> list[str] | None:
    """A span of time as JSON."""
    return [str(limit.value), limit.unit] if limit else None


def limit_of(value: list[str] | None) -> Limit | None:
    """A span of time from JSON."""
    return Limit.of(value[0], value[1]) if value else None


def text(at: datetime | None) -> str | None:
    """A moment as text."""
    return at.isoformat() if at else None


def moment(written: str | None) -> datetime | None:
    """A moment from text."""
    return datetime.fromisoformat(written) if written else None


def _petition_columns(petition: Petition) -> Document:
    return {
        "kind": petition.kind,
        "asked_by": petition.asked_by,
        "asked_at": text(petition.asked_at),
        "reason": petition.reason,
        "until": text(petition.until),
        "endorsed_by": petition.endorsed_by,
    }


def _petition_of(value: Told) -> Petition:
    return Petition(
        kind=PetitionKind(value["kind"]),
        asked_by=value["asked_by"],
        asked_at=datetime.fromisoformat(value["asked_at"]),
        reason=value["reason"],
        until=moment(value["until"]),
        endorsed_by=value["endorsed_by"],
    )


def _owed_columns(owed: Owed) -> Document:
    return {
        "kind": owed.kind,
        "since": text(owed.since),
        "due_at": text(owed.due_at),
        "asked_by": owed.asked_by,
        "missed": owed.missed,
    }


def _owed_of(value: Told) -> Owed:
    return Owed(
        kind=Debt(value["kind"]),
        since=datetime.fromisoformat(value["since"]),
        due_at=datetime.fromisoformat(value["due_at"]),
        asked_by=value["asked_by"],
        missed=value["missed"],
    )
