"""Who is told when a shelf runs low or a pair is out of touch, and of what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.platform.ids import uuid7
from services.points.domain.mall import Goods, Place, Redemption
from services.points.domain.orders import Pair

#: They keep the shelves: the partner at the counter, and the coordinator who restocks.
KEEPERS: Final = ("mall_partner", "volunteer_coordinator")
#: They answer for people in need when the volunteers do not.
CARERS: Final = ("community_admin",)
#: How people in need are called, by their kind.
NEED_NAMES: Final = {
    "elderly": ("高龄老人", "an elderly person"),
    "disabled": ("残疾人", "a disabled person"),
    "poor": ("困难家庭", "a family in hardship"),
    "left_behind_child": ("留守儿童", "a left-behind child"),
}


class Occasion(StrEnum):
    """Of what."""

    STOCK_LOW = "stock_low"
    CONTACT_OVERDUE = "contact_overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something wrong that somebody answers for: people by name, and roles of the area or of the nearest above it."""

    id: UUID
    occasion: Occasion
    mark: str
    area_path: str
    roles: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    title: str
    title_en: str
    place: str = ""
    count: int


def runs_low(goods: Goods, wish: Redemption, *, left: int) -> bool:
    """Whether a redemption made a shelf fall below its mark just now."""
    return left < goods.low_mark <= left + wish.quantity


def stock_low(goods: Goods, place: Place, wish: Redemption, *, left: int) -> Alert:
    """Little is left of some goods at a place."""
    return Alert(
        id=uuid7(),
        occasion=Occasion.STOCK_LOW,
        mark=str(wish.id),
        area_path=place.area_path,
        roles=KEEPERS,
        title=goods.title,
        title_en=goods.title_en,
        place=place.name,
        count=left,
    )


def contact_overdue(pair: Pair, *, at: datetime) -> Alert:
    """Nobody was in touch with somebody in need for too long: the volunteers of the pair are told, and the community."""
    title, title_en = NEED_NAMES.get(pair.need, (pair.need, pair.need))
    return Alert(
        id=uuid7(),
        occasion=Occasion.CONTACT_OVERDUE,
        mark=f"{pair.id} {pair.contact_at.isoformat(timespec='seconds')}",
        area_path=pair.area_path,
        roles=CARERS,
        subjects=tuple(pair.volunteers),
        title=title,
        title_en=title_en,
        count=(at - pair.contact_at).days,
    )
