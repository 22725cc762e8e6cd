"""Stores rules, tries them on past cases, and puts them in force."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gridward.incidents.v1 import rules_pb2

from services.incidents.cityview.city import City
from services.incidents.domain.answers import hinted
from services.incidents.domain.case import Point
from services.incidents.domain.errors import TaskTypeNotAdmitted
from services.incidents.domain.intake import Report
from services.incidents.domain.routing import Owner, Route, Rule
from services.incidents.once import once
from services.incidents.rules import store
from services.incidents.rules.domain import (
    CompiledRules,
    Facts,
    Known,
    RoutingRule,
    RulesInvalid,
    RulesNotTried,
    RulesStale,
    RulesUnknown,
    Surroundings,
    faults_of,
)
from services.incidents.rules.inforce import RulesInForce
from services.incidents.rules.messages import rule_message, version_message
from services.incidents.rules.store import PastCase, Version
from services.platform import outbox
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

RULES_ACTIVATED: Final = "rules_activated"
TRIED_CASES: Final = 10_000
PAGE_SIZE: Final = 2_000
SHOWN_MAX: Final = 200
_NOWHERE: Final = Point(longitude_deg=0, latitude_deg=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A past case that would go elsewhere."""

    case: PastCase
    before: Route
    after: Route


@dataclass(slots=True, kw_only=True)
class Trial:
    """What a trial on past cases showed so far."""

    active_version: int
    rules: tuple[RoutingRule, ...]
    loads_are_of_now: bool
    case_count: int = 0
    moved_count: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    shown: list[Moved] = field(default_factory=list)
    oldest_at: datetime | None = None


