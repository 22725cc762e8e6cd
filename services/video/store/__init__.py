"""Reads and writes what video keeps; each module has its statements beside it."""
