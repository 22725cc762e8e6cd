"""Water Affairs Bureau (水务局): ponding, sewage and embankments."""

from plugins.water.hooks import before_filing, case_closed, incident_reported

__all__ = ["before_filing", "case_closed", "incident_reported"]
