"""Housing and Urban-Rural Development Bureau (住房和城乡建设局): gas, facades and building sites."""

from plugins.housing.hooks import before_filing, case_dispatched, case_overdue, incident_reported

__all__ = ["before_filing", "case_dispatched", "case_overdue", "incident_reported"]
