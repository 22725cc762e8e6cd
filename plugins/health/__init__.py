"""Health Commission (卫生健康委员会): hygiene, and whoever missed a screening."""

from plugins.health.hooks import case_closed, case_signed, day_began, incident_reported, message_received

__all__ = ["case_closed", "case_signed", "day_began", "incident_reported", "message_received"]
