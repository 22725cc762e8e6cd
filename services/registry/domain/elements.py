"""Describes what is in a grid, be it a person or a lamp, and what a change makes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services.registry.domain.errors import ItemForeign, ItemRefused
from services.registry.domain.masking import masked
from services.registry.domain.schema import ElementKind, ItemRule, ItemType, Schema, schema

COMPONENT_STATES: Final = ("intact", "damaged", "lost", "abandoned")
COMPONENT_DIGITS: Final = 16
#: Items by which a person is named and found; elsewhere they are fields of the element.
NAME, KEY, PHONE = "name", "identity_number", "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Something or somebody in a grid, all of it in clear; what leaves the service is masked first."""

    id: UUID
    kind: ElementKind
    #: Empty for people, whose name and key are items.
    key: str = ""
    name: str = ""
    address: str = ""
    class_code: str = ""
    state: str = ""
    owner_unit: str = ""
    longitude_deg: float = 0.0
    latitude_deg: float = 0.0
    grid_code: str = ""
    within_id: UUID | None = None
    tags: tuple[str, ...] = ()
    items: Mapping[str, str] = field(default_factory=dict)
    retired: bool = False
    version: int = field(default=0, compare=False)
    updated_at: datetime | None = field(default=None, compare=False)
    updated_by: str = field(default="", compare=False)

    @property
    def natural_key(self) -> str:
        """What tells it from others of its kind in the world outside; its id when nothing does."""
        return (self.items.get(KEY, "") if self.kind is ElementKind.PERSON else self.key) or str(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody states about an element; what is left empty is left as it is."""

    kind: ElementKind
    key: str = ""
    name: str = ""
    address: str = ""
    class_code: str = ""
    state: str = ""
    owner_unit: str = ""
    within_id: UUID | None = None
    tags: tuple[str, ...] = ()
    replace_tags: bool = False
    #: An item stated as empty is taken away.
    items: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where an element stands: its grid, its point, and the address it takes from what it is within."""

    grid_code: str
    longitude_deg: float
    latitude_deg: float
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The items of an element as they may leave the service, and which of them are masked."""

    items: Mapping[str, str]
    masked_items: tuple[str, ...]


def checked(draft: Draft, *, known: Schema | None = None) -> Draft:
    """The draft with every value in its one form; fails with ITEM_REFUSED."""
    rules = known or schema()
    items = {code: rules.rule(draft.kind, code).read(value) for code, value in draft.items.items()}
    check_terms(draft, rules)
    return replace(draft, items=items, tags=tuple(sorted(set(draft.tags))))


def check_terms(draft: Draft, rules: Schema) -> None:
    """Fails with ITEM_REFUSED for a tag, class, key or state that there is not."""
    for tag in draft.tags:
        if tag not in rules.tags or rules.tags[tag].kind is not draft.kind:
            raise ItemRefused(item="tags", problem=f"there is no tag {tag} for a {draft.kind.word}")
    terms = rules.terms.get(draft.kind)
    if draft.class_code and (terms is None or draft.class_code not in terms):
        raise ItemRefused(item="class_code", problem=f"there is no class {draft.class_code} of a {draft.kind.word}")
    if draft.kind is ElementKind.COMPONENT:
        _check_component(draft)


def _check_component(draft: Draft) -> None:
    if draft.key and not (draft.key.isascii() and draft.key.isdigit() and len(draft.key) == COMPONENT_DIGITS):
        raise ItemRefused(item="key", problem=f"a component has {COMPONENT_DIGITS} digits")
    if draft.state and draft.state not in COMPONENT_STATES:
        raise ItemRefused(item="state", problem=f"a component is {', '.join(COMPONENT_STATES)}")


def require_writer(draft: Draft, roles: Iterable[str]) -> None:
    """Fails with ITEM_FOREIGN for an item that none of these roles may write. Services may write all."""
    held = set(roles)
    if held & {"service", "system_admin"}:
        return
    for code in draft.items:
        rule = schema().rule(draft.kind, code)
        if not held & set(rule.writers):
            raise ItemForeign(item=code, writers=", ".join(rule.writers))


def changed(before: Element, draft: Draft, stand: Stand) -> Element:
    """What a draft makes of an element; its version and who changed it are the store's."""
    items = {**before.items, **draft.items}
    tags = draft.tags if draft.replace_tags else tuple(sorted({*before.tags, *draft.tags}))
    # Spelled out: `replace` looks at each field anew, which a file of a million rows feels.
    return Element(
        id=before.id,
        kind=before.kind,
        key=draft.key or before.key,
        name=draft.name or before.name,
        address=draft.address or before.address or stand.address,
        class_code=draft.class_code or before.class_code,
        state=draft.state or before.state,
        owner_unit=draft.owner_unit or before.owner_unit,
        within_id=draft.within_id or before.within_id,
        tags=tags,
        items={code: value for code, value in sorted(items.items()) if value},
        grid_code=stand.grid_code,
        longitude_deg=stand.longitude_deg,
        latitude_deg=stand.latitude_deg,
        retired=False,
        version=before.version,
        updated_at=before.updated_at,
        updated_by=before.updated_by,
    )


def shown(kind: ElementKind, items: Mapping[str, str]) -> Shown:
    """Items with the personal ones masked."""
    rules = schema().rules[kind]
    told = {code: _told(rules.get(code), value) for code, value in items.items()}
    return Shown(items=told, masked_items=tuple(sorted(code for code in items if told[code] != items[code])))


def shown_address(element: Element) -> str:
    """Where it is; of people to the building only."""
    return masked(element.address, ItemType.ADDRESS) if element.kind is ElementKind.PERSON else element.address


def _told(rule: ItemRule | None, value: str) -> str:
    """An item that the schema knows no more is treated as personal."""
    if rule is None:
        return "***"
    return masked(value, rule.type) if rule.personal else value
