"""Moves open cases along when the city's areas are split, merged or moved."""
