"""Makes the answers that are kept with what they answer, so that a repeated request gets the very same one."""

from collections.abc import Iterable

from gridward.incidents.v1 import cases_pb2, incidents_pb2

from services.incidents.domain.case import HistoryEntry
from services.incidents.domain.workflow import LegalStep
from services.incidents.duplicates.domain import Match
from services.incidents.messages.outgoing import duplicate_message, entry_message, legal_step_message


def filed(case: cases_pb2.Case, duplicates: Iterable[Match]) -> bytes:
    """A report was filed."""
    return incidents_pb2.ReportIncidentResponse(
        case=case, duplicates=[duplicate_message(match) for match in duplicates]
    ).SerializeToString()


def advanced(case: cases_pb2.Case, entries: Iterable[HistoryEntry], steps: Iterable[LegalStep]) -> bytes:
    """Steps were taken."""
    return incidents_pb2.AdvanceCaseResponse(
        case=case,
        entries=[entry_message(entry) for entry in entries],
        legal_steps=[legal_step_message(step) for step in steps],
    ).SerializeToString()


def stale(case: cases_pb2.Case, steps: Iterable[LegalStep]) -> cases_pb2.StaleCase:
    """Somebody else was faster; the case as it is now."""
    return cases_pb2.StaleCase(case=case, legal_steps=[legal_step_message(step) for step in steps])
