"""Reads and writes elements; what is personal goes in sealed and comes out opened, and is found by blind index."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.seal import Sealer
from services.registry.domain.elements import KEY, NAME, Element
from services.registry.domain.schema import ElementKind, ItemType, schema
from services.registry.domain.wording import name_tokens, tokens

queries = sql.load(__package__, "elements.sql")

#: Bytes of a blind index that a name token keeps; what it finds by chance is sorted out after opening.
TOKEN_BYTES: Final = 6
NAME_PARTS_CACHED: Final = 50_000
NAMES_CACHED: Final = 50_000
#: A batch of an import asks for each key twice: to look it up, and to write it.
KEYS_CACHED: Final = 4096
FIRST_ID: Final = UUID(int=0)
#: Kind of the blind indexes of identity numbers, phones and parts of names.
IDENTITY, PHONE, NAME_PART = "identity_number", "phone", "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLink:
    """How a person stands to a dwelling, from when to when."""

    person_id: UUID
    dwelling_id: UUID
    kind: int
    since: date
    until: date | None
    address: str = ""
    grid_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many of everything."""

    kinds: Mapping[ElementKind, int]
    classes: Mapping[str, int]
    tags: Mapping[str, int]
    tagged: int


class ElementStore:
    """The books, with the keys to what is sealed in them."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        #: Parts of names recur; a digest costs more than a look into a table of the last ones.
        self._name_part = lru_cache(maxsize=NAME_PARTS_CACHED)(self._index_of_name_part)
        self._name_tokens = lru_cache(maxsize=NAMES_CACHED)(self._tokens_of_name)
        self._identities = lru_cache(maxsize=KEYS_CACHED)(self._indexes_of_identity)

    async def find(self, transaction: Transaction, element_id: UUID) -> Element | None:
        """One element, retired or not."""
        row = await (await transaction.execute(queries.find_element, {"id": element_id})).fetchone()
        return self.element(row) if row else None

    async def find_many(self, transaction: Transaction, ids: Iterable[UUID]) -> dict[UUID, Element]:
        """Those of these that there are."""
        cursor = await transaction.execute(queries.find_elements, {"ids": list(ids)})
        return {row["id"]: self.element(row) for row in await cursor.fetchall()}

    async def lock(
        self, transaction: Transaction, *, kind: ElementKind, element_id: UUID | None, key: str
    ) -> Element | None:
        """The element with this id or else this key, held until the transaction ends."""
        keys = self.stored_keys(kind, key) if key and element_id is None else []
        for stored in keys:
            await transaction.execute(queries.claim_key, {"kind": int(kind), "key": stored})
        cursor = await transaction.execute(
            queries.lock_element, {"id": element_id or FIRST_ID, "kind": int(kind), "keys": keys}
        )
        row = await cursor.fetchone()
        return self.element(row) if row else None

    async def save(self, transaction: Transaction, element: Element, *, by: str, now: datetime) -> int:
        """Write an element as it is now; its new version."""
        parameters = {**self.row(element), "now": now, "by": by}
        row = await (await transaction.execute(queries.save_element, parameters)).fetchone()
        return int(row["version"]) if row else 0

    async def list_in_grids(
        self,
        transaction: Transaction,
        *,
        kind: ElementKind,
        grids: Sequence[str],
        tags: Sequence[str] = (),
        class_code: str = "",
        after: tuple[str, UUID] = ("", FIRST_ID),
        size: int,
    ) -> list[Element]:
        """One page of one kind within grids, with one of the tags where any are named."""
        cursor = await transaction.execute(
            queries.list_elements,
            {
                "kind": int(kind),
                "grids": [code for code in grids if code >= after[0]],
                "tags": list(tags),
                "class_code": class_code,
                "after_grid": after[0],
                "after_id": after[1],
                "size": size,
            },
        )
        return [self.element(row) for row in await cursor.fetchall()]

    async def list_within(
        self,
        transaction: Transaction,
        container: UUID,
        *,
        kind: ElementKind,
        after: tuple[str, UUID] = ("", FIRST_ID),
        size: int,
    ) -> list[Element]:
        """One page of one kind directly within something."""
        cursor = await transaction.execute(
            queries.list_elements_within,
            {"within_id": container, "kind": int(kind), "after_grid": after[0], "after_id": after[1], "size": size},
        )
        return [self.element(row) for row in await cursor.fetchall()]

    def stored_keys(self, kind: ElementKind, key: str) -> list[str]:
        """What a natural key may be stored as, the newest first."""
        if kind is not ElementKind.PERSON:
            return [key]
        return list(self._identities(key))

    def phone_indexes(self, phone: str) -> list[bytes]:
        """What a phone may be stored as."""
        return self._sealer.blind_indexes(phone, kind=PHONE)

    def name_part(self, part: str) -> str:
        """What a part of a name is stored as."""
        return self._name_part(part)

    def _index_of_name_part(self, part: str) -> str:
        return self._sealer.blind_index(part, kind=NAME_PART)[:TOKEN_BYTES].hex()

    def _tokens_of_name(self, name: str) -> tuple[str, ...]:
        return tuple(name_tokens(name, self.name_part))

    def _indexes_of_identity(self, key: str) -> tuple[str, ...]:
        return tuple(index.hex() for index in self._sealer.blind_indexes(key, kind=IDENTITY))

    def row(self, element: Element) -> dict[str, object]:
        """An element as its columns, personal items sealed."""
        bare, phones = _bare(element.kind), _phones(element.kind)
        personal = {code: value for code, value in element.items.items() if code not in bare}
        phone = next((personal[code] for code in phones if code in personal), "")
        text = as_json(personal) if personal else ""
        return {
            "kind": int(element.kind),
            "id": element.id,
            "key": self._key(element),
            "name": element.name,
            "address": element.address,
            "class_code": element.class_code,
            "state": element.state,
            "owner_unit": element.owner_unit,
            "longitude_deg": element.longitude_deg,
            "latitude_deg": element.latitude_deg,
            "grid_code": element.grid_code,
            "within_id": element.within_id,
            "tags": list(element.tags),
            "items": Jsonb({code: value for code, value in element.items.items() if code not in personal}),
            "sealed": self._sealer.seal(text, place=_place(element.id)),
            "phone_index": self._sealer.blind_index(phone, kind=PHONE) if phone else None,
            "tokens": list(self._tokens(element)),
            "retired": element.retired,
        }

    def element(self, row: Row) -> Element:
        """An element from its columns."""
        personal = self._sealer.open(bytes(row["sealed"]), place=_place(row["id"]))
        kind = ElementKind(row["kind"])
        key = "" if kind is ElementKind.PERSON or row["key"] == str(row["id"]) else row["key"]
        items = {**row["items"], **(json.loads(personal) if personal else {})}
        told = {name: value for name, value in row.items() if name != "sealed"}
        return Element(
            **{**told, "kind": kind, "key": key, "tags": tuple(row["tags"]), "items": dict(sorted(items.items()))}
        )

    def _key(self, element: Element) -> str:
        if element.kind is ElementKind.PERSON and element.items.get(KEY):
            return self.stored_keys(element.kind, element.items[KEY])[0]
        return element.natural_key

    def _tokens(self, element: Element) -> Sequence[str]:
        if element.kind is ElementKind.PERSON:
            return self._name_tokens(element.items.get(NAME, ""))
        return tokens(element.name, element.address)

    async def rotate(self, transaction: Transaction, *, after: tuple[int, UUID], size: int) -> tuple[int, UUID] | None:
        """Bring a slice forward to the key in force; where it ended, None when nothing is left."""
        prefix = self._sealer.prefix
        cursor = await transaction.execute(
            queries.read_unrotated,
            {"length": len(prefix), "prefix": prefix, "after_kind": after[0], "after_id": after[1], "size": size},
        )
        rows = await cursor.fetchall()
        async with transaction.pipeline():
            for row in rows:
                sealed = bytes(row["sealed"])
                fresh = self._sealer.resealed(sealed, place=_place(row["id"]))
                await transaction.execute(
                    queries.reseal, {"kind": row["kind"], "id": row["id"], "sealed": sealed, "fresh": fresh}
                )
        return (rows[-1]["kind"], rows[-1]["id"]) if rows else None


#: In as few characters as there are.
as_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@cache
def _bare(kind: ElementKind) -> frozenset[str]:
    """The items of a kind that may lie open; one that the schema knows no more is not among them."""
    return frozenset(code for code, rule in schema().rules[kind].items() if not rule.personal)


@cache
def _phones(kind: ElementKind) -> tuple[str, ...]:
    """The phones of a kind, the one that counts first."""
    return tuple(code for code, rule in schema().rules[kind].items() if rule.type is ItemType.PHONE)


def _place(element_id: UUID) -> str:
    return f"element:{element_id}"


async def count_within(transaction: Transaction, container: UUID) -> int:
    """How many elements in force lie directly within one."""
    row = await (await transaction.execute(queries.count_within, {"id": container})).fetchone()
    return int(row["count"]) if row else 0


async def count_group(transaction: Transaction, *, grid_code: str, group: str) -> int:
    """How many households a ten-household group has; nobody joins it meanwhile."""
    await transaction.execute(queries.claim_key, {"kind": int(ElementKind.HOUSEHOLD), "key": f"{grid_code} {group}"})
    row = await (await transaction.execute(queries.count_group, {"grid_code": grid_code, "group": group})).fetchone()
    return int(row["count"]) if row else 0


async def move_contents(transaction: Transaction, container: Element, *, by: str, now: datetime) -> int:
    """Bring all that lies within an element to its grid; how many moved."""
    cursor = await transaction.execute(
        queries.move_contents,
        {
            "id": container.id,
            "grid_code": container.grid_code,
            "longitude_deg": container.longitude_deg,
            "latitude_deg": container.latitude_deg,
            "by": by,
            "now": now,
        },
    )
    return cursor.rowcount


async def count(transaction: Transaction, grids: Sequence[str]) -> Counts:
    """How many of everything there are in some grids."""
    where = {"grids": list(grids)}
    kinds = await (await transaction.execute(queries.count_kinds, where)).fetchall()
    classes = await (await transaction.execute(queries.count_classes, where)).fetchall()
    tags = await (await transaction.execute(queries.count_tags, where)).fetchall()
    tagged = await (await transaction.execute(queries.count_tagged, where)).fetchone()
    return Counts(
        kinds={ElementKind(row["kind"]): row["count"] for row in kinds},
        classes={row["class_code"]: row["count"] for row in classes},
        tags={row["tag"]: row["count"] for row in tags},
        tagged=int(tagged["count"]) if tagged else 0,
    )


async def save_link(transaction: Transaction, link: PersonLink, *, exclusive: bool, by: str, now: datetime) -> None:
    """Write a link; an exclusive one ends those of its kind elsewhere."""
    told = {
        "person_id": link.person_id,
        "dwelling_id": link.dwelling_id,
        "kind": link.kind,
        "since": link.since,
        "until": link.until,
        "by": by,
        "now": now,
    }
    if exclusive:
        await transaction.execute(queries.end_person_links, told)
    await transaction.execute(queries.save_person_link, told)


async def list_links(transaction: Transaction, element_id: UUID) -> list[PersonLink]:
    """The links of a person or dwelling, newest first."""
    cursor = await transaction.execute(queries.list_person_links, {"id": element_id})
    return [PersonLink(**row) for row in await cursor.fetchall()]
