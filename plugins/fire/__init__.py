"""Fire and Rescue Detachment (消防救援支队): fire lanes, exits and charging."""

from plugins.fire.hooks import before_filing, case_disposed, case_overdue, incident_reported

__all__ = ["before_filing", "case_disposed", "case_overdue", "incident_reported"]
