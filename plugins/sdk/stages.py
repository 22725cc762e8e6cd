"""Keeps to the stages of disposal that a task type declares: which comes first, and which may follow which."""

from plugins.sdk.errors import Refused
from plugins.sdk.manifest import TaskType


def first_stage(task_type: TaskType | None) -> str:
    """The stage in which every case of the type begins; empty when the type has no stages."""
    return task_type.stages[0].code if task_type and task_type.stages else ""


def require_way(task_type: TaskType | None, before: str, after: str) -> None:
    """Fails with Refused (STAGE_NOT_LEGAL) when the manifest leads no way from one stage to the other."""
    stages = {stage.code: stage for stage in task_type.stages} if task_type else {}
    if before not in stages or after not in stages[before].next:
        raise Refused(reason="STAGE_NOT_LEGAL", message=f"no way leads from stage {before!r} to {after!r}")
