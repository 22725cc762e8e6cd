"""Looks through the city's cameras, keeps what they showed, and files the reports that come of it.

A frame is fetched by a process of its own, which is ended when a camera hangs. What is kept is never changed: the
frame in the object store, its SHA-256 and the circumstances here. Stream addresses go in and never come out again.
"""
