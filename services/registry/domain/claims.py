"""Weighs what sources say about an item: the order of authority first, then freshness; and finds what is asked twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.registry.domain.schema import ElementKind, ItemRule, schema

#: A look on the spot, by whoever answers for the grid.
FIELD: Final = "field"
#: What stood in the books before anybody claimed it.
REGISTER: Final = "register"
#: A look on the spot beats a register for so long, where things change often enough to be looked at.
FIELD_FRESH: Final = timedelta(days=90)
#: Items that only change by an act of their source are not decided by looking.
SETTLED_BY_ACT: Final = "on_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a source says about an item."""

    id: UUID
    element_id: UUID
    item: str
    value: str
    source: str
    observed_at: datetime
    made_by: str
    made_at: datetime
    gave_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The claim that stands, why, and the latest differing claim of each source that lost."""

    winner: Claim
    why: str
    losers: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A task for a source whose claim lost."""

    id: UUID
    element_id: UUID
    item: str
    source: str
    claim_id: UUID
    winner_id: UUID
    grid_code: str
    state: str
    answer: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """What somebody noticed, and what became of it."""

    id: UUID
    element_id: UUID | None
    grid_code: str
    items: Mapping[str, str]
    text: str
    given_by: str
    given_at: datetime
    state: str = "waiting"
    verified_by: str = ""
    finding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownField:
    """A field of a form that must not be asked: its answer is known, or the form asks it twice."""

    field: str
    item: str
    source: str
    why: str


def weigh(claims: Sequence[Claim], rule: ItemRule, *, now: datetime) -> Verdict:
    """Which of the claims about one item stands; there must be one at least."""
    latest = _latest_of_each_source(claims)
    standing = [claim for claim in latest if not claim.gave_way] or latest
    winner, why = _winner(standing, rule, now)
    losers = tuple(claim for claim in standing if claim.value != winner.value and claim.source != REGISTER)
    return Verdict(winner=winner, why="only_one" if len(latest) == 1 else why, losers=losers)


def _winner(standing: Sequence[Claim], rule: ItemRule, now: datetime) -> tuple[Claim, str]:
    by_source = {claim.source: claim for claim in standing}
    seen = by_source.get(FIELD)
    authority = by_source.get(rule.source)
    if seen is not None and rule.cycle != SETTLED_BY_ACT and now - seen.observed_at < FIELD_FRESH:
        return seen, "fresh_field_check"
    if authority is not None:
        return authority, "authority"
    newest = max(standing, key=lambda claim: (claim.observed_at, claim.made_at, claim.id))
    return newest, "newer"


def _latest_of_each_source(claims: Sequence[Claim]) -> list[Claim]:
    latest: dict[str, Claim] = {}
    for claim in sorted(claims, key=lambda claim: (claim.observed_at, claim.made_at, claim.id)):
        latest[claim.source] = claim
    return list(latest.values())


def known_fields(kind: ElementKind, fields: Mapping[str, str]) -> list[KnownField]:
    """Fields whose answer the registry has, by code or by title, and those that a form asks twice."""
    rules = schema().rules[kind]
    by_name = {rule.name: rule for rule in rules.values()} | {rule.name_en.lower(): rule for rule in rules.values()}
    found: list[KnownField] = []
    asked: dict[str, str] = {}
    for code, title in fields.items():
        rule = rules.get(code) or by_name.get(title.strip()) or by_name.get(title.strip().lower())
        meaning = rule.code if rule else title.strip() or code
        if meaning in asked:
            source = rule.source if rule else ""
            found.append(KnownField(field=code, item=asked[meaning], source=source, why="twice"))
        elif rule is not None:
            found.append(KnownField(field=code, item=rule.code, source=rule.source, why="known"))
        asked.setdefault(meaning, code)
    return found
