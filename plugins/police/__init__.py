"""Public Security Bureau (公安局): focus persons, rentals and clues."""

from plugins.police.hooks import before_filing, case_dispatched, case_disposed, incident_reported

__all__ = ["before_filing", "case_dispatched", "case_disposed", "incident_reported"]
