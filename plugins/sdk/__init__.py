"""Everything a department needs to bring its task types and its know-how into the city, and all it may import."""

from plugins.sdk.case import (
    Award,
    Case,
    CaseFile,
    CaseState,
    Evidence,
    EvidenceKind,
    FormAnswer,
    HistoryEntry,
    Leg,
    LegalStep,
    Limit,
    LimitUnit,
    Point,
    Signal,
    Source,
    StepKind,
)
from plugins.sdk.city import City, Report, Step, Text
from plugins.sdk.errors import Away, CityError, Moved, Refused
from plugins.sdk.hooks import hookimpl
from plugins.sdk.locale import Words
from plugins.sdk.version import SDK_VERSION

__all__ = [
    "SDK_VERSION",
    "Award",
    "Away",
    "Case",
    "CaseFile",
    "CaseState",
    "City",
    "CityError",
    "Evidence",
    "EvidenceKind",
    "FormAnswer",
    "HistoryEntry",
    "Leg",
    "LegalStep",
    "Limit",
    "LimitUnit",
    "Moved",
    "Point",
    "Refused",
    "Report",
    "Signal",
    "Source",
    "Step",
    "StepKind",
    "Text",
    "Words",
    "hookimpl",
]
