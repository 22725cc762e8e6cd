"""Says whose turn it is to chair an alliance, and when its next session may be opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.points.domain.errors import AllianceInvalid, MinutesMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A meeting of the joint conference."""

    number: int
    chair: str
    request_id: str
    opened_by: str
    opened_at: datetime
    minutes: str = ""
    agreements: tuple[str, ...] = ()
    activities: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alliance:
    """Units that serve an area together, in the order of their first turns, with the sessions held, oldest first."""

    code: str
    name: str
    area_path: str
    members: tuple[str, ...]
    version: int = 0
    sessions: tuple[Session, ...] = field(default=())

    def __post_init__(self) -> None:
        """Fails with ALLIANCE_INVALID."""
        if len(set(self.members)) != len(self.members):
            raise AllianceInvalid

    @property
    def open_session(self) -> Session | None:
        """The one without minutes."""
        return next((session for session in self.sessions if not session.minutes), None)

    @property
    def next_chair(self) -> str:
        """Who has not chaired for longest; who never did before all others, in the order of the members.

        So nobody is skipped, whoever joins or leaves meanwhile.
        """
        last = {session.chair: session.number for session in self.sessions}
        return min(self.members, key=lambda member: last.get(member, 0))

    def chaired(self, member: str) -> int:
        """How often a member took the chair."""
        return sum(session.chair == member for session in self.sessions)

    def next_session(self, *, request_id: str, opened_by: str, at: datetime) -> Session:
        """The next session. Fails with MINUTES_MISSING."""
        missing = self.open_session
        if missing is not None:
            raise MinutesMissing(number=missing.number, chair=missing.chair)
        return Session(
            number=len(self.sessions) + 1,
            chair=self.next_chair,
            request_id=request_id,
            opened_by=opened_by,
            opened_at=at,
        )


def session_of_request(sessions: Sequence[Session], *, request_id: str, opened_by: str) -> Session | None:
    """The session a request opened before."""
    return next((one for one in sessions if (one.request_id, one.opened_by) == (request_id, opened_by)), None)
