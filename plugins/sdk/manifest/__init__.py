"""Reads what a department offers from its `manifest.toml`, without running a line of the department's code."""

from plugins.sdk.manifest.faults import Fault, ManifestInvalid
from plugins.sdk.manifest.model import (
    FilingCondition,
    FormField,
    Hint,
    InspectionItem,
    InspectionLine,
    Manifest,
    Notice,
    Option,
    Photos,
    PointsRule,
    SecretField,
    SettingField,
    Stage,
    TaskType,
)
from plugins.sdk.manifest.reader import check, read

__all__ = [
    "Fault",
    "FilingCondition",
    "FormField",
    "Hint",
    "InspectionItem",
    "InspectionLine",
    "Manifest",
    "ManifestInvalid",
    "Notice",
    "Option",
    "Photos",
    "PointsRule",
    "SecretField",
    "SettingField",
    "Stage",
    "TaskType",
    "check",
    "read",
]
