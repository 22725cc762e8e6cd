"""What the operator may set for incidents."""

from pydantic import Field

from services.incidents.domain.rulebook import DISPATCH_DESK
from services.platform.settings import DatabaseSettings


class IncidentsSettings(DatabaseSettings):
    """Settings of incidents."""

    timezone: str = Field(default="Asia/Shanghai", description="zone of the city's working calendar and case numbers")
    dispatch_desk: str = Field(default=DISPATCH_DESK, description="desk that takes what no rule claims")
    reports_waiting_max: int = Field(
        default=2000, description="reports that may wait to be stored before callers are turned away"
    )
    steps_waiting_max: int = Field(
        default=2000, description="people's steps that may wait to be taken before callers are turned away"
    )
