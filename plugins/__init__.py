"""Departments of the city, each a package of its own, and the kit they are written with."""
