"""Answers calls about areas, staff and task types: takes requests apart and puts answers together, nothing else."""

from services.registry.servicer.areas import AreasServicer
from services.registry.servicer.staff import StaffServicer
from services.registry.servicer.tasks import TasksServicer

__all__ = ["AreasServicer", "StaffServicer", "TasksServicer"]
