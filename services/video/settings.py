"""What the video service may be told through the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from services.platform.settings import DatabaseSettings, ObjectStoreSettings


class VideoSettings(DatabaseSettings, ObjectStoreSettings):
    """Which streams may be opened, and how long a camera may take."""

    video_files_dir: Path | None = Field(
        default=None, description="folder below which films may stand in for cameras; absent allows none"
    )
    video_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="hosts that RTSP streams may come from, separated by commas: names, *.domains, addresses, networks",
    )
    video_frame_s: float = Field(default=10.0, gt=0, le=60, description="seconds a camera gets to give a frame")
    video_at_once: int = Field(default=4, ge=1, le=64, description="frames that are fetched at the same time")

    @field_validator("video_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(host.strip() for host in value.split(",") if host.strip()) if isinstance(value, str) else value

    @field_validator("video_files_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value
