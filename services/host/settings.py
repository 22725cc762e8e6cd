"""Reads what the operator set for the departments' process.

The platform's settings, errors, ids, log and identity are plain Python that does no waiting of its own, so
they serve here as they are. Its database, server and client modules are made of asyncio and never come in.
"""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.platform.settings import ServiceSettings


class LetterSettings(BaseSettings):
    """All that looking at letters needs."""

    model_config = SettingsConfigDict(env_prefix="GRIDWARD_", frozen=True, extra="ignore", hide_input_in_errors=True)

    state_dir: Path = Field(default=Path("/var/lib/gridward/host"), description="the host's state folder")
    database_url: SecretStr | None = Field(default=None, description="DSN of the hosts' shared desk, instead of a file")
    amqp_url: SecretStr | None = Field(default=None, description="RabbitMQ, where the city has one")
    plugin_release: str = Field(default="", description="name of the release that runs here, beside others")


class HostSettings(ServiceSettings):
    """What the host may be told beside what every process is told."""

    registry_address: str = Field(min_length=1, description="host:port of registry, where departments register")
    incidents_address: str = Field(min_length=1, description="host:port of incidents, whose events they hear")
    plugin_release: str = Field(
        default="",
        pattern=r"^([a-z0-9][a-z0-9_.-]{0,39})?$",
        description="name of this release, when a newer version is to run beside an older one",
    )
    hook_timeout_s: float = Field(default=10.0, gt=0, description="seconds a hook may take")
    hook_block_s: float = Field(default=3.0, gt=0, description="seconds a hook may compute without letting others")
    hook_tries: int = Field(default=5, ge=1, description="times an event is tried before it is put aside")
    hook_workers: int = Field(default=8, ge=1, le=64, description="hooks of one plugin that may run at once")
    retry_s: float = Field(default=1.0, gt=0, description="seconds before the second try; each next pause doubles")
    retry_s_max: float = Field(default=60.0, gt=0, description="longest pause between two tries, in seconds")
    state_dir: Path = Field(default=Path("/var/lib/gridward/host"), description="folder for what outlives a restart")
    database_url: SecretStr | None = Field(
        default=None,
        description="DSN of a schema that keeps it instead, for a second host to stand by; not through a pooler",
    )
    plugin_settings_file: Path | None = Field(default=None, description="TOML file, a table for each plugin")
    plugin_secrets_dir: Path | None = Field(default=None, description="folder of secrets: <plugin>/<name>")
    plugin_policy_file: Path | None = Field(default=None, description="TOML file: what plugins may ask for")
    city_calls_max: int = Field(default=100, ge=1, description="things a hook may ask of the city in one call")
    s3_endpoint: str = Field(default="", description="host:port of the object store, where papers are kept")
    s3_access_key: SecretStr = Field(default=SecretStr(""), description="access key")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="secret key")
    s3_bucket: str = Field(default="evidence", description="bucket of the evidence")
    s3_secure: bool = Field(default=False, description="speak TLS to it")
    timezone: str = Field(default="Asia/Shanghai", description="zone of the city's clocks")
