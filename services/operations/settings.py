"""Reads where the city's data lies: a DSN for each schema, an administrator's, and the object store."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class OperationsSettings(BaseSettings):
    """What the operator's commands may be told through the environment."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDWARD_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    databases_dir: Path | None = Field(
        default=None, description="folder with a file for each role, named after it, that holds its DSN"
    )
    home: Path | None = Field(default=None, description="data folder of a city on one machine, instead of the above")
    database_admin_url: SecretStr | None = Field(
        default=None, description="DSN of an administrator: makes roles and schemas, and sees all rows"
    )
    s3_endpoint: str = Field(default="", description="host:port of the S3 service")
    s3_access_key: SecretStr = Field(default=SecretStr(""), description="access key")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="secret key")
    s3_bucket: str = Field(default="evidence", description="bucket of the evidence")
    s3_secure: bool = Field(default=False, description="speak TLS to it")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")


class RetentionSettings(BaseSettings):
    """How long personal data is kept, in days."""

    model_config = SettingsConfigDict(env_prefix="GRIDWARD_", frozen=True, extra="ignore", env_ignore_empty=True)

    keep_tracks_days: int = Field(default=90, ge=1, description="days that the places of a walk are kept")
    keep_texts_days: int = Field(default=184, ge=30, description="days that text messages which came in are kept")
    keep_contacts_days: int = Field(default=365, ge=30, description="days after the last case that a number is kept")
    keep_notices_days: int = Field(default=365, ge=30, description="days after closing that notices of a case are kept")
    keep_originals_days: int = Field(
        default=184, ge=30, description="days that pictures are kept as they came, with what the phone wrote into them"
    )
    keep_publics_days: int = Field(
        default=30, ge=1, description="days that blurred copies for the public are kept; made anew when looked at"
    )
