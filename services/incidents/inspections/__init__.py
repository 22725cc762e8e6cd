"""Inspections over all lines: places due, checklists, what was found, and the re-check that alone closes it."""
