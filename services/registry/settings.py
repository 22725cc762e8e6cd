"""What registry may be told through the environment."""

from datetime import timedelta

from pydantic import Field, field_validator

from services.platform.settings import SealingSettings

#: City, district, sub-district, community, grid, micro-grid.
LEVELS = 6


class RegistrySettings(SealingSettings):
    """What a city settles about its areas and plugins, beyond what every service with a schema is told."""

    area_code_lengths: tuple[int, ...] = Field(
        default=(6, 6, 9, 12, 15, 18), description="digits of an area's code, from the city down to the micro-grid"
    )
    households_min: int = Field(default=200, description="households of a grid below which an import warns")
    households_max: int = Field(default=450, description="households of a grid above which an import warns")
    grid_reach_m_max: float = Field(default=1000.0, description="metres from a grid's middle that can be walked")
    import_bytes_max: int = Field(default=64 * 1024 * 1024, description="bytes an import of areas may have")
    element_import_bytes_max: int = Field(
        default=1024 * 1024 * 1024, description="bytes an import of people or things may have"
    )
    team_kind_default: str = Field(
        default="urban", description="kind whose team a grid needs when its own kind has no template"
    )
    lease_s: int = Field(default=30, ge=1, description="seconds after which a silent plugin counts as offline")

    @field_validator("area_code_lengths")
    @classmethod
    def _one_for_each_level(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        if len(lengths) != LEVELS or min(lengths) < 1:
            raise ValueError(f"give {LEVELS} lengths, one for each level")
        return lengths

    @property
    def lease_life(self) -> timedelta:
        """How long a lease lasts."""
        return timedelta(seconds=self.lease_s)
