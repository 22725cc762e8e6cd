"""Says who may be in a team, which posts a community needs, and who goes when many are called."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid5

from services.points.domain.errors import ForceTooSmall, TeamInvalid
from services.points.domain.ledger import EPOCH, Account, Leg, Sort, key_for

#: The seven kinds of posts (七类岗位).
CATEGORIES: Final = (
    "resident_autonomy",
    "education_training",
    "elder_child_care",
    "environment_improvement",
    "love_care",
    "convenience_service",
    "targeted_warmth",
)
#: What communities of a type need most (社区分类).
NEEDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "commercial_residential": ("resident_autonomy", "convenience_service"),
        "family_courtyard": ("education_training", "elder_child_care"),
        "old_estate": ("environment_improvement", "love_care"),
        "business_district": ("convenience_service", "targeted_warmth"),
    }
)
BUILDING: Final = "building"
EMERGENCY: Final = "emergency"
#: One leader, two officers (一长二员).
BUILDING_ROLES: Final = ("leader", "info_officer", "support_officer")
TOP_CATEGORIES: Final = 3
_NAMES: Final = UUID("6f1d6f6e-6a0c-4d6a-9a43-7d0b6e7f5a10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volunteer:
    """Somebody who gives time. The name is whole as it is told, and masked as it is read."""

    subject: str
    name: str
    nickname: str
    name_public: bool
    community_code: str
    area_path: str
    grid_code: str = ""
    estate: str = ""
    skills: tuple[str, ...] = ()
    unit: str = ""
    joined_at: datetime = EPOCH
    #: A keyed digest of the whole name, by which names are compared and found without being opened.
    name_index: bytes = b""

    def says_the_same_as(self, other: "Volunteer") -> bool:
        """Whether nothing but the moment of joining differs."""
        return _without_moment(self) == _without_moment(other)


def _without_moment(volunteer: Volunteer) -> tuple[object, ...]:
    return tuple(getattr(volunteer, name) for name in Volunteer.__slots__ if name not in {"joined_at", "name"})


def masked(name: str) -> str:
    """The first character, and a star for each other; for one character a star as well."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody's place in a team."""

    subject: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People who go together."""

    code: str
    name: str
    kind: str
    area_path: str
    unit: str = ""
    members: tuple[Member, ...] = ()
    dispatch_id: UUID | None = None

    @property
    def vacancies(self) -> tuple[str, ...]:
        """Roles nobody holds; only building teams have fixed ones."""
        held = {member.role for member in self.members}
        return tuple(role for role in BUILDING_ROLES if role not in held) if self.kind == BUILDING else ()


def check_team(team: Team) -> Team:
    """Fails with TEAM_INVALID: three different people in a building's team, nobody twice in any."""
    subjects = Counter(member.subject for member in team.members)
    twice = [subject for subject, times in subjects.items() if times > 1]
    if twice:
        raise TeamInvalid(team=team.code, problem=f"{twice[0]} stands twice")
    roles = Counter(member.role for member in team.members if member.role != "member")
    doubled = [role for role, times in roles.items() if times > 1]
    if doubled:
        raise TeamInvalid(team=team.code, problem=f"two hold the role {doubled[0]}")
    if team.kind == BUILDING and any(member.role == "member" for member in team.members):
        raise TeamInvalid(team=team.code, problem="a building team is one leader and two officers")
    return team


def choose_force(teams: Sequence[Team], *, area_path: str, wanted: int, busy: Iterable[str]) -> list[Team]:
    """The nearest free teams, nobody in two of them and nobody who is out already. Fails with FORCE_TOO_SMALL."""
    taken = set(busy)
    chosen: list[Team] = []
    for team in sorted(teams, key=lambda team: (-nearness(team.area_path, area_path), team.code)):
        people = {member.subject for member in team.members}
        if team.dispatch_id is None and people and people.isdisjoint(taken):
            chosen.append(team)
            taken |= people
            if len(chosen) == wanted:
                return chosen
    raise ForceTooSmall(wanted=wanted, free=len(chosen))


def nearness(one: str, other: str) -> int:
    """How many levels two areas have in common."""
    count = 0
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        count += 1
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post with places for volunteers."""

    id: UUID
    category: str
    title: str
    community_code: str
    area_path: str
    quota: int
    left: int = 0
    mine: bool = False


def rank_posts(posts: Iterable[Post], community_type: str) -> list[tuple[Post, bool]]:
    """Those first that communities of the type need most; with whether they do."""
    needs = NEEDS.get(community_type, ())
    order = {category: place for place, category in enumerate((*needs, *CATEGORIES))} if needs else {}
    first = {category: needs.index(category) for category in needs}
    ranked = sorted(
        posts, key=lambda post: (first.get(post.category, len(needs)), order.get(post.category, 0), post.title, post.id)
    )
    return [(post, post.category in needs) for post in ranked]


def post_id_of(request_id: str, subject: str) -> UUID:
    """The id of a new post; the same request makes the same post."""
    return uuid5(_NAMES, f"post/{subject}/{request_id}")


def dispatch_id_of(request_id: str, subject: str) -> UUID:
    """The id of a call; the same request is the same call."""
    return uuid5(_NAMES, f"dispatch/{subject}/{request_id}")


def seats(unit: str, *, of: str, quota: int, was: int, at: datetime) -> tuple[Leg, ...]:
    """The movement that makes places, or takes free ones away; none when their number stays."""
    source, free = Account("system:seats", unit, "source"), Account(of, unit, "open")
    if quota == was:
        return ()
    debit, to = (source, free) if quota > was else (free, source)
    return (
        Leg(
            key=key_for(at, "seats", unit, str(was), str(quota)),
            debit=debit,
            credit=to,
            amount=abs(quota - was),
            reason="SEATS",
            cause=of,
        ),
    )


def take_seat(unit: str, *, of: str, claim: str, at: datetime) -> Leg:
    """One place is taken."""
    return Leg(
        key=key_for(at, "seat", unit, claim),
        debit=Account(of, unit, "open"),
        credit=Account(of, unit, "taken"),
        amount=1,
        reason="SEAT_TAKEN",
        cause=claim,
        sort=Sort.HOLD,
    )


def free_seat(unit: str, *, of: str, claim: str, taken_at: datetime) -> Leg:
    """A place that was taken is free again."""
    return Leg(
        key=key_for(taken_at, "seat-free", unit, claim),
        debit=Account(of, unit, "taken"),
        credit=Account(of, unit, "open"),
        amount=1,
        reason="SEAT_FREE",
        cause=claim,
        sort=Sort.RESOLVE,
        ref=take_seat(unit, of=of, claim=claim, at=taken_at).key,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PostReport:
    """How posts are taken."""

    claims: int
    claimants: int
    by_category: Mapping[str, int]

    @property
    def average(self) -> float:
        """Claims for each claimant, to two places."""
        return round(self.claims / self.claimants, 2) if self.claimants else 0.0

    @property
    def top(self) -> list[tuple[str, int]]:
        """Kinds with the most claims."""
        return sorted(self.by_category.items(), key=lambda row: (-row[1], row[0]))[:TOP_CATEGORIES]
