"""Answers questions of law, lets the grid council decide, and lets households select (网格驿站, 同心网格议事会)."""
