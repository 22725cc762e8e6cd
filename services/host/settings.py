"""Reads what the operator set for the departments' process.

The platform's settings, errors, ids, log and identity are plain Python that does no waiting of its own, so
they serve here as they are. Its database, server and client modules are made of asyncio and never come in.
"""

from pathlib import Path

from pydantic import Field

from services.platform.settings import ServiceSettings


class HostSettings(ServiceSettings):
    """What the host may be told beside what every process is told."""

    registry_address: str = Field(min_length=1, description="host:port of registry, where departments register")
    incidents_address: str = Field(min_length=1, description="host:port of incidents, whose events they hear")
    hook_timeout_s: float = Field(default=10.0, gt=0, description="seconds a hook may take")
    hook_tries: int = Field(default=5, ge=1, description="times an event is tried before it is put aside")
    hook_workers: int = Field(default=8, ge=1, le=64, description="hooks of one plugin that may run at once")
    retry_s: float = Field(default=1.0, gt=0, description="seconds before the second try; each next pause doubles")
    retry_s_max: float = Field(default=60.0, gt=0, description="longest pause between two tries, in seconds")
    state_dir: Path = Field(default=Path("/var/lib/gridward/host"), description="folder for events put aside")
    timezone: str = Field(default="Asia/Shanghai", description="zone of the city's clocks")
