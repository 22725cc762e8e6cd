"""Says in the contract's messages what a department's manifest offers: task types with all their traits, inspections."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID, uuid5

from gridward.incidents.v1 import inspections_pb2
from gridward.registry.v1 import tasks_pb2

from plugins.sdk.manifest import FilingCondition, Manifest, TaskType
from plugins.sdk.manifest.form import schema_of
from services.host.translate import number_of

#: Under this, the id of what a plugin says of inspections follows from its words.
ITEMS: Final = UUID("0d2f7c9e-54b1-5d6f-9a77-3c1f0e8b6a42")
SEVERITIES: Final[Mapping[str, inspections_pb2.Severity.ValueType]] = {
    "general": inspections_pb2.SEVERITY_MINOR,
    "major": inspections_pb2.SEVERITY_MAJOR,
    "critical": inspections_pb2.SEVERITY_CRITICAL,
}


def task_type_to(task_type: TaskType, department_code: str) -> tasks_pb2.TaskType:
    """A task type of a manifest, as the registry keeps it."""
    return tasks_pb2.TaskType(
        code=task_type.code,
        title=task_type.title,
        title_en=task_type.title_en,
        department_code=department_code,
        co_department_codes=task_type.co_departments,
        category_code=task_type.category,
        filing_conditions=[_condition_to(condition) for condition in task_type.filing_conditions],
        form_schema=schema_of(task_type.fields),
        min_photos=task_type.min_photos,
        check_mode=task_type.check_mode,
        emergency=task_type.emergency,
        keywords=task_type.keywords,
        points=tasks_pb2.PointsRule(beneficiary=task_type.points.beneficiary, base_points=task_type.points.base_points),
        duplicate_distance_m=task_type.duplicate_distance_m,
        traits=_traits_to(task_type),
    )


def _traits_to(task_type: TaskType) -> tasks_pb2.TaskTraits | None:
    """What a task type has beyond the usual; None when that is nothing."""
    traits = tasks_pb2.TaskTraits(
        photos_at_disposal=task_type.photos.disposal,
        photos_at_check=task_type.photos.check,
        hints=[
            tasks_pb2.RoutingHint(field=hint.field, value=hint.value, department_code=hint.department)
            for hint in task_type.hints
        ],
        stages=[
            tasks_pb2.DisposalStage(code=stage.code, title=stage.title, title_en=stage.title_en, next=stage.next)
            for stage in task_type.stages
        ],
        notices=[
            tasks_pb2.TaskNotice(at=notice.at, to=notice.to, text=notice.text, text_en=notice.text_en)
            for notice in task_type.notices
        ],
    )
    return traits if traits.ByteSize() else None


def items_to(offered: Manifest) -> inspections_pb2.ImportItemsRequest:
    """What a manifest says of inspections, under an id that is the same for the same words."""
    request = inspections_pb2.ImportItemsRequest(
        lines=[
            inspections_pb2.InspectionLine(
                code=line.code, name=line.title, name_en=line.title_en, department_code=offered.department
            )
            for line in offered.inspection_lines
        ],
        items=[
            inspections_pb2.InspectionItem(
                code=item.code,
                line=item.line,
                title=item.title,
                title_en=item.title_en,
                severity=SEVERITIES[item.severity],
                rectify_department=item.rectify_department,
                task_type=item.task_type,
                photo_required=item.photo_required,
            )
            for item in offered.inspection_items
        ],
    )
    request.request_id = _id_of(request, offered.name)
    return request


def known_items(
    whole: inspections_pb2.ImportItemsRequest, *, task_types: Collection[str], departments: Collection[str]
) -> inspections_pb2.ImportItemsRequest:
    """Those of a department's items that name nothing but what is there."""
    part = inspections_pb2.ImportItemsRequest(
        lines=whole.lines,
        items=[item for item in whole.items if item.task_type in task_types and item.rectify_department in departments],
    )
    part.request_id = _id_of(part, whole.request_id)
    return part


def _id_of(request: inspections_pb2.ImportItemsRequest, whose: str) -> str:
    return str(uuid5(ITEMS, f"{whose}/{request.SerializeToString(deterministic=True).hex()}"))


def _condition_to(condition: FilingCondition) -> tasks_pb2.FilingCondition:
    unit = tasks_pb2.LimitUnit.ValueType(number_of(condition.limit.unit))
    return tasks_pb2.FilingCondition(
        code=condition.code,
        title=condition.title,
        title_en=condition.title_en,
        limit=tasks_pb2.Limit(value=condition.limit.value, unit=unit),
        closing_condition=condition.closing_condition,
        closing_condition_en=condition.closing_condition_en,
    )