class Ruling:
    """One verb for each thing that is done with rules."""

    def __init__(self, database: Database, city: City, in_force: RulesInForce, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._in_force = in_force
        self._clock = clock

    async def save(self, key: RequestKey, rules: Sequence[RoutingRule], note: str, caller: Caller) -> bytes:
        """Store a set as a new version; fails with RULES_INVALID."""
        self._city.view.require_complete()
        faults = faults_of(rules, self._known())
        if faults:
            raise RulesInvalid(fault_count=len(faults), first=faults[0], faults="; ".join(faults[:50]))

        async def work(transaction: Transaction) -> rules_pb2.SaveRulesResponse:
            await store.read_active(transaction, lock=True)  # two who store at once get two numbers
            version = await store.insert_version(transaction, rules, note=note, by=caller.subject, at=self._clock.now())
            stored, _ = await self.version(transaction, version)
            return rules_pb2.SaveRulesResponse(version=version_message(stored))

        return await once(self._database, key, work)

    async def dry_run(self, version: int, case_count: int) -> Trial:
        """Try a version on the newest cases; fails with RULES_UNKNOWN."""
        self._city.view.require_complete()
        async with self._database.connection() as connection:
            _, rules = await self.version(connection, version)
            await self._in_force.refresh(connection)
            tried, current = CompiledRules.of(version, rules), self._in_force.compiled
            asks_load = tried.asks_load or current.asks_load
            if asks_load:
                await self._in_force.refresh_loads(connection)
            trial = Trial(active_version=current.version, rules=rules, loads_are_of_now=asks_load)
            bench = _Bench(self._city, self._in_force, current=current, tried=tried)
            last: PastCase | None = None
            left = case_count or TRIED_CASES
            while left:
                cases = await store.read_past(connection, before=last, size=min(left, PAGE_SIZE))
                if not cases:
                    break
                await asyncio.to_thread(bench.try_on, cases, trial)
                last, left = cases[-1], left - len(cases)
            await store.note_trial(
                connection,
                version,
                at=self._clock.now(),
                tried_count=trial.case_count,
                moved_count=trial.moved_count,
            )
        return trial

    async def activate(self, key: RequestKey, version: int, seen: int, caller: Caller) -> bytes:
        """Put a version in force; fails with RULES_UNKNOWN, RULES_NOT_TRIED, RULES_STALE and what is in force."""

        async def work(transaction: Transaction) -> rules_pb2.ActivateRulesResponse:
            active = await store.read_active(transaction, lock=True)
            if active != seen:
                raise RulesStale(fresh=await self.told(transaction, active), active_version=active)
            found, _ = await self.version(transaction, version)
            if found.tried_at is None:
                raise RulesNotTried(version=version)
            await store.activate(transaction, version, by=caller.subject, at=self._clock.now())
            found, _ = await self.version(transaction, version)
            message = version_message(found)
            told = rules_pb2.RulesActivated(version=message, previous_version=active)
            await outbox.publish(
                transaction, type=RULES_ACTIVATED, subject=str(version), payload=told, at=self._clock.now()
            )
            return rules_pb2.ActivateRulesResponse(version=message)

        answer = await once(self._database, key, work)
        async with self._database.connection() as connection:
            await self._in_force.refresh(connection)
        return answer

    async def version(self, connection: Transaction, version: int) -> tuple[Version, tuple[RoutingRule, ...]]:
        """A version with its rules; fails with RULES_UNKNOWN."""
        found = await store.read_version(connection, version)
        if found is None:
            raise RulesUnknown(version=version)
        return found

    async def told(self, connection: Transaction, wanted: int) -> rules_pb2.GetRulesResponse:
        """A version with its rules, 0 for the one in force, in the words of the contract; fails with RULES_UNKNOWN."""
        wanted = wanted or await store.read_active(connection)
        if not wanted:
            return rules_pb2.GetRulesResponse()
        version, rules = await self.version(connection, wanted)
        return rules_pb2.GetRulesResponse(
            version=version_message(version), rules=[rule_message(rule) for rule in rules]
        )

    def _known(self) -> Known:
        view = self._city.view
        return Known(
            task_types=view.task_type_codes,
            areas=view.area_codes,
            departments=self._city.department_codes,
            owner_units=frozenset(view.owner_units),
        )


class _Bench:
    """Routes past cases by two sets of rules; what no rule asks about is worked out once for each kind and grid."""

    def __init__(self, city: City, in_force: RulesInForce, *, current: CompiledRules, tried: CompiledRules) -> None:
        self._city = city
        self._in_force = in_force
        self._current = current
        self._tried = tried
        self._around: Surroundings = in_force.surroundings()
        self._usual: dict[tuple[str, str, str, str], Route | None] = {}

    def try_on(self, cases: Sequence[PastCase], trial: Trial) -> None:
        """Add what these cases show."""
        for case in cases:
            trial.case_count += 1
            trial.oldest_at = case.reported_at
            usual = self._usual_route(case)
            if usual is None:
                continue
            facts = self._facts(case, usual)
            before = self._in_force.apply(self._current, usual, facts, self._around)
            after = self._in_force.apply(self._tried, usual, facts, self._around)
            trial.hits.update(rule_keys(after))
            if (before.department_code, before.loop_level) != (after.department_code, after.loop_level):
                trial.moved_count += 1
                trial.moves[before.department_code, after.department_code] += 1
                if len(trial.shown) < SHOWN_MAX:
                    trial.shown.append(Moved(case=case, before=before, after=after))

    def _usual_route(self, case: PastCase) -> Route | None:
        """Without any rules; None for a kind that is not admitted any more."""
        task_type = self._city.view.find_task_type(case.task_type)
        hint = hinted(task_type.hints, case.form_answers) if task_type else None
        key = (case.task_type, case.grid_code, case.owner_unit, hint.department_code if hint else "")
        if key not in self._usual:
            report = Report(description="", point=_NOWHERE, source=case.source, form_answers=case.form_answers)
            try:
                self._usual[key] = (
                    self._city.usual_route(
                        task_type,
                        self._city.view.location(case.grid_code),
                        case.reported_at,
                        report=report,
                        owner=Owner(owner_unit=case.owner_unit),
                    )
                    if task_type
                    else None
                )
            except TaskTypeNotAdmitted:
                self._usual[key] = None
        return self._usual[key]

    def _facts(self, case: PastCase, usual: Route) -> Facts:
        task_type = self._city.view.newest_task_type(case.task_type)
        return Facts(
            task_type=case.task_type,
            category_code=task_type.category_code,
            areas=self._city.view.location(case.grid_code).chain,
            source=case.source,
            description=case.description,
            at=case.reported_at,
            owner_unit=usual.owner_unit,
        )


def rule_keys(route: Route) -> list[str]:
    """The keys of the rules that decided something about a way."""
    return [trace.details["key"] for trace in route.explanation if trace.rule is Rule.SETTLED_RULE]
