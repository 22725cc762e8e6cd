"""Keeps cases in rows and makes cases of rows, by the named statements of `queries.sql`."""

from services.platform import sql

queries = sql.load("services.incidents")
