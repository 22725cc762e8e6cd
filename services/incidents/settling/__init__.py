"""Lets the city settle when its areas work and how the cases of a task type are worked, version by version."""
