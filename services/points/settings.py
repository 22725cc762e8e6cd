"""What the points service may be told through the environment."""

from services.platform.settings import DatabaseSettings


class PointsSettings(DatabaseSettings):
    """Nothing beyond what every service with a schema is told."""
