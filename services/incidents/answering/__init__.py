"""Fills in the form of a task type while a case is worked: what a solver must know in the end."""
