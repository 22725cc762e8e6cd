"""What the points service may be told through the environment."""

from pydantic import Field, SecretStr

from services.platform.settings import SealingSettings


class PointsSettings(SealingSettings):
    """What it is told beyond what every service with a schema is."""

    ledger_owner_url: SecretStr | None = Field(
        default=None,
        description="DSN of the role `ledger` that owns the books, used once at the start to bring their tables up to "
        "date; absent when somebody else did that",
    )
    ledger_check_s: float = Field(default=60.0, gt=0, description="seconds between two checks of the books")
    reveal_shown_s: int = Field(
        default=300,
        ge=10,
        le=3600,
        description="seconds for which a volunteer's name in clear may be shown after a look",
    )
    order_task_types: frozenset[str] = Field(
        default=frozenset({"volunteer_service_order"}), description="task types whose cases are residents' orders"
    )
    public_url: str = Field(
        default="", description="address under which people reach the gateway; stands on certificates for checking them"
    )
