"""Emergency Management Bureau (应急管理局): work safety, with a plan and a second look."""

from plugins.emergency.hooks import before_filing, case_closed, case_disposed, case_signed, day_began

__all__ = ["before_filing", "case_closed", "case_disposed", "case_signed", "day_began"]
