"""Answers calls about departments, posts, people on duty and terminals."""

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc
from gridward.registry.v1 import staff_pb2, staff_pb2_grpc

from services.platform.identity import current_caller
from services.platform.lifecycle import Drain
from services.registry.actions.duty import DutyActions
from services.registry.actions.staff import StaffActions
from services.registry.actions.terminals import TerminalActions
from services.registry.domain.staff import TeamTemplate
from services.registry.servicer.asking import asked, next_page_token, page_of
from services.registry.servicer.moments import moment_given
from services.registry.servicer.people import (
    department_message,
    department_of,
    owner_unit_message,
    owner_unit_of,
    post_message,
    post_of,
    shift_of,
)

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class StaffServicer(staff_pb2_grpc.StaffServiceServicer):
    """See staff.proto."""

    def __init__(self, staff: StaffActions, duty: DutyActions, terminals: TerminalActions, *, drain: Drain) -> None:
        self._staff = staff
        self._duty = duty
        self._terminals = terminals
        self._drain = drain

    async def ImportDepartments(
        self, request: staff_pb2.ImportDepartmentsRequest, context: Context
    ) -> staff_pb2.ImportDepartmentsResponse:
        """See staff.proto."""
        caller = current_caller()
        answer = await self._staff.import_departments(
            [department_of(message) for message in request.departments],
            [owner_unit_of(message) for message in request.owner_units],
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda count: staff_pb2.ImportDepartmentsResponse(changed_count=count),
            ),
        )
        return staff_pb2.ImportDepartmentsResponse.FromString(answer)

    async def ListDepartments(
        self, request: staff_pb2.ListDepartmentsRequest, context: Context
    ) -> staff_pb2.ListDepartmentsResponse:
        """See staff.proto."""
        departments, owner_units = await self._staff.list_departments()
        return staff_pb2.ListDepartmentsResponse(
            departments=[department_message(department) for department in departments],
            owner_units=[owner_unit_message(unit) for unit in owner_units],
        )

    async def ImportPosts(
        self, request: staff_pb2.ImportPostsRequest, context: Context
    ) -> staff_pb2.ImportPostsResponse:
        """See staff.proto."""
        caller = current_caller()
        answer = await self._staff.import_posts(
            [post_of(message) for message in request.posts],
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda count: staff_pb2.ImportPostsResponse(changed_count=count),
            ),
        )
        return staff_pb2.ImportPostsResponse.FromString(answer)

    async def ListPosts(self, request: staff_pb2.ListPostsRequest, context: Context) -> staff_pb2.ListPostsResponse:
        """See staff.proto."""
        after_code, size = page_of(request)
        posts = await self._staff.list_posts(
            caller=current_caller(),
            under_code=request.under_code,
            role=request.role,
            after_code=after_code,
            size=size,
        )
        return staff_pb2.ListPostsResponse(
            posts=[post_message(stored) for stored in posts],
            next_page_token=next_page_token([stored.post.code for stored in posts], size),
        )

    async def SetShift(self, request: staff_pb2.SetShiftRequest, context: Context) -> staff_pb2.SetShiftResponse:
        """See staff.proto."""
        caller = current_caller()
        answer = await self._duty.set_shift(
            request.post_code,
            shift_of(request),
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda stored: staff_pb2.SetShiftResponse(post=post_message(stored)),
            ),
        )
        return staff_pb2.SetShiftResponse.FromString(answer)

    async def FindOnDuty(self, request: staff_pb2.FindOnDutyRequest, context: Context) -> staff_pb2.FindOnDutyResponse:
        """See staff.proto."""
        found = await self._duty.find_on_duty(
            request.area_code,
            role=request.role,
            department_code=request.department_code,
            at=moment_given(request, "at"),
            caller=current_caller(),
        )
        return staff_pb2.FindOnDutyResponse(
            on_duty=[
                staff_pb2.OnDuty(post=post_message(duty.stored), staff_code=duty.staff_code, by_shift=duty.by_shift)
                for duty in found
                if duty.staff_code
            ],
            vacant=[post_message(duty.stored) for duty in found if not duty.staff_code],
        )

    async def CheckGridTeam(
        self, request: staff_pb2.CheckGridTeamRequest, context: Context
    ) -> staff_pb2.CheckGridTeamResponse:
        """See staff.proto."""
        check = await self._duty.check_grid_team(request.area_code, caller=current_caller())
        return staff_pb2.CheckGridTeamResponse(
            pattern=check.pattern,
            required_roles=check.required_roles,
            vacant_roles=check.vacant_roles,
            filled_count=check.filled_count,
            required_count=check.required_count,
        )

    async def ImportTeamTemplates(
        self, request: staff_pb2.ImportTeamTemplatesRequest, context: Context
    ) -> staff_pb2.ImportTeamTemplatesResponse:
        """See staff.proto."""
        caller = current_caller()
        answer = await self._staff.import_team_templates(
            [
                TeamTemplate(kind=message.kind, pattern=message.pattern, roles=tuple(message.roles))
                for message in request.templates
            ],
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda count: staff_pb2.ImportTeamTemplatesResponse(changed_count=count),
            ),
        )
        return staff_pb2.ImportTeamTemplatesResponse.FromString(answer)

    async def ListGrants(self, request: staff_pb2.ListGrantsRequest, context: Context) -> staff_pb2.ListGrantsResponse:
        """See staff.proto."""
        return staff_pb2.ListGrantsResponse(
            grants=[
                staff_pb2.Grant(
                    role=grant.role,
                    area_path=grant.area_path,
                    department_code=grant.department_code,
                    post_code=grant.post_code,
                )
                for grant in await self._duty.list_grants(request.staff_code)
            ]
        )

    async def BindTerminal(
        self, request: staff_pb2.BindTerminalRequest, context: Context
    ) -> staff_pb2.BindTerminalResponse:
        """See staff.proto."""
        caller = current_caller()
        answer = await self._terminals.bind_terminal(
            request.terminal_id,
            grid_code=request.grid_code,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda _: staff_pb2.BindTerminalResponse(),
            ),
        )
        return staff_pb2.BindTerminalResponse.FromString(answer)

    async def CheckTerminal(
        self, request: staff_pb2.CheckTerminalRequest, context: Context
    ) -> staff_pb2.CheckTerminalResponse:
        """See staff.proto."""
        grid_code = await self._terminals.check_terminal(
            request.terminal_id,
            longitude_deg=request.point.longitude_deg,
            latitude_deg=request.point.latitude_deg,
            caller=current_caller(),
        )
        return staff_pb2.CheckTerminalResponse(grid_code=grid_code)

    async def WatchPosts(
        self, request: staff_pb2.WatchPostsRequest, context: Context
    ) -> AsyncIterator[staff_pb2.WatchPostsResponse]:
        """See staff.proto."""
        async for batch in self._staff.watch_posts(request.after_version, drain=self._drain):
            yield staff_pb2.WatchPostsResponse(
                posts=[post_message(stored) for stored in batch.posts],
                departments=[department_message(department) for department in batch.departments],
                version=batch.version,
                complete=batch.complete,
            )
