"""Answers calls about inspections."""

from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.incidents.v1 import inspections_pb2, inspections_pb2_grpc

from services.incidents.inspections import store
from services.incidents.inspections.actions import READ, Inspecting, reach_of
from services.incidents.inspections.domain import Plan, checklist
from services.incidents.inspections.messages import (
    due_site_message,
    item_message,
    item_of,
    line_message,
    line_of,
    plan_message,
    problem_message,
    recheck_of,
    visit_of,
)
from services.incidents.inspections.store import ProblemFilter, SiteFilter
from services.incidents.messages.incoming import moment_of, point_of
from services.platform import paging
from services.platform.database import Database
from services.platform.errors import Forbidden
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller, current_caller
from services.platform.paging import PageTokenInvalid

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

SITES = 200
PROBLEMS = 100


class InspectionsServicer(inspections_pb2_grpc.InspectionsServiceServicer):
    """See inspections.proto."""

    def __init__(self, database: Database, inspecting: Inspecting) -> None:
        self._database = database
        self._inspecting = inspecting

    async def ImportItems(
        self, request: inspections_pb2.ImportItemsRequest, context: Context
    ) -> inspections_pb2.ImportItemsResponse:
        """See inspections.proto."""
        _require_own_lines(current_caller(), request)
        key = RequestKey.of(request, subject=current_caller().subject, request_id=request.request_id)
        lines, items = [line_of(line) for line in request.lines], [item_of(item) for item in request.items]
        answer = await self._inspecting.import_items(key, lines, items)
        return inspections_pb2.ImportItemsResponse.FromString(answer)

    async def ImportSites(
        self, request: inspections_pb2.ImportSitesRequest, context: Context
    ) -> inspections_pb2.ImportSitesResponse:
        """See inspections.proto."""
        key = RequestKey.of(request, subject=current_caller().subject, request_id=request.request_id)
        sites = [(site.code, site.name, site.kind, point_of(site.point)) for site in request.sites]
        return inspections_pb2.ImportSitesResponse.FromString(
            await self._inspecting.import_sites(key, sites, current_caller())
        )

    async def PlanInspection(
        self, request: inspections_pb2.PlanInspectionRequest, context: Context
    ) -> inspections_pb2.PlanInspectionResponse:
        """See inspections.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        plan = Plan(
            id="",
            title=request.title,
            round=1,
            site_kind=request.site_kind,
            area_code=request.area_code,
            lines=tuple(request.lines),
            due_at=moment_of(request.due_at),
            previous_id=request.previous_plan_id,
            created_by=caller.subject,
        )
        return inspections_pb2.PlanInspectionResponse.FromString(await self._inspecting.plan(key, plan, caller))

    async def ListPlans(
        self, request: inspections_pb2.ListPlansRequest, context: Context
    ) -> inspections_pb2.ListPlansResponse:
        """See inspections.proto."""
        async with self._database.connection() as connection:
            plans = await store.list_plans(connection)
        return inspections_pb2.ListPlansResponse(plans=[plan_message(plan) for plan in plans])

    async def ListDueSites(
        self, request: inspections_pb2.ListDueSitesRequest, context: Context
    ) -> inspections_pb2.ListDueSitesResponse:
        """See inspections.proto."""
        wanted = SiteFilter(
            areas=reach_of(current_caller(), READ),
            with_visited=request.with_visited,
            after_code=request.after_code,
            size=request.page_size or SITES,
        )
        sites = await self._inspecting.due(request.plan_id, wanted, request.area_code)
        return inspections_pb2.ListDueSitesResponse(sites=[due_site_message(site) for site in sites])

    async def GetChecklist(
        self, request: inspections_pb2.GetChecklistRequest, context: Context
    ) -> inspections_pb2.GetChecklistResponse:
        """See inspections.proto."""
        plan, site, lines, items, before = await self._inspecting.checklist(
            request.plan_id, request.site_code, current_caller()
        )
        return inspections_pb2.GetChecklistResponse(
            site=due_site_message(site),
            lines=[
                inspections_pb2.ChecklistLine(
                    line=line_message(line),
                    entries=[
                        inspections_pb2.ChecklistEntry(
                            item=item_message(entry.item),
                            found_before=[problem_message(problem) for problem in entry.found_before],
                        )
                        for entry in entries
                    ],
                )
                for line, entries in checklist(lines, items, before, wanted=plan.lines)
            ],
        )

    async def RecordVisits(
        self, request: inspections_pb2.RecordVisitsRequest, context: Context
    ) -> inspections_pb2.RecordVisitsResponse:
        """See inspections.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        visits = [visit_of(visit) for visit in request.visits]
        answer = await self._inspecting.record(key, request.plan_id, visits, caller)
        return inspections_pb2.RecordVisitsResponse.FromString(answer)

    async def RecheckProblems(
        self, request: inspections_pb2.RecheckProblemsRequest, context: Context
    ) -> inspections_pb2.RecheckProblemsResponse:
        """See inspections.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        looks = [recheck_of(look) for look in request.rechecks]
        answer = await self._inspecting.recheck(key, looks, caller)
        return inspections_pb2.RecheckProblemsResponse.FromString(answer)

    async def ListProblems(
        self, request: inspections_pb2.ListProblemsRequest, context: Context
    ) -> inspections_pb2.ListProblemsResponse:
        """See inspections.proto."""
        size = request.page_size or PROBLEMS
        wanted = ProblemFilter(
            areas=reach_of(current_caller(), READ),
            plan_id=_plan_id(request.plan_id),
            site_code=request.site_code,
            open_only=request.open_only,
            before=_before(request.page_token),
            size=size + 1,
        )
        async with self._database.connection() as connection:
            found = await store.list_problems(connection, wanted)
        page = found[:size]
        token = paging.encode(page[-1].found_at.isoformat(), page[-1].id) if len(found) > size else ""
        return inspections_pb2.ListProblemsResponse(
            problems=[problem_message(problem) for problem in page], next_page_token=token
        )


def _plan_id(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        return str(UUID(int=0))


def _before(token: str) -> tuple[datetime, UUID] | None:
    keys = paging.decode(token, keys=2)
    if keys is None:
        return None
    try:
        return datetime.fromisoformat(keys[0]), UUID(keys[1])
    except ValueError as error:
        raise PageTokenInvalid from error


def _require_own_lines(caller: Caller, request: inspections_pb2.ImportItemsRequest) -> None:
    """Fails with FORBIDDEN when a department brings lines of another, or items of lines it does not bring."""
    own = {grant.department_code for grant in caller.grants}
    if "" in own:
        return
    lines = {line.code for line in request.lines if line.department_code in own}
    if len(lines) < len(request.lines) or any(item.line not in lines for item in request.items):
        raise Forbidden(permission="inspections.items.write")
