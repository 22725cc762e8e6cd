"""Urban Management Bureau (城市管理局): street trade, advertisements, illegal buildings and order in the street."""

from plugins.urban_management.hooks import case_dispatched, case_disposed, case_escalated

__all__ = ["case_dispatched", "case_disposed", "case_escalated"]
