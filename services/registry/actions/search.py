"""Finds anything in the books within one's area; whoever looks for a person is on record."""

from collections.abc import Sequence
from typing import Final

from services.platform import audit
from services.platform.audit import Deed
from services.platform.database import Transaction
from services.platform.identity import Caller
from services.registry.actions.atlas import Map
from services.registry.actions.elements import READ, READ_PEOPLE, ElementActions
from services.registry.actions.office import Office
from services.registry.actions.terminals import TerminalActions
from services.registry.domain.areas import AreaLevel
from services.registry.domain.elements import Element
from services.registry.domain.errors import QueryTooShort
from services.registry.domain.finding import RANKS, WORDS_MIN, Meaning, answers, meaning_of
from services.registry.domain.schema import ElementKind
from services.registry.domain.wording import INITIALS, asked_tokens
from services.registry.store import search as books
from services.registry.store.search import Where

#: A single character is enough within so few grids.
FEW_GRIDS: Final = 2


class SearchActions:
    """What can be looked for."""

    def __init__(self, office: Office, elements: ElementActions, terminals: TerminalActions) -> None:
        self._office = office
        self._elements = elements
        self._terminals = terminals

    async def search(
        self, query: str, *, kinds: Sequence[ElementKind], area_code: str, terminal_id: str, size: int, caller: Caller
    ) -> tuple[list[tuple[Element, str]], bool]:
        """What answers a query and how, best first, and whether there is more; fails with QUERY_TOO_SHORT."""
        meaning = meaning_of(query)
        drawn = await self._office.atlas.current()
        async with self._office.database.transaction() as transaction:
            bound = await self._terminals.grid_of(transaction, terminal_id) if terminal_id else ""
            found: dict[str, tuple[Element, str]] = {}
            for people in (False, True):
                wanted = [kind for kind in kinds or ElementKind if kind.about_people is people]
                where = self._where(drawn, wanted, area_code, bound, caller)
                if where is None:
                    continue
                hits = await self._shown(transaction, await self._look(transaction, where, meaning), people, caller)
                found |= {str(element.id): (element, how) for element, how in hits}
                if people and meaning.about_a_person:
                    await self._put_on_record(transaction, meaning, area_code, len(hits), caller)
        ranked = sorted(found.values(), key=lambda hit: (RANKS.index(hit[1]), hit[0].grid_code, str(hit[0].id)))
        return ranked[:size], len(ranked) > size

    async def _shown(
        self, transaction: Transaction, hits: list[tuple[Element, str]], people: bool, caller: Caller
    ) -> list[tuple[Element, str]]:
        """Of what was found, what the database shows this caller as well."""
        return await self._office.wall.kept(
            transaction, hits, key=lambda hit: hit[0].id, caller=caller, permission=READ_PEOPLE if people else READ
        )

    def _where(
        self, drawn: Map, kinds: Sequence[ElementKind], area_code: str, bound: str, caller: Caller
    ) -> Where | None:
        if not kinds:
            return None
        grids = self._elements.grids(drawn, kinds[0], caller, area_code=area_code)
        if bound:
            grids = tuple(grid for grid in grids if grid == bound)
        if not grids:
            return None
        known = sum(area.level is AreaLevel.GRID for area in drawn.areas.values())
        return Where(kinds=kinds, grids=grids, everywhere=len(grids) == known)

    async def _look(self, transaction: Transaction, where: Where, meaning: Meaning) -> list[tuple[Element, str]]:
        store = self._office.elements
        _refuse_wide(where, meaning)
        found: dict[str, tuple[Element, str]] = {}

        def take(elements: Sequence[Element], how: str) -> None:
            for element in elements:
                found.setdefault(str(element.id), (element, how))

        keys = [meaning.key] if meaning.key else []
        if meaning.identity and ElementKind.PERSON in where.kinds:
            keys += store.stored_keys(ElementKind.PERSON, meaning.identity)
        if keys:
            take(await books.by_keys(transaction, store, where, keys=keys, prefix=meaning.key), "key")
        if meaning.phone:
            take(await books.by_phones(transaction, store, where, store.phone_indexes(meaning.phone)), "phone")
        if meaning.words:
            for tokens in self._token_lists(where, meaning.words):
                for element in await books.by_tokens(transaction, store, where, tokens):
                    if how := answers(element, meaning):
                        take([element], how)
        return list(found.values())

    def _token_lists(self, where: Where, words: str) -> list[list[str]]:
        """What to look for in turn: as it stands, as initials, and for people behind the blind index."""
        lists: list[list[str]] = []
        if set(where.kinds) - {ElementKind.PERSON}:
            lists += asked_tokens(words)
        if ElementKind.PERSON in where.kinds:
            lists.append([self._office.elements.name_part(words)])
            if words.isascii() and words.isalpha():
                lists.append([self._office.elements.name_part(INITIALS + words)])
        return lists

    async def _put_on_record(
        self, transaction: Transaction, meaning: Meaning, area_code: str, count: int, caller: Caller
    ) -> None:
        """What was asked is kept as a digest: whoever knows the query can tell it was this one, nobody else."""
        fields = [name for name in ("identity", "phone", "words") if getattr(meaning, name)]
        digest = self._office.sealer.blind_index(meaning.words or meaning.phone or meaning.identity, kind="query").hex()
        deed = Deed(
            action="person_searched", target=f"query:{digest}", area_path=area_code, fields=fields, row_count=count
        )
        await audit.write(transaction, deed, caller=caller, at=self._office.clock.now())


def _refuse_wide(where: Where, meaning: Meaning) -> None:
    """A single character in many grids would find half of the city."""
    if len(meaning.words) < WORDS_MIN and not meaning.phone and len(where.grids) > FEW_GRIDS:
        raise QueryTooShort
