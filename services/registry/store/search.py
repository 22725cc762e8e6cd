"""Finds elements by key, by phone and by what their names and addresses are cut into."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.platform import sql
from services.platform.database import Transaction
from services.registry.domain.elements import Element
from services.registry.domain.schema import ElementKind
from services.registry.store.elements import ElementStore

queries = sql.load(__package__, "search.sql")

#: More candidates than this are not looked through; the query is too wide.
CANDIDATES_MAX: Final = 300
BEYOND_ALL: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Kinds and grids to look in; everywhere spares naming each grid of a large city."""

    kinds: Sequence[ElementKind]
    grids: Sequence[str]
    everywhere: bool

    @property
    def told(self) -> dict[str, object]:
        """As the statements take it."""
        return {
            "kinds": [int(kind) for kind in self.kinds],
            "grids": list(self.grids),
            "size": CANDIDATES_MAX,
        }


async def by_keys(
    transaction: Transaction, books: ElementStore, where: Where, *, keys: Sequence[str], prefix: str
) -> list[Element]:
    """Those whose natural key is one of these, or begins so."""
    told = {**where.told, "keys": list(keys), "prefix": prefix, "beyond": prefix + BEYOND_ALL}
    cursor = await transaction.execute(queries.search_keys, told)
    return [books.element(row) for row in await cursor.fetchall()]


async def by_phones(
    transaction: Transaction, books: ElementStore, where: Where, phones: Sequence[bytes]
) -> list[Element]:
    """Those whose phone has one of these blind indexes."""
    cursor = await transaction.execute(queries.search_phones, {**where.told, "phones": list(phones)})
    return [books.element(row) for row in await cursor.fetchall()]


async def by_tokens(
    transaction: Transaction, books: ElementStore, where: Where, tokens: Sequence[str]
) -> list[Element]:
    """Those that have all of these tokens; chance hits among them."""
    statement = queries.search_tokens_everywhere if where.everywhere else queries.search_tokens_in_grids
    cursor = await transaction.execute(statement, {**where.told, "tokens": list(tokens)})
    return [books.element(row) for row in await cursor.fetchall()]
