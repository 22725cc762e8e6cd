"""Reads what the operator chose for this machine; every choice has a value that works."""

import os
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT: Final = Path(__file__).resolve().parents[2]
#: What concerns the launcher alone; no service is told.
LAUNCHER_ONLY: Final = frozenset({"GRIDWARD_DATABASE_ADMIN_URL", "GRIDWARD_HOME", "GRIDWARD_PORT"})


def _default_home() -> Path:
    """Beside the code in a clone; where the operator stands when the code was installed as a package."""
    return (ROOT if (ROOT / "pyproject.toml").exists() else Path.cwd()) / "var"


class MachineSettings(BaseSettings):
    """What `make run` may be told through the environment."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDWARD_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    home: Path = Field(default_factory=_default_home, description="folder of all data, keys and logs")
    port: int = Field(default=8100, ge=1, le=65535, description="port that people open in a browser")
    database_admin_url: SecretStr | None = Field(
        default=None, description="administrator's DSN of a PostgreSQL 15 or later; absent means the embedded one"
    )
    s3_endpoint: str = Field(default="", description="host:port of an S3 service; absent means the embedded one")
    s3_access_key: SecretStr = Field(default=SecretStr(""), description="access key at that service")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="secret key at that service")
    s3_bucket: str = Field(default="evidence", description="bucket of the evidence")
    s3_secure: bool = Field(default=False, description="speak TLS to that service")
    amqp_url: SecretStr | None = Field(default=None, description="RabbitMQ for fan-out; absent means event streams")
    demo_traffic: bool = Field(
        default=True, validation_alias="DEMO_TRAFFIC", description="let the demo city's people report and work"
    )


def inherited_environment() -> dict[str, str]:
    """What every program we start is told as well: the operator's environment without what concerns us alone."""
    kept = {name: value for name, value in os.environ.items() if name not in LAUNCHER_ONLY}  # noqa: TID251 settings
    return {**kept, "PYTHONUNBUFFERED": "1"}
