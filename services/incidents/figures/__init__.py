"""Counts how the city does: today, this month, by area, by department."""
