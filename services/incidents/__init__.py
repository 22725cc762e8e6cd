"""Incidents carries every case from report to rating: locate, route, time, escalate, check, close; and explains it."""
