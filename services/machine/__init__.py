"""Runs the whole of Gridward on one machine: its database, its object store, all services, and the demo city.

No root, no Docker, no network: PostgreSQL and the object store come as wheels, one small supervisor keeps every
process alive, and all data lies in one folder that may be moved or deleted.
"""
