"""Reads what the operator set for the door: where it stands, how people sign in, and how long they stay."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.gateway.strictness import SecurityProfile
from services.platform.settings import DatabaseSettings, ObjectStoreSettings

PRODUCTION = "production"


class GatewaySettings(DatabaseSettings, ObjectStoreSettings):
    """What the gateway may be told through the environment."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    gateway_url: str = Field(default="", description="address people open, for example https://city.example")
    demo: bool = Field(default=False, description="show the demonstration accounts on the sign-in page")
    demo_password: str = Field(default="gridward", description="the password shown with them")
    host_url: str = Field(
        default="", description="where the host answers, for departments' own systems; {plugin} is replaced"
    )
    timezone: str = Field(default="Asia/Shanghai", description="zone of times that photos state without one")
    session_hours: float = Field(default=12.0, description="hours after which everyone signs in again")
    session_idle_minutes: float = Field(default=240.0, description="minutes without a request that end a session")
    requests_per_minute: int = Field(
        default=3000, ge=60, description="requests of one signed-in person in a minute, at each gateway"
    )
    security_profile: SecurityProfile = Field(
        default=SecurityProfile.ASVS, description="asvs or mlps3: whose rules for passwords, stays and locks hold"
    )
    forwarded_allow_ips: str = Field(default="127.0.0.1", description="proxies whose X-Forwarded headers count")
    oidc_issuer: str = Field(default="", description="address of the OpenID Connect issuer; empty means built-in")
    oidc_client_id: str = Field(default="gridward", description="client id at the issuer")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="client secret at the issuer")
    oidc_scope: str = Field(default="openid profile", description="scopes asked for")
    oidc_login_claim: str = Field(default="preferred_username", description="claim that holds the account's login")

    second_factor_roles: str = Field(
        default="system_admin,duty_chief,dispatcher,data_steward,auditor",
        description="roles that show a second proof, with commas between; empty asks nobody",
    )
    seal_file: Path | None = Field(default=None, description="ring of sealing keys, see services.platform.seal")

    open311_jurisdiction: str = Field(default="", description="jurisdiction_id of Open311; empty means the city's code")
    open311_contact: str = Field(default="", description="whom to ask for an Open311 key: an address or a sentence")

    @model_validator(mode="after")
    def _built_in_accounts_stay_out_of_production(self) -> Self:
        if self.environment == PRODUCTION and not self.oidc_issuer:
            raise ValueError("passwords kept here are not for production: set GRIDWARD_OIDC_ISSUER")
        if self.environment == PRODUCTION and self.demo:
            raise ValueError("GRIDWARD_DEMO is not for production")
        if self.second_factor_roles and self.seal_file is None:
            raise ValueError("a second factor needs keys to seal its secrets with: set GRIDWARD_SEAL_FILE")
        return self

    @property
    def demanding_roles(self) -> frozenset[str]:
        """Roles that show a second proof."""
        return frozenset(role.strip() for role in self.second_factor_roles.split(",") if role.strip())

    @property
    def secure(self) -> bool:
        """Whether people come by https, so that cookies can be bound to it."""
        return urlsplit(self.gateway_url).scheme == "https"

    @property
    def passwords(self) -> bool:
        """Whether the built-in issuer is open."""
        return self.environment != PRODUCTION


class AccountSettings(BaseSettings):
    """All that bringing in accounts needs."""

    model_config = SettingsConfigDict(env_prefix="GRIDWARD_", frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: SecretStr = Field(description="DSN of the gateway's role")
    security_profile: SecurityProfile = Field(default=SecurityProfile.ASVS, description="as the gateway is told")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")
