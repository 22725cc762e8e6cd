"""Answers calls about task types and plugins."""

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc
from google.protobuf import json_format
from gridward.registry.v1 import tasks_pb2, tasks_pb2_grpc

from services.platform.identity import current_caller
from services.platform.lifecycle import Drain
from services.registry.actions.tasks import TaskActions
from services.registry.domain.tasks import Admission, Definition, FilingCondition, Offered, Plugin, PluginSeen, TaskType
from services.registry.servicer.asking import asked
from services.registry.servicer.plugins import orders_message

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class TasksServicer(tasks_pb2_grpc.TasksServiceServicer):
    """See tasks.proto."""

    def __init__(self, actions: TaskActions, *, lease_s: int, drain: Drain) -> None:
        self._actions = actions
        self._lease_s = lease_s
        self._drain = drain

    async def RegisterPlugin(
        self, request: tasks_pb2.RegisterPluginRequest, context: Context
    ) -> tasks_pb2.RegisterPluginResponse:
        """See tasks.proto."""
        registration = await self._actions.register_plugin(
            Plugin(
                name=request.plugin,
                version=request.plugin_version,
                sdk_version=request.sdk_version,
                department_code=request.department_code,
            ),
            [_offered(message) for message in request.task_types],
            instance_id=request.instance_id,
            release=request.release,
            caller=current_caller(),
        )
        return tasks_pb2.RegisterPluginResponse(
            lease_id=registration.lease.id,
            lease_s=self._lease_s,
            task_types=[task_type_message(task_type) for task_type in registration.task_types],
            orders=orders_message(registration.orders),
        )

    async def ImportTaskTypes(
        self, request: tasks_pb2.ImportTaskTypesRequest, context: Context
    ) -> tasks_pb2.ImportTaskTypesResponse:
        """See tasks.proto."""
        caller = current_caller()
        answer = await self._actions.import_task_types(
            [_offered(message) for message in request.task_types],
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda stored: tasks_pb2.ImportTaskTypesResponse(
                    task_types=[task_type_message(task_type) for task_type in stored]
                ),
            ),
        )
        return tasks_pb2.ImportTaskTypesResponse.FromString(answer)

    async def RenewLease(self, request: tasks_pb2.RenewLeaseRequest, context: Context) -> tasks_pb2.RenewLeaseResponse:
        """See tasks.proto."""
        lease, orders = await self._actions.renew_lease(request.lease_id, caller=current_caller())
        answer = tasks_pb2.RenewLeaseResponse(orders=orders_message(orders))
        answer.expires_at.FromDatetime(lease.expires_at)
        return answer

    async def ListPlugins(
        self, request: tasks_pb2.ListPluginsRequest, context: Context
    ) -> tasks_pb2.ListPluginsResponse:
        """See tasks.proto."""
        return tasks_pb2.ListPluginsResponse(
            plugins=[_plugin_message(seen) for seen in await self._actions.list_plugins()]
        )

    async def ListTaskTypes(
        self, request: tasks_pb2.ListTaskTypesRequest, context: Context
    ) -> tasks_pb2.ListTaskTypesResponse:
        """See tasks.proto."""
        found = await self._actions.list_task_types(
            department_code=request.department_code, admission=request.admission
        )
        return tasks_pb2.ListTaskTypesResponse(task_types=[task_type_message(task_type) for task_type in found])

    async def DecideAdmission(
        self, request: tasks_pb2.DecideAdmissionRequest, context: Context
    ) -> tasks_pb2.DecideAdmissionResponse:
        """See tasks.proto."""
        caller = current_caller()
        answer = await self._actions.decide_admission(
            request.code,
            admission=Admission(request.admission),
            reason=request.reason,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda task_type: tasks_pb2.DecideAdmissionResponse(task_type=task_type_message(task_type)),
            ),
        )
        return tasks_pb2.DecideAdmissionResponse.FromString(answer)

    async def WatchTaskTypes(
        self, request: tasks_pb2.WatchTaskTypesRequest, context: Context
    ) -> AsyncIterator[tasks_pb2.WatchTaskTypesResponse]:
        """See tasks.proto."""
        async for batch in self._actions.watch_task_types(request.after_version, drain=self._drain):
            yield tasks_pb2.WatchTaskTypesResponse(
                task_types=[task_type_message(task_type) for task_type in batch.task_types],
                version=batch.version,
                complete=batch.complete,
            )


