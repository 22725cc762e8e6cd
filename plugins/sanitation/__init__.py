"""Sanitation Centre (市容环境卫生中心): litter, bins and rubble."""

from plugins.sanitation.hooks import case_closed, incident_reported

__all__ = ["case_closed", "incident_reported"]
