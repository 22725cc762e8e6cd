"""Looks at pictures: decodes, measures, compares, detects and draws, in processes of its own that may break freely."""
