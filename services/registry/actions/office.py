"""What every action works with, and how a request that comes twice is carried out once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.seal import Sealer
from services.platform.wall import Wall
from services.registry.actions.atlas import Atlas
from services.registry.actions.heads import Heads
from services.registry.domain.areas import AreaRules
from services.registry.settings import RegistrySettings
from services.registry.store.elements import ElementStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The database, the time, the newest versions, the map, the books and what the city has settled."""

    database: Database
    clock: Clock
    heads: Heads
    atlas: Atlas
    sealer: Sealer
    elements: ElementStore
    wall: Wall
    settings: RegistrySettings

    @classmethod
    def open(cls, database: Database, *, clock: Clock, settings: RegistrySettings) -> "Office":
        """An office with a map of its own and the keys to what is sealed."""
        heads, sealer = Heads(database), Sealer.from_file(settings.seal_file)
        return cls(
            database=database,
            clock=clock,
            heads=heads,
            atlas=Atlas(database, heads),
            sealer=sealer,
            elements=ElementStore(sealer),
            wall=Wall("registry", sql.load("services.registry", "wall.sql").look),
            settings=settings,
        )

    @property
    def area_rules(self) -> AreaRules:
        """What the city has settled about its areas."""
        return AreaRules(
            code_lengths=self.settings.area_code_lengths,
            code_lengths_of=self.settings.area_code_lengths_of,
            households_min=self.settings.households_min,
            households_max=self.settings.households_max,
            reach_m_max=self.settings.grid_reach_m_max,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[T]):
    """A request that may come twice: what tells it apart, and how its answer is put in words."""

    key: RequestKey
    answer: Callable[[T], bytes]

    async def given(self, transaction: Transaction) -> bytes | None:
        """The answer given before; None for a new request."""
        return await answer_given(transaction, self.key)

    async def answered(self, transaction: Transaction, work: Callable[[], Awaitable[T]]) -> bytes:
        """The answer given before; for a new request the work is done, and its answer kept with it."""
        given = await self.given(transaction)
        if given is not None:
            return given
        answer = self.answer(await work())
        await keep_answer(transaction, self.key, answer)
        return answer
