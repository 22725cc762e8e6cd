"""Civil Affairs Bureau (民政局): low-income checks and care visits."""

from plugins.civil_affairs.hooks import before_filing, case_closed, case_disposed, case_signed

__all__ = ["before_filing", "case_closed", "case_disposed", "case_signed"]
