"""Landscaping Centre (园林绿化中心): trees, lawns and the contractor who looks after them."""

from plugins.landscaping.hooks import case_dispatched, hour_struck, incident_reported, message_received

__all__ = ["case_dispatched", "hour_struck", "incident_reported", "message_received"]
