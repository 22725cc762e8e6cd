"""Reads what the operator set, once, when a process starts."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class TransportSettings(BaseSettings):
    """How processes prove to each other who they are; with no files at all they trust the network they stand in."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDWARD_",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # a DSN holds a password
    )

    tls_ca_file: Path | None = Field(default=None, description="authority that signed the suite's certificates, PEM")
    tls_certificate_file: Path | None = Field(default=None, description="this process's own certificate, PEM")
    tls_key_file: Path | None = Field(default=None, description="the key of that certificate, PEM")


class ServiceSettings(TransportSettings):
    """What every process of the suite may be told through the environment; a missing one stops the start."""

    environment: str = Field(default="demo", description="'production' refuses everything made for one machine")
    listen: str = Field(default="127.0.0.1:0", description="address and port this process serves on")
    health_listen: str = Field(
        default="", description="address and port of a second door, in plain text, for a cluster's probes alone"
    )
    connection_s: float = Field(
        default=0.0, ge=0, description="seconds after which connections are renewed, for new replicas' sake; 0 is never"
    )
    leave_s: float = Field(
        default=0.0, ge=0, description="seconds between telling clients to go elsewhere and taking no more calls"
    )
    calls_max: int = Field(
        default=500,
        ge=1,
        description="calls served at once; what comes on top is turned away, and sooner while a crowd does not get smaller",
    )
    metrics_port: int = Field(default=0, description="port of /metrics and /healthz; 0 takes a free one")
    metrics_host: str = Field(default="127.0.0.1", description="address of /metrics")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")
    trust_file: Path = Field(description="JWKS file with the public keys of all services")
    signing_key_file: Path = Field(description="this service's own private key, a JWK")
    registry_address: str = Field(default="", description="host:port of registry")
    incidents_address: str = Field(default="", description="host:port of incidents")
    video_address: str = Field(default="", description="host:port of video")
    points_address: str = Field(default="", description="host:port of points")
    amqp_url: SecretStr | None = Field(default=None, description="RabbitMQ for fan-out; absent means event streams")
    otlp_endpoint: str = Field(
        default="", description="collector that takes OTLP over gRPC, for example http://collector:4317; empty is none"
    )
    trace_share: float = Field(default=0.05, ge=0, le=1, description="share of requests that are followed")
    drain_s: float = Field(default=8.0, description="seconds that running calls get when the process is told to stop")


class DatabaseSettings(ServiceSettings):
    """Settings of a service that keeps its own schema."""

    database_url: SecretStr = Field(
        description="DSN of this service's role, for example postgresql://registry:…@…/gridward"
    )
    database_connections_max: int = Field(
        default=12, description="connections this process may hold, besides four for what comes all day"
    )
    migrate_at_start: bool = Field(
        default=True, description="bring the schema forward at the start; false waits until somebody else has done it"
    )


class SealingSettings(DatabaseSettings):
    """Settings of a service that keeps personal data."""

    seal_file: Path = Field(description="this service's ring of sealing keys, see services.platform.seal")


class ObjectStoreSettings(ServiceSettings):
    """Settings of a service that stores files."""

    s3_endpoint: str = Field(description="host:port of an S3 service")
    s3_access_key: SecretStr = Field(description="access key")
    s3_secret_key: SecretStr = Field(description="secret key")
    s3_bucket: str = Field(default="evidence", description="bucket of the evidence")
    s3_secure: bool = Field(default=False, description="speak TLS to it")
