"""What registry may be told through the environment."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from services.platform.settings import SealingSettings
from services.registry.domain.patrols import DutyRules

#: City, district, sub-district, community, grid, micro-grid.
LEVELS = 6


class RegistrySettings(SealingSettings):
    """What a city settles about its areas and plugins, beyond what every service with a schema is told."""

    area_code_lengths: tuple[int, ...] = Field(
        default=(6, 6, 9, 12, 15, 18), description="digits of an area's code, from the city down to the micro-grid"
    )
    area_code_lengths_of: dict[str, tuple[int, ...]] = Field(
        default_factory=dict,
        description="the same for places inside that keep codes of their own, by what their codes begin with, "
        'for example {"430882": [6, 6, 9, 12, 16, 19]}',
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
    reveal_shown_s: int = Field(
        default=300, ge=10, le=3600, description="seconds for which personal items in clear may be shown after a look"
    )
    joint_group_size: int = Field(default=10, ge=1, description="households of a ten-household group (十户联防组)")
    timezone: str = Field(default="Asia/Shanghai", description="zone of the city's days and months")
    patrol_minutes_min: int = Field(default=120, ge=0, description="minutes a grid must be walked each day")
    patrol_windows: str = Field(
        default="08:00-12:00,14:00-18:00", description="times of the day; a walk begun in each is a round"
    )
    patrol_rounds_min: int = Field(default=2, ge=0, description="rounds a grid must be walked each day")
    patrol_joint_weekday: int = Field(default=5, ge=0, le=7, description="day of the joint patrol, 1 is Monday, 0 none")
    patrol_joint_parties_min: int = Field(default=3, ge=0, description="kinds of parties a joint patrol must have")
    patrol_accuracy_m_max: float = Field(
        default=50.0, description="metres of uncertainty beyond which a place is left out"
    )
    tracks_kept_days: int = Field(default=90, ge=1, description="days that the places of a track are kept")
    lease_s: int = Field(default=30, ge=1, description="seconds after which a silent plugin counts as offline")

    @field_validator("area_code_lengths")
    @classmethod
    def _one_for_each_level(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        if len(lengths) != LEVELS or min(lengths) < 1:
            raise ValueError(f"give {LEVELS} lengths, one for each level")
        return lengths

    @field_validator("area_code_lengths_of")
    @classmethod
    def _by_digits(cls, lengths_of: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        for beginning, lengths in lengths_of.items():
            if not (beginning.isascii() and beginning.isdecimal()):
                raise ValueError("name places by the digits their codes begin with")
            cls._one_for_each_level(lengths)
        return lengths_of

    @property
    def duty_rules(self) -> DutyRules:
        """What the city asks of a grid each day."""
        windows = [window.split("-") for window in self.patrol_windows.split(",") if window.strip()]
        return DutyRules(
            minutes_min=self.patrol_minutes_min,
            windows=tuple((time.fromisoformat(a.strip()), time.fromisoformat(b.strip())) for a, b in windows),
            rounds_min=self.patrol_rounds_min,
            joint_weekday=self.patrol_joint_weekday,
            joint_parties_min=self.patrol_joint_parties_min,
            zone=ZoneInfo(self.timezone),
        )

    @property
    def lease_life(self) -> timedelta:
        """How long a lease lasts."""
        return timedelta(seconds=self.lease_s)
