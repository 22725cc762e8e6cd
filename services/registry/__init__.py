"""Knows the city: its areas down to the grid, who stands on which post, and what the city does something about.

It is where a place gets its grid, a post its holder and a department's task type its admission. Everybody else asks
here, or keeps a picture of it by following its streams.
"""
