"""Takes the daily word of each grid, by page or by text message, and shows the lights that follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import structlog

from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.registry import events
from services.registry.actions.atlas import Map
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach, require_reach
from services.registry.domain import quiet
from services.registry.domain.areas import AreaLevel
from services.registry.domain.errors import AreaUnknown
from services.registry.domain.quiet import DailyWord, QuietLight
from services.registry.store import field

log = structlog.get_logger()

WRITE: Final = "registry.quiet.write"
READ: Final = "registry.quiet.read"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLight:
    """The light of a grid on a day, and the word it follows from."""

    grid_code: str
    day: date
    light: QuietLight
    word: DailyWord | None
    #: Minutes within which a word is due while an emergency lasts; 0 is once a day.
    report_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to send back for a text message."""

    text: str
    light: GridLight | None


class QuietActions:
    """What can be done with the daily word."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._rules = office.settings.duty_rules

    async def report_quiet(
        self, grid_code: str, *, text: str, trouble: bool, caller: Caller, asked: Asked[GridLight]
    ) -> bytes:
        """Say how a grid is today; fails with AREA_UNKNOWN, BEYOND_REACH."""
        grid = (await self._office.atlas.current()).areas.get(grid_code)
        if grid is None or grid.level is not AreaLevel.GRID:
            raise AreaUnknown(code=grid_code)
        require_reach(caller.scope(WRITE), subject=grid_code, area_path=grid.path, department_code="")
        async with self._office.database.transaction() as transaction:
            return await asked.answered(
                transaction, lambda: self._say(transaction, grid_code, text, trouble=trouble, by=caller.subject)
            )

    async def receive_text(self, message_id: str, *, area_code: str, text: str) -> Reply:
        """Take in a text message, once; fails with AREA_UNKNOWN."""
        drawn = await self._office.atlas.current()
        if area_code not in drawn.areas:
            raise AreaUnknown(code=area_code)
        grids = drawn.grids.get(area_code, ())
        async with self._office.database.transaction() as transaction:
            given = await field.answered_text(transaction, message_id)
            if given is not None:
                return Reply(text=given[0], light=await self._light(transaction, given[1]) if given[1] else None)
            told = quiet.understood(text)
            grid_code, light = "", None
            if told is None:
                reply = quiet.HELP
            elif not 1 <= told.number <= len(grids):
                reply = quiet.NO_SUCH_GRID.format(number=told.number)
            else:
                grid_code = grids[told.number - 1]
                light = await self._say(transaction, grid_code, told.word, trouble=False, by=f"text:{area_code}")
                alarmed = light.word is not None and light.word.trouble
                reply = (quiet.ALARMED if alarmed else quiet.THANKS).format(number=told.number)
            await field.keep_text(
                transaction, message_id, reply=reply, grid_code=grid_code, now=self._office.clock.now()
            )
        return Reply(text=reply, light=light)

    async def _say(self, transaction: Transaction, grid_code: str, text: str, *, trouble: bool, by: str) -> GridLight:
        now = self._office.clock.now()
        word = DailyWord(
            grid_code=grid_code,
            day=self._rules.day_of(now),
            trouble=trouble or quiet.tells_of_trouble(text),
            text=text,
            said_by=by,
            said_at=now,
        )
        await field.insert_word(transaction, uuid7(), word)
        if word.trouble:
            await events.publish_quiet_trouble(transaction, word)
            log.info("quiet_trouble", grid_code=grid_code)
        return await self._light(transaction, grid_code)

    async def _light(self, transaction: Transaction, grid_code: str) -> GridLight:
        today = self._rules.day_of(self._office.clock.now())
        words = await field.list_words(transaction, grids=[grid_code], day=today)
        return self._shine(grid_code, words, await self._office.atlas.current(), day=today)

    def _shine(self, grid_code: str, words: Sequence[DailyWord], drawn: Map, *, day: date) -> GridLight:
        """The light by the rule of the day: on an emergency footing words are due more often."""
        now = self._office.clock.now()
        today = self._rules.day_of(now)
        mode = drawn.mode_of(grid_code)
        if mode is None or not mode.report_minutes or day != today:
            light, word = quiet.light_of(words, day=day, today=today)
            return GridLight(grid_code=grid_code, day=day, light=light, word=word)
        every = timedelta(minutes=mode.report_minutes)
        light, word = quiet.light_in_emergency(words, every=every, since=mode.since, now=now)
        return GridLight(grid_code=grid_code, day=day, light=light, word=word, report_minutes=mode.report_minutes)

    async def list_lights(self, *, area_code: str, day: date | None, caller: Caller) -> list[GridLight]:
        """The light of each grid of an area on a day; fails with AREA_UNKNOWN."""
        today = self._rules.day_of(self._office.clock.now())
        wanted = day or today
        drawn = await self._office.atlas.current()
        grids = grids_in_reach(drawn, caller.scope(READ), area_code=area_code)
        said: dict[str, list[DailyWord]] = {grid: [] for grid in grids}
        async with self._office.database.connection() as connection:
            for word in await field.list_words(connection, grids=grids, day=wanted):
                said[word.grid_code].append(word)
        return [self._shine(grid, words, drawn, day=wanted) for grid, words in said.items()]
