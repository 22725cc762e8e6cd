"""Checks of public standards that anyone may run against any server."""
