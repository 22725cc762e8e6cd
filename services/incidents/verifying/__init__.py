"""Verifies the sealed histories of all cases: `python -m services.incidents verify`."""
