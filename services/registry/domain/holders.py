"""Says from when somebody holds a post."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.platform.errors import Invalid

AHEAD_MAX: Final = timedelta(days=366)
#: What an import notes as its reason.
IMPORTED: Final = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Somebody named for a post from a moment on; an empty code leaves it vacant."""

    post_code: str
    staff_code: str
    from_at: datetime
    reason: str
    named_by: str
    named_at: datetime
    to_come: bool


def named(post_code: str, staff_code: str, *, from_at: datetime | None, reason: str, by: str, now: datetime) -> Holding:
    """A word given now; without a moment, or with one that has passed, it holds at once.

    Fails with INVALID_REQUEST for a day more than a year ahead.
    """
    if from_at is not None and from_at - now > AHEAD_MAX:
        raise Invalid(problem=f"a holder is named at most {AHEAD_MAX.days} days ahead")
    later = from_at is not None and from_at > now
    return Holding(
        post_code=post_code,
        staff_code=staff_code,
        from_at=from_at if later and from_at is not None else now,
        reason=reason,
        named_by=by,
        named_at=now,
        to_come=later,
    )
