"""Human Resources and Social Security Bureau (人力资源和社会保障局): wages, work and social insurance."""

from plugins.labour.hooks import before_filing, case_dispatched, case_rated, incident_reported

__all__ = ["before_filing", "case_dispatched", "case_rated", "incident_reported"]
