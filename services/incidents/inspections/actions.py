"""Plans rounds, records what was found, and closes it only by a second look."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from gridward.incidents.v1 import incidents_pb2, inspections_pb2

from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Evidence, Point, Source
from services.incidents.domain.intake import Report
from services.incidents.inspections import store
from services.incidents.inspections.domain import (
    Finding,
    InspectionInvalid,
    Item,
    ItemUnknown,
    Known,
    Line,
    Plan,
    PlanUnknown,
    Problem,
    ProblemUnknown,
    Recheck,
    Site,
    SiteUnknown,
    Visit,
    faults_of,
    rechecked,
    require_found_evidence,
    to_rectifier,
)
from services.incidents.inspections.messages import plan_message, problem_message
from services.incidents.inspections.store import DueSite, ProblemFilter, SiteFilter
from services.incidents.once import once
from services.incidents.reach import BeyondReach, lies_in
from services.incidents.writer import Intake, Writer
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import FieldInvalid
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7

CASE_METHOD: Final = incidents_pb2.ReportIncidentRequest.DESCRIPTOR.full_name
#: So many findings of one call are filed side by side; together they make one group for the writer.
FILED_AT_ONCE: Final = 50
READ: Final = "inspections.read"
PLAN: Final = "inspections.plan"
INSPECT: Final = "inspections.inspect"


class Inspecting:
    """One verb for each thing that is done in inspections."""

    def __init__(self, database: Database, city: City, writer: Writer, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._writer = writer
        self._clock = clock

    async def import_items(self, key: RequestKey, lines: Sequence[Line], items: Sequence[Item]) -> bytes:
        """Create or change lines and items; fails with INSPECTION_INVALID."""
        self._city.view.require_complete()

        async def work(transaction: Transaction) -> inspections_pb2.ImportItemsResponse:
            known = Known(
                departments=self._city.department_codes,
                task_types=self._city.view.task_type_codes,
                lines=frozenset(line.code for line in [*lines, *await store.list_lines(transaction)]),
            )
            faults = faults_of(items, known)
            if faults:
                raise InspectionInvalid(problem="; ".join(faults[:20]))
            await store.set_items(transaction, lines, items)
            kept = await store.list_items(transaction)
            return inspections_pb2.ImportItemsResponse(item_count=sum(not item.retired for item in kept.values()))

        return await once(self._database, key, work)

    async def import_sites(
        self, key: RequestKey, sites: Sequence[tuple[str, str, str, Point]], caller: Caller
    ) -> bytes:
        """Create or change places (code, name, kind, point); fails with OUT_OF_AREA, BEYOND_REACH."""
        self._city.view.require_complete()
        located = [
            Site(
                code=code,
                name=name,
                kind=kind,
                point=point,
                grid_code=location.grid_code,
                area_path=location.area_path,
            )
            for code, name, kind, point in sites
            for location in [self._city.view.locate(point)]
        ]

        for site in located:
            _require_area(caller, PLAN, site.area_path, site.code)

        async def work(transaction: Transaction) -> inspections_pb2.ImportSitesResponse:
            await store.set_sites(transaction, located)
            return inspections_pb2.ImportSitesResponse(site_count=len(located))

        return await once(self._database, key, work)

    async def plan(self, key: RequestKey, plan: Plan, caller: Caller) -> bytes:
        """Plan a round; every place of its kind in its area is due. Fails with FIELD_INVALID, PLAN_UNKNOWN, BEYOND_REACH."""
        area_path = self._city.view.path_of(plan.area_code) if plan.area_code else ""
        if area_path is None:
            raise FieldInvalid(field="area_code", problem="is not known")
        _require_area(caller, PLAN, area_path or self._city.view.city_code, plan.area_code or self._city.view.city_code)

        async def work(transaction: Transaction) -> inspections_pb2.PlanInspectionResponse:
            round_number = 1
            if plan.previous_id:
                round_number = (await self.plan_of(transaction, plan.previous_id)).round + 1
            planned = replace(plan, id=str(uuid7()), round=round_number)
            await store.insert_plan(transaction, planned, area_path=area_path, at=self._clock.now())
            return inspections_pb2.PlanInspectionResponse(
                plan=plan_message(await self.plan_of(transaction, planned.id))
            )

        return await once(self._database, key, work)

    async def record(self, key: RequestKey, plan_id: str, visits: Sequence[Visit], caller: Caller) -> bytes:
        """Record visits: a case for each finding that the place is not to put right by itself."""
        async with self._database.connection() as connection:
            await self.plan_of(connection, plan_id)
            items = await store.list_items(connection)
            sites = await self._sites(
                connection, plan_id, [visit.site_code for visit in visits], reach_of(caller, INSPECT)
            )
        findings = [(sites[visit.site_code], finding) for visit in visits for finding in visit.findings]
        for _, finding in findings:
            if finding.item_code not in items:
                raise ItemUnknown(item_code=finding.item_code)
            require_found_evidence(finding, items[finding.item_code])
        cases = await self._file(key, findings, items, caller)

        async def work(transaction: Transaction) -> inspections_pb2.RecordVisitsResponse:
            now = self._clock.now()
            problems = [
                Problem(
                    id=str(uuid7()),
                    plan_id=plan_id,
                    site_code=site.site.code,
                    item_code=finding.item_code,
                    description=finding.description,
                    case_id=case_id,
                    rectify_department=items[finding.item_code].rectify_department,
                    found_at=now,
                    found_by=caller.subject,
                )
                for (site, finding), case_id in zip(findings, cases, strict=True)
            ]
            shown = {problem.id: finding.evidence for problem, (_, finding) in zip(problems, findings, strict=True)}
            await store.note_visits(transaction, plan_id, sites, by=caller.subject, at=now)
            await store.insert_problems(transaction, problems, shown)
            return inspections_pb2.RecordVisitsResponse(problems=[problem_message(problem) for problem in problems])

        return await once(self._database, key, work)

    async def recheck(self, key: RequestKey, looks: Sequence[Recheck], caller: Caller) -> bytes:
        """Look again at problems, all or none; fails with PROBLEM_UNKNOWN, PROBLEM_CLOSED, EVIDENCE_REQUIRED."""

        async def work(transaction: Transaction) -> inspections_pb2.RecheckProblemsResponse:
            problems = await store.read_problems(
                transaction, {look.problem_id for look in looks}, reach_of(caller, INSPECT)
            )
            items = await store.list_items(transaction)
            now = self._clock.now()
            shown: dict[str, tuple[Evidence, ...]] = {}
            for look in looks:
                problem = problems.get(look.problem_id)
                if problem is None:
                    raise ProblemUnknown(problem_id=look.problem_id)
                item = items[problem.item_code]
                problems[problem.id] = rechecked(problem, look, item, by=caller.subject, at=now)
                shown[problem.id] = look.evidence
            await store.save_problems(transaction, problems.values(), shown)
            return inspections_pb2.RecheckProblemsResponse(
                problems=[problem_message(problems[look.problem_id]) for look in looks]
            )

        return await once(self._database, key, work)

    async def plan_of(self, connection: Transaction, plan_id: str) -> Plan:
        """A round with its figures; fails with PLAN_UNKNOWN."""
        try:
            found = await store.list_plans(connection, str(UUID(plan_id)))
        except ValueError:
            found = []
        if not found:
            raise PlanUnknown(plan_id=plan_id)
        return found[0]

    async def due(self, plan_id: str, wanted: SiteFilter, area_code: str) -> list[DueSite]:
        """Places of a round; fails with PLAN_UNKNOWN, FIELD_INVALID."""
        area_path = self._city.view.path_of(area_code) if area_code else ""
        if area_path is None:
            raise FieldInvalid(field="area_code", problem="is not known")
        async with self._database.connection() as connection:
            await self.plan_of(connection, plan_id)
            return await store.list_sites(connection, plan_id, replace(wanted, area_path=area_path))

    async def checklist(
        self, plan_id: str, site_code: str, caller: Caller
    ) -> tuple[Plan, DueSite, list[Line], list[Item], list[Problem]]:
        """What a checklist is made of: the round, the place, lines, items, and what the round before found there."""
        async with self._database.connection() as connection:
            plan = await self.plan_of(connection, plan_id)
            areas = reach_of(caller, READ)
            site = (await self._sites(connection, plan_id, [site_code], areas))[site_code]
            lines, items = await store.list_lines(connection), await store.list_items(connection)
            before: list[Problem] = []
            if plan.previous_id:
                wanted = ProblemFilter(areas=areas, plan_id=plan.previous_id, site_code=site_code, size=1000)
                before = await store.list_problems(connection, wanted)
        return plan, site, lines, list(items.values()), before

    async def _sites(
        self, connection: Transaction, plan_id: str, codes: Sequence[str], areas: tuple[str, ...]
    ) -> dict[str, DueSite]:
        wanted = SiteFilter(areas=areas, codes=tuple(codes), with_visited=True, size=len(codes))
        found = {site.site.code: site for site in await store.list_sites(connection, plan_id, wanted)}
        for code in codes:
            if code not in found:
                raise SiteUnknown(site_code=code)
        return found

    async def _file(
        self,
        key: RequestKey,
        findings: Sequence[tuple[DueSite, Finding]],
        items: Mapping[str, Item],
        caller: Caller,
    ) -> list[str]:
        """The ids of the cases, empty where the place is to put it right; each is filed once, however often asked."""
        ids: list[str] = []
        for start in range(0, len(findings), FILED_AT_ONCE):
            part = findings[start : start + FILED_AT_ONCE]
            ids += await asyncio.gather(
                *(
                    self._case(
                        f"{key.request_id} {number}",
                        site.site,
                        finding,
                        item=items[finding.item_code],
                        caller=caller,
                    )
                    for number, (site, finding) in enumerate(part, start=start)
                )
            )
        return ids

    async def _case(self, request_id: str, site: Site, finding: Finding, *, item: Item, caller: Caller) -> str:
        if finding.self_rectify:
            return ""
        now: datetime = self._clock.now()
        task_type = self._city.view.newest_task_type(item.task_type)
        location = self._city.view.locate(site.point)
        report = Report(
            description=f"{item.title} {finding.description}".strip(),
            description_en=f"{item.title_en} {finding.description}".strip() if item.title_en else "",
            point=site.point,
            place=site.name,
            source=Source.GRID_WORKER if finding.evidence else Source.TRANSFER,
            evidence=finding.evidence,
        )
        digest = sha256(request_id.encode()).hexdigest()[:40]
        intake = Intake(
            key=RequestKey(
                subject=caller.subject,
                method=CASE_METHOD,
                request_id=f"inspection-{digest}",
                body_digest=sha256(f"{site.code} {item.code}".encode()).digest(),
            ),
            report=report,
            location=location,
            task_type=task_type,
            route=to_rectifier(self._city.route(task_type, location, now, report=report), item),
            actor=Actor(id=caller.subject, grants=caller.grants),
            at=now,
        )
        answer = incidents_pb2.ReportIncidentResponse.FromString(await self._writer.file(intake))
        return answer.case.id


def reach_of(caller: Caller, permission: str) -> tuple[str, ...]:
    """The areas in which somebody may do something; departments do not matter, for a line looks at anything."""
    return tuple(caller.scope(permission).area_paths)


def _require_area(caller: Caller, permission: str, area_path: str, code: str) -> None:
    if not any(lies_in(area_path, upper) for upper in reach_of(caller, permission)):
        raise BeyondReach(subject=code)
