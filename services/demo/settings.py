"""What the demo may be told through the environment."""

from pydantic import Field

from services.platform.settings import ServiceSettings


class DemoSettings(ServiceSettings):
    """Addresses of the suite, and how lively the demo is."""

    gateway_url: str = Field(default="http://127.0.0.1:8100", description="where the gateway answers")
    demo_password: str = Field(
        default="gridward", description="password of every demo account; only ever on one machine"
    )
    video_files_dir: str = Field(
        default="", description="folder from which video may read files; clips are written there"
    )
    s3_endpoint: str = Field(default="", description="S3 service that pictures of goods go into; empty: no pictures")
    demo_population_share: float = Field(
        default=0.05, gt=0, le=1, description="how much of the city's 72,286 households there is; 1 takes a minute more"
    )
    demo_report_every_s: float = Field(default=20.0, description="mean seconds between two reports")
    demo_step_every_s: float = Field(default=4.0, description="mean seconds between two steps of somebody")
