"""Market Regulation Bureau (市场监督管理局): shops, food and weights."""

from plugins.market.hooks import before_filing, case_dispatched, case_rated, incident_reported

__all__ = ["before_filing", "case_dispatched", "case_rated", "incident_reported"]
