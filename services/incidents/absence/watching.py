"""Follows what registry tells of departments' programs, and hands the open cases of those that are away to people."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Final

import structlog
from gridward.events.v1 import events_pb2
from gridward.registry.v1 import events_pb2 as registry_events_pb2
from gridward.registry.v1 import plugins_pb2
from prometheus_client import Gauge

from services.incidents.absence import store
from services.incidents.absence.domain import Absence, Cause, Told, note_en, note_zh, notice, over
from services.incidents.cityview.city import City
from services.incidents.domain.actors import SYSTEM
from services.incidents.domain.case import Event
from services.incidents.domain.responsibility import AreaLevel
from services.incidents.domain.step import Step
from services.incidents.notices.directory import LEADERS, SPECIALISTS, Directory
from services.incidents.notices.domain import Channel, Occasion
from services.incidents.notices.store import NewNotice, insert_notices, read_contacts
from services.incidents.noting import noted
from services.incidents.store.reading import Stored, read_cases
from services.incidents.store.writing import Change, save_cases
from services.platform.clock import Clock
from services.platform.consume import first_time
from services.platform.database import Database, Transaction
from services.platform.errors import GridwardError

log = structlog.get_logger()

GROUP: Final = "incidents.absence"
TYPES: Final = ["plugin_changed"]
CASES_MAX: Final = 100
LOOK_EVERY_S: Final = 1.0
DESK_ROLES: Final = ("dispatcher", "duty_chief")

ABSENT = Gauge("incidents_department_programs_away", "Releases of a department's program that are away", ["plugin"])


class Watching:
    """One for the process; any number of replicas may look at once."""

    def __init__(self, database: Database, city: City, *, desk: str, patience: timedelta, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._directory = Directory(city)
        self._desk = desk
        self._patience = patience
        self._clock = clock
        self._shown: set[str] = set()

    async def handle(self, event: events_pb2.Event) -> None:
        """A program came, went, or was decided about; told twice it counts once."""
        message = registry_events_pb2.PluginChanged()
        event.payload.Unpack(message)
        told = _told(message)
        async with self._database.transaction() as transaction:
            if not await first_time(transaction, source="registry", event_id=event.id):
                return
            if told.cause is not None:
                await store.open_(transaction, told, told.cause, desk=self._desk, patience=self._patience)
                return
            ended = await store.close(transaction, told)
            if ended is not None and ended.fell_back_at is not None:
                await self._tell(transaction, ended, mark="over")

    async def run(self) -> None:
        """Let cases fall back when they are due, over and over, until cancelled."""
        while True:
            try:
                await self.look()
            except GridwardError as error:
                log.warning("absence_waits", reason=error.reason)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Everything that is due now."""
        while await self._fall_back_some():
            pass
        async with self._database.connection() as connection:
            away = await store.count_current(connection)
        for plugin in self._shown | set(away):
            ABSENT.labels(plugin).set(away.get(plugin, 0))
        self._shown |= set(away)

    async def _fall_back_some(self) -> bool:
        """Some cases of one absence, in one transaction; whether there may be more."""
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            absence = await store.find_due(transaction, now=now)
            if absence is None:
                return False
            self._city.view.require_complete()
            paths = self._paths(await store.read_area_codes(transaction, absence))
            case_ids = await store.find_left_alone(transaction, absence, area_paths=paths, size=CASES_MAX)
            if case_ids:
                stored = await read_cases(transaction, case_ids)
                await save_cases(transaction, [self._noted(one, absence) for one in stored])
                await store.count_fallen(transaction, absence, case_ids)
                return True
            done = await store.finish(transaction, absence, now=now)
            await self._tell(transaction, done, mark="away")
        log.warning(
            "cases_fell_back", plugin=done.plugin, release=done.release, cause=done.cause, cases=done.case_count
        )
        return True

    def _paths(self, area_codes: Sequence[str]) -> list[str]:
        return [path for code in area_codes if (path := self._city.view.path_of(code))]

    def _noted(self, stored: Stored, absence: Absence) -> Change:
        since = self._since(absence)
        step = Step(event=Event.NOTE, opinion=note_zh(absence, since), opinion_en=note_en(absence, since))
        return noted(stored, stored.case, step, actor=SYSTEM, at=self._clock.now(), city=self._city)

    async def _tell(self, transaction: Transaction, absence: Absence, *, mark: str) -> None:
        """The department's people, and whoever stands at the desk, once each."""
        now = self._clock.now()
        people = [
            *self._directory.of_department(absence.department_code, (*SPECIALISTS, *LEADERS), now),
            *self._directory.of_area(self._city_code(), DESK_ROLES, now),
        ]
        subjects = sorted({person.subject for person in people})
        contacts = await read_contacts(transaction, subjects)
        since = self._since(absence)
        notices = []
        for subject in subjects:
            language = contacts[subject].language if subject in contacts else "zh"
            said = notice(absence, since, language=language) if mark == "away" else over(absence, language=language)
            notices.append(
                NewNotice(
                    case_id="",
                    occasion=Occasion.ALERT,
                    mark=f"{mark} {absence.id}",
                    recipient=subject,
                    channel=Channel.APP,
                    text=said,
                    created_at=now,
                    due_at=now,
                )
            )
        if notices:
            await insert_notices(transaction, notices)

    def _city_code(self) -> str:
        view = self._city.view
        return next((code for code in sorted(view.area_codes) if view.level_of(code) is AreaLevel.CITY), "")

    def _since(self, absence: Absence) -> str:
        return absence.since_at.astimezone(self._city.zone).strftime("%m-%d %H:%M")


def _told(message: registry_events_pb2.PluginChanged) -> Told:
    return Told(
        plugin=message.plugin,
        release=message.release,
        department_code=message.department_code,
        cause=_cause(message),
        at=message.since_at.ToDatetime(UTC),
        task_types=tuple(message.task_types),
        area_codes=tuple(message.area_codes),
        reported_from=message.from_at.ToDatetime(UTC) if message.HasField("from_at") else None,
        reported_until=message.until_at.ToDatetime(UTC) if message.HasField("until_at") else None,
    )


def _cause(message: registry_events_pb2.PluginChanged) -> Cause | None:
    if message.ended:
        return None
    if message.standing == plugins_pb2.PLUGIN_STANDING_WITHDRAWN:
        return Cause.WITHDRAWN
    if message.standing == plugins_pb2.PLUGIN_STANDING_SUSPENDED:
        return Cause.SUSPENDED
    return None if message.online else Cause.OFFLINE
