"""Culture and Tourism Bureau (文化和旅游局): merchants of the scenic area, and its ten-minute rescue circle."""

from plugins.tourism.hooks import case_closed, case_disposed, incident_reported, message_received

__all__ = ["case_closed", "case_disposed", "incident_reported", "message_received"]
