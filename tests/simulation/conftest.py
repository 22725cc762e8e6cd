"""The two real services of the simulation, each over a database of its own."""

from tests.integration.points.conftest import ledger, points_dsn, points_template

__all__ = ["ledger", "points_dsn", "points_template"]
