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
