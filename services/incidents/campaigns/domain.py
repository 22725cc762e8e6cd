"""By which ways somebody is reached, one after the other, until one of them did."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.platform.errors import Conflict, NotFound


class CampaignUnknown(NotFound):
    """There is no campaign {campaign_id} here."""

    reason = "CAMPAIGN_UNKNOWN"


class PersonNotMeant(Conflict):
    """Nobody is to be reached by this way now."""

    reason = "PERSON_NOT_MEANT"


class Way(StrEnum):
    """A way to reach somebody."""

    SMS = "sms"
    CALL = "call"
    VISIT = "visit"


class Standing(StrEnum):
    """Whether somebody was reached."""

    TRYING = "trying"
    REACHED = "reached"
    MISSED = "missed"


#: What people say they like best, in the words of the population register.
_PREFERRED: Final[Mapping[str, Way]] = MappingProxyType(
    {
        "sms": Way.SMS,
        "短信": Way.SMS,
        "phone": Way.CALL,
        "call": Way.CALL,
        "电话": Way.CALL,
        "visit": Way.VISIT,
        "上门": Way.VISIT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """What registry lends of somebody: where they live, their number in clear, and the way they like best."""

    person_id: str
    grid_code: str
    phone: str = ""
    preferred: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Something that everybody with a tag is to be told."""

    id: str
    title: str
    tag: str
    area_code: str
    area_path: str
    text: str
    started_by: str
    started_at: datetime
    gathered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is meant."""

    campaign_id: str
    person_id: str
    grid_code: str
    area_path: str
    ways: tuple[Way, ...]
    way: Way
    state: Standing = Standing.TRYING


def ways_to(lent: Lent) -> tuple[Way, ...]:
    """The ways to somebody, the best first; without a number there is only a visit."""
    usual = tuple(Way) if lent.phone else (Way.VISIT,)
    best = _PREFERRED.get(lent.preferred.strip().casefold())
    return tuple(sorted(usual, key=lambda way: way is not best)) if best in usual else usual


def tried(person: Person, *, reached: bool) -> Person:
    """Somebody after the way of now was tried: reached, tried by the next way, or missed when none is left."""
    if reached:
        return replace(person, state=Standing.REACHED)
    left = person.ways[person.ways.index(person.way) + 1 :]
    return replace(person, way=left[0]) if left else replace(person, state=Standing.MISSED)
