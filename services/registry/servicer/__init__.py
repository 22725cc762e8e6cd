"""Answers calls: takes requests apart and puts answers together, nothing else; one module for each service."""
