"""Justice Bureau (司法局): mediation, from acceptance to a signed agreement."""

from plugins.justice.hooks import (
    before_filing,
    case_closed,
    case_disposed,
    case_escalated,
    case_overdue,
    case_returned,
    case_signed,
    incident_reported,
    message_received,
)

__all__ = [
    "before_filing",
    "case_closed",
    "case_disposed",
    "case_escalated",
    "case_overdue",
    "case_returned",
    "case_signed",
    "incident_reported",
    "message_received",
]
