"""Holds for every test of the tree, the departments' own included."""

from hypothesis import settings

# An example that takes long on a machine where much runs beside is not wrong.
settings.register_profile("gridward", deadline=None)
settings.load_profile("gridward")
