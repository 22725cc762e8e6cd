"""What the video service may be told through the environment."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from services.platform.settings import ObjectStoreSettings, SealingSettings

#: Models that come with the suite.
MODELS: Final = Path(__file__).with_name("models")


class VideoSettings(SealingSettings, ObjectStoreSettings):
    """Which streams may be opened, how long a camera may take, and how the city is patrolled."""

    timezone: str = Field(default="Asia/Shanghai", description="the city's own time, by which tours are planned")
    video_files_dir: Path | None = Field(
        default=None, description="folder below which films may stand in for cameras; absent allows none"
    )
    video_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="hosts that streams may come from, separated by commas: names, *.domains, addresses, networks",
    )
    video_tls_verify: bool = Field(default=True, description="cameras that speak TLS must prove who they are")
    video_frame_s: float = Field(default=10.0, gt=0, le=60, description="seconds a camera gets to give a frame")
    video_at_once: int = Field(default=4, ge=1, le=64, description="frames fetched for people at the same time")
    video_workers: int = Field(default=1, ge=1, le=64, description="processes that decode and look at pictures")
    video_model_dir: Path | None = Field(
        default=None,
        description="folder of a detector's model, or the name of one that comes with the suite (nanodet_g); absent means none",
    )
    video_runtime: Literal["onnxruntime", "openvino"] = Field(
        default="onnxruntime", description="what runs the detector; openvino must be installed beside the service"
    )
    video_blur: bool = Field(
        default=True, description="hide faces and plates by models; off shows coarse pictures, and no uploads in public"
    )
    video_patrol: bool = Field(default=True, description="tour the cameras; off for a process that only answers")
    video_lease_s: float = Field(
        default=6.0, ge=1, le=60, description="seconds after which another replica takes over from a silent one"
    )
    video_visits_at_once: int = Field(default=64, ge=1, le=1024, description="visits under way at the same time")
    video_host_at_once: int = Field(default=8, ge=1, le=256, description="visits to one recorder at the same time")
    video_visit_s: float = Field(default=12.0, gt=0, le=60, description="seconds a visit may take")
    video_ticket_after_s: float = Field(
        default=300.0, ge=0, description="seconds a fault must stand before its owner gets a ticket"
    )
    video_ticket_task_type: str = Field(
        default="street_facility_fault", description="task type of tickets about cameras"
    )
    video_task_types: dict[str, str] = Field(
        default={}, description="task types of classes of findings where they differ, as JSON"
    )

    @field_validator("video_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(host.strip() for host in value.split(",") if host.strip()) if isinstance(value, str) else value

    @field_validator("video_files_dir", "video_model_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("video_model_dir", mode="after")
    @classmethod
    def _known_by_name(cls, value: Path | None) -> Path | None:
        shipped = MODELS / value if value is not None and len(value.parts) == 1 else None
        return shipped if shipped is not None and shipped.is_dir() else value
