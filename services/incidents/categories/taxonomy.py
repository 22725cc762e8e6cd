"""Holds the edition that counts ready in memory, and makes new editions of spreadsheets."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import structlog
from gridward.incidents.v1 import categories_pb2

from services.incidents.categories import store
from services.incidents.categories.domain import Category, Edition, Reading, TaxonomyUnknown, edition_on, read_lines
from services.incidents.categories.guessing import Guessing
from services.incidents.categories.messages import edition_message, fault_message
from services.incidents.categories.sheets import lines_of
from services.incidents.cityview.city import City
from services.incidents.domain.suggest import Suggestion
from services.incidents.domain.tasktypes import Admission, TaskType
from services.incidents.once import once
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import FieldInvalid, GridwardError
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An edition ready for use, with the task types of a moment."""

    edition: Edition
    categories: Mapping[str, Category]
    guessing: Guessing
    task_types_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A spreadsheet somebody brings."""

    content: bytes
    title: str
    effective_from: str
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A class that fits some words, and the task types that serve it."""

    category: Category
    suggestion: Suggestion
    task_types: tuple[str, ...]


FAULTS_SHOWN_MAX: Final = 200
POLL_S: Final = 30.0


class Taxonomy:
    """The city's classes."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._prepared = self._prepare(store.built_in_edition(), store.built_in())

    @property
    def today(self) -> date:
        """The day in the city."""
        return self._clock.now().astimezone(self._city.zone).date()

    async def edition(self, version: int | None, day: str) -> tuple[Edition, tuple[Category, ...]]:
        """An edition by number, or the one that counts on a day; fails with TAXONOMY_UNKNOWN."""
        async with self._database.connection() as connection:
            editions = await store.list_editions(connection)
            if version is None:
                found = edition_on(_day_of(day) if day else self.today, editions)
            else:
                found = next((edition for edition in editions if edition.version == version), None)
            if found is None:
                raise TaxonomyUnknown(version=version)
            return found, await store.read_categories(connection, found.version)

    async def editions(self) -> list[Edition]:
        """All editions, newest first."""
        async with self._database.connection() as connection:
            return await store.list_editions(connection)

    async def suggest(self, text: str, *, most: int) -> tuple[Edition, list[Found]]:
        """The classes that words mean, with the task types that serve them."""
        prepared = await self._counting()
        found = prepared.guessing.classes(text, most=most)
        return prepared.edition, [
            Found(
                category=prepared.categories[suggestion.code],
                suggestion=suggestion,
                task_types=self._task_types(suggestion.code),
            )
            for suggestion in found
        ]

    async def take_in(self, key: RequestKey, sheet: Sheet, caller: Caller) -> bytes:
        """Make an edition of a spreadsheet, or say why not."""
        lines = await asyncio.to_thread(lines_of, sheet.content)
        effective_from = _day_of(sheet.effective_from)

        async def work(transaction: Transaction) -> categories_pb2.ImportCategoriesResponse:
            await store.lock_editions(transaction)
            newest, *_ = await store.list_editions(transaction)
            before = {category.code: category for category in await store.read_categories(transaction, newest.version)}
            reading = read_lines(lines, before=before, used=self._used())
            answer = _told(before, reading)
            if not reading.faults and not sheet.dry_run:
                version = await store.insert_edition(
                    transaction,
                    reading.categories,
                    title=sheet.title,
                    effective_from=effective_from,
                    by=caller.subject,
                    at=self._clock.now(),
                )
                edition = Edition(
                    version=version,
                    title=sheet.title,
                    effective_from=effective_from,
                    class_count=len(reading.categories),
                    created_by=caller.subject,
                )
                counts = edition_on(self.today, [edition, *await store.list_editions(transaction)])
                answer.edition.CopyFrom(edition_message(edition, counts_today=counts == edition))
            return answer

        answer = await once(self._database, key, work)
        await self._counting()
        return answer

    def task_types(self, text: str) -> tuple[str, ...]:
        """The task types that words mean, from memory: whoever takes a report in asks nobody."""
        if self._prepared.task_types_version != self._city.view.task_types_version:
            self._prepared = self._prepare(self._prepared.edition, tuple(self._prepared.categories.values()))
        return self._prepared.guessing.task_types(text)

    async def follow(self) -> None:
        """Keep up with the edition that counts, until cancelled."""
        while True:
            try:
                await self._counting()
            except GridwardError as error:
                log.warning("taxonomy_not_read", error=str(error)[:200])
            await asyncio.sleep(POLL_S)

    async def _counting(self) -> Prepared:
        """The edition that counts today, made ready when it or a task type is another one than before."""
        async with self._database.connection() as connection:
            edition = edition_on(self.today, await store.list_editions(connection)) or store.built_in_edition()
            if self._prepared.edition.version != edition.version:
                categories = await store.read_categories(connection, edition.version)
                self._prepared = await asyncio.to_thread(self._prepare, edition, categories)
                log.info("taxonomy_read", version=edition.version, classes=len(categories))
        if self._prepared.task_types_version != self._city.view.task_types_version:
            self._prepared = self._prepare(self._prepared.edition, tuple(self._prepared.categories.values()))
        return self._prepared

    def _prepare(self, edition: Edition, categories: Sequence[Category]) -> Prepared:
        version = self._city.view.task_types_version
        return Prepared(
            edition=edition,
            categories={category.code: category for category in categories},
            guessing=Guessing.of(categories, self._known()),
            task_types_version=version,
        )

    def _task_types(self, code: str) -> tuple[str, ...]:
        admitted = [task_type for task_type in self._known() if task_type.admission is Admission.ADMITTED]
        own = tuple(sorted(kind.code for kind in admitted if kind.category_code == code))
        return own or tuple(sorted(kind.code for kind in admitted if kind.category_code[:3] == code[:3]))

    def _used(self) -> dict[str, str]:
        return {kind.category_code: kind.code for kind in self._known() if kind.category_code}

    def _known(self) -> list[TaskType]:
        """The newest version of each task type."""
        view = self._city.view
        return [view.newest_task_type(code) for code in view.task_type_codes]


def _told(before: Mapping[str, Category], reading: Reading) -> categories_pb2.ImportCategoriesResponse:
    after = {category.code: category for category in reading.categories}
    kept = before.keys() & after.keys()
    gone = {code for code in kept if after[code].retired and not before[code].retired}
    return categories_pb2.ImportCategoriesResponse(
        faults=[fault_message(fault) for fault in reading.faults[:FAULTS_SHOWN_MAX]],
        notes=[fault_message(note) for note in reading.notes[:FAULTS_SHOWN_MAX]],
        added=sorted(after.keys() - before.keys()),
        changed=sorted(
            code for code in kept - gone if replace(after[code], retired=before[code].retired) != before[code]
        ),
        removed=sorted((before.keys() - after.keys()) | gone),
    )


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldInvalid(field="effective_from", problem="is no day") from error
