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
from plugins.sdk.city import City, Component, Document, Json, Letter, Loan, Memory, Report, Search, Setting, Step, Text
from plugins.sdk.errors import Away, CityError, Moved, Refused
from plugins.sdk.geometry import distance_m
from plugins.sdk.hooks import Message, hookimpl
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
    "Component",
    "Document",
    "Evidence",
    "EvidenceKind",
    "FormAnswer",
    "HistoryEntry",
    "Json",
    "Leg",
    "LegalStep",
    "Letter",
    "Limit",
    "LimitUnit",
    "Loan",
    "Memory",
    "Message",
    "Moved",
    "Point",
    "Refused",
    "Report",
    "Search",
    "Setting",
    "Signal",
    "Source",
    "Step",
    "StepKind",
    "Text",
    "Words",
    "distance_m",
    "hookimpl",
]
