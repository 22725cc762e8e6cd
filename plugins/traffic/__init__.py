"""Traffic Police Detachment (交通警察支队): vehicles that stand where they must not."""

from plugins.traffic.hooks import case_dispatched, case_escalated, incident_reported

__all__ = ["case_dispatched", "case_escalated", "incident_reported"]
