"""Keeps at hand what the rules need to know of the city: registry's areas, task types and posts, and what is settled.

Nothing here is asked for while a report waits: a background task follows registry's streams, and when registry is
away the last picture serves on.
"""
