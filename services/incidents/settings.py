"""What the operator may set for incidents."""

from datetime import time
from pathlib import Path

from pydantic import Field, SecretStr

from services.incidents.domain.rulebook import DISPATCH_DESK
from services.platform.settings import DatabaseSettings


class IncidentsSettings(DatabaseSettings):
    """Settings of incidents."""

    timezone: str = Field(default="Asia/Shanghai", description="zone of the city's working calendar and case numbers")
    dispatch_desk: str = Field(default=DISPATCH_DESK, description="desk that takes what no rule claims")
    reports_waiting_max: int = Field(
        default=2000, description="reports that may wait to be stored before callers are turned away"
    )
    seal_file: Path | None = Field(
        default=None, description="ring of sealing keys for numbers and secrets; without it none can be kept"
    )
    webhook_hosts: str = Field(
        default="", description="hosts inside the own network that may be told by signed post, with commas between"
    )
    sms_folder: Path | None = Field(
        default=None, description="folder that plays a carrier of text messages on one machine"
    )
    sms_url: str = Field(
        default="", description="bridge in front of a carrier of text messages; goes before the folder"
    )
    sms_secret: SecretStr | None = Field(default=None, description="with which messages to the bridge are signed")
    sms_quiet_from: time = Field(default=time(22), description="from when nobody off duty is sent a text message")
    sms_quiet_until: time = Field(default=time(7), description="until when")
    sms_gap_s: float = Field(default=60.0, ge=0, description="seconds between two text messages to one telephone")
    sms_day_max: int = Field(default=10, ge=0, description="text messages to one telephone within 24 hours; 0 is any")
    absence_patience_s: float = Field(
        default=120.0,
        ge=0,
        description="seconds a department's program may be away before its open cases fall back to people",
    )
    steps_waiting_max: int = Field(
        default=2000, description="people's steps that may wait to be taken before callers are turned away"
    )
