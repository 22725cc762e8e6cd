"""Reads and writes campaigns and those who are meant."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.incidents.campaigns.domain import Campaign, Person, Standing, Way
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A campaign with how many are where, by way and standing."""

    campaign: Campaign
    counts: Mapping[tuple[Way, Standing], int]


async def insert_campaign(transaction: Transaction, campaign: Campaign) -> None:
    """Start one."""
    await transaction.execute(
        queries.insert_campaign,
        {
            "id": UUID(campaign.id),
            "title": campaign.title,
            "tag": campaign.tag,
            "area_code": campaign.area_code,
            "area_path": campaign.area_path,
            "text": campaign.text,
            "started_by": campaign.started_by,
            "started_at": campaign.started_at,
        },
    )


async def claim_to_gather(transaction: Transaction) -> tuple[Campaign, str] | None:
    """A campaign that needs more people, and how far registry has lent."""
    row = await (await transaction.execute(queries.claim_to_gather)).fetchone()
    return (_campaign_of(row), row["page_token"]) if row else None


async def note_gathered(
    transaction: Transaction, campaign_id: str, *, page_token: str, gathered_at: datetime | None
) -> None:
    """How far registry has lent now."""
    parameters = {"id": UUID(campaign_id), "page_token": page_token, "gathered_at": gathered_at}
    await transaction.execute(queries.note_gathered, parameters)


async def insert_persons(
    transaction: Transaction, campaign_id: str, persons: Sequence[Person], phones: Mapping[str, bytes]
) -> set[str]:
    """Add who is meant; the ids of those who are new."""
    records = [
        {
            "person_id": person.person_id,
            "grid_code": person.grid_code,
            "area_path": person.area_path,
            "phone": phones.get(person.person_id, b"").hex(),
            "ways": list(person.ways),
            "way": person.way,
        }
        for person in persons
    ]
    parameters = {"campaign_id": UUID(campaign_id), "persons": json.dumps(records, ensure_ascii=False)}
    cursor = await transaction.execute(queries.insert_persons, parameters)
    return {row["person_id"] for row in await cursor.fetchall()}


async def find_campaign(connection: Transaction, campaign_id: str, scope: dict[str, list[str]]) -> Campaign | None:
    """One in which the caller has a part."""
    row = await (await connection.execute(queries.find_campaign, {"id": UUID(campaign_id), **scope})).fetchone()
    return _campaign_of(row) if row else None


async def list_campaigns(
    connection: Transaction, scope: dict[str, list[str]], *, campaign_id: str = ""
) -> list[Counted]:
    """Campaigns with how far each has come, newest first."""
    cursor = await connection.execute(
        queries.list_campaigns, {"id": UUID(campaign_id) if campaign_id else None, **scope}
    )
    return [
        Counted(
            campaign=_campaign_of(row),
            counts={(Way(each["way"]), Standing(each["state"])): each["count"] for each in row["counts"] or ()},
        )
        for row in await cursor.fetchall()
    ]


async def list_to_reach(
    connection: Transaction, campaign_id: str, scope: dict[str, list[str]], *, size: int
) -> list[Person]:
    """Whom to call or visit."""
    parameters = {"id": UUID(campaign_id), **scope, "size": size}
    cursor = await connection.execute(queries.list_to_reach, parameters)
    return [_person_of(row) for row in await cursor.fetchall()]


async def lock_person(
    transaction: Transaction, campaign_id: str, person_id: str, scope: dict[str, list[str]]
) -> Person | None:
    """Somebody who is meant, for a change."""
    parameters = {"id": UUID(campaign_id), "person_id": person_id, **scope}
    row = await (await transaction.execute(queries.lock_person, parameters)).fetchone()
    return _person_of(row) if row else None


async def claim_texted(transaction: Transaction, *, size: int) -> list[tuple[Person, bool]]:
    """Whom a text reached, and whom it did not."""
    cursor = await transaction.execute(queries.claim_texted, {"size": size})
    return [(_person_of(row), row["arrived"]) for row in await cursor.fetchall()]


async def save_persons(transaction: Transaction, persons: Iterable[Person]) -> None:
    """Write down how they stand."""
    records = [
        {
            "campaign_id": person.campaign_id,
            "person_id": person.person_id,
            "way": person.way,
            "state": person.state,
        }
        for person in persons
    ]
    await transaction.execute(queries.save_persons, {"persons": json.dumps(records)})


async def note_texts(transaction: Transaction, texts: Mapping[tuple[str, str], str]) -> None:
    """Which notice tells whom (campaign and person)."""
    records = [
        {"campaign_id": campaign_id, "person_id": person_id, "notice_id": notice_id}
        for (campaign_id, person_id), notice_id in texts.items()
    ]
    await transaction.execute(queries.note_texts, {"texts": json.dumps(records)})


async def read_phone(connection: Transaction, campaign_id: str, person_id: str) -> bytes:
    """Somebody's sealed number; empty when it is forgotten or unknown."""
    cursor = await connection.execute(queries.read_phone, {"id": UUID(campaign_id), "person_id": person_id})
    row = await cursor.fetchone()
    return bytes(row["phone"]) if row else b""


def _campaign_of(row: Row) -> Campaign:
    return Campaign(
        id=str(row["id"]),
        title=row["title"],
        tag=row["tag"],
        area_code=row["area_code"],
        area_path=row["area_path"],
        text=row["text"],
        started_by=row["started_by"],
        started_at=row["started_at"],
        gathered=row["gathered_at"] is not None,
    )


def _person_of(row: Row) -> Person:
    return Person(
        campaign_id=str(row["campaign_id"]),
        person_id=row["person_id"],
        grid_code=row["grid_code"],
        area_path=row["area_path"],
        ways=tuple(Way(way) for way in row["ways"]),
        way=Way(row["way"]),
        state=Standing(row["state"]),
    )