def task_type_message(task_type: TaskType) -> tasks_pb2.TaskType:
    """A task type as others are told of it."""
    definition = task_type.definition
    return tasks_pb2.TaskType(
        code=task_type.code,
        version=task_type.version,
        title=definition.title,
        title_en=definition.title_en,
        department_code=definition.department_code,
        co_department_codes=definition.co_department_codes,
        category_code=definition.category_code,
        filing_conditions=[_condition_message(condition) for condition in definition.filing_conditions],
        form_schema=definition.form_schema,
        min_photos=definition.min_photos,
        check_mode=definition.check_mode,
        emergency=definition.emergency,
        keywords=definition.keywords,
        points=tasks_pb2.PointsRule(beneficiary=definition.beneficiary, base_points=definition.base_points),
        duplicate_distance_m=definition.duplicate_distance_m,
        plugin=task_type.plugin,
        admission=tasks_pb2.AdmissionState.ValueType(task_type.admission),
        change_version=task_type.change_version,
        traits=json_format.Parse(definition.traits, tasks_pb2.TaskTraits()) if definition.traits else None,
    )


def _condition_message(condition: FilingCondition) -> tasks_pb2.FilingCondition:
    return tasks_pb2.FilingCondition(
        code=condition.code,
        title=condition.title,
        title_en=condition.title_en,
        limit=tasks_pb2.Limit(value=condition.limit_value, unit=tasks_pb2.LimitUnit.ValueType(condition.limit_unit)),
        closing_condition=condition.closing_condition,
        closing_condition_en=condition.closing_condition_en,
    )


def _plugin_message(seen: PluginSeen) -> tasks_pb2.Plugin:
    message = tasks_pb2.Plugin(
        name=seen.plugin.name,
        version=seen.plugin.version,
        department_code=seen.plugin.department_code,
        online=seen.online,
        task_types=seen.task_types,
    )
    message.seen_at.FromDatetime(seen.seen_at)
    return message


def _offered(message: tasks_pb2.TaskType) -> Offered:
    """A task type as it is brought; version, plugin and admission are output only."""
    conditions = (
        FilingCondition(
            code=condition.code,
            title=condition.title,
            title_en=condition.title_en,
            limit_value=condition.limit.value,
            limit_unit=condition.limit.unit,
            closing_condition=condition.closing_condition,
            closing_condition_en=condition.closing_condition_en,
        )
        for condition in message.filing_conditions
    )
    return Offered(
        code=message.code,
        definition=Definition(
            title=message.title,
            title_en=message.title_en,
            department_code=message.department_code,
            co_department_codes=tuple(message.co_department_codes),
            category_code=message.category_code,
            filing_conditions=tuple(conditions),
            form_schema=message.form_schema,
            min_photos=message.min_photos,
            check_mode=message.check_mode,
            emergency=message.emergency,
            keywords=tuple(message.keywords),
            beneficiary=message.points.beneficiary,
            base_points=message.points.base_points,
            duplicate_distance_m=message.duplicate_distance_m,
            traits=_traits_text(message),
        ),
    )


def _traits_text(message: tasks_pb2.TaskType) -> str:
    """The traits of a type as they are kept: the same traits are the same text."""
    if not message.HasField("traits"):
        return ""
    return json_format.MessageToJson(message.traits, indent=None, sort_keys=True, ensure_ascii=False)
