"""Municipal Works Centre (市政公用服务中心): manhole covers, road surfaces, street lamps and the like."""

from plugins.municipal_works.hooks import (
    case_closed,
    case_overdue,
    case_returned,
    incident_reported,
)

__all__ = ["case_closed", "case_overdue", "case_returned", "incident_reported"]
