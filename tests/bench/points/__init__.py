"""Measures the points ledger, and kills what it stands on in the middle of work."""
