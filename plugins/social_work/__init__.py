"""Social Work Department (社会工作部): what residents order and volunteers give."""

from plugins.social_work.hooks import case_rated, case_signed, incident_reported

__all__ = ["case_rated", "case_signed", "incident_reported"]
