"""Reads what a department offers from its `manifest.toml`, without running a line of the department's code."""

from plugins.sdk.manifest.faults import Fault, ManifestInvalid
from plugins.sdk.manifest.model import FilingCondition, FormField, Manifest, Option, PointsRule, TaskType
from plugins.sdk.manifest.reader import check, read

__all__ = [
    "Fault",
    "FilingCondition",
    "FormField",
    "Manifest",
    "ManifestInvalid",
    "Option",
    "PointsRule",
    "TaskType",
    "check",
    "read",
]
