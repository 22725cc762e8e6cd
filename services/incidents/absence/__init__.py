"""Sees to it that no open case waits for a department's program that is away.

Registry tells when a program falls silent, is suspended or withdrawn. After a short patience its open cases fall back
to the dispatch desk: each says so in its history, the people of the department and of the desk are told once, and the
absence is kept with its numbers.
"""
