"""Rows of points, by named statements."""
