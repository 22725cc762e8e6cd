"""Ecology and Environment Bureau (生态环境局): water, air, noise and waste."""

from plugins.environment.hooks import case_dispatched, case_disposed, case_escalated, incident_reported

__all__ = ["case_dispatched", "case_disposed", "case_escalated", "incident_reported"]
