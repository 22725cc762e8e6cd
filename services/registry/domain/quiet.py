"""Understands what a grid says of its day, and which light follows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Final

#: Words that tell of trouble, whatever else is said.
TROUBLE: Final = (
    "纠纷", "矛盾", "上访", "信访", "聚集", "打架", "斗殴", "预警", "险情", "火灾", "失火", "伤亡", "失踪", "群体", "爆炸", "塌方",
)  # fmt: skip
#: "No dispute" is no dispute.
DENIED: Final = re.compile(r"(无|没有|未发生|未见)[^,。;;,]{0,8}?(" + "|".join(TROUBLE) + ")")
_TEXT: Final = re.compile(r"^\s*第?(?P<number>[0-9０-９]{1,3})号?\s*网格[::,,\s]*(?P<word>.*)$", re.DOTALL)
HELP: Final = "未能识别。请按“07号网格平安”的格式回复;有情况请写“07号网格”加情况说明。"
THANKS: Final = "{number:02}号网格收到,谢谢。"
ALARMED: Final = "{number:02}号网格收到,已转街道值班处置,请保持联系。"
NO_SUCH_GRID: Final = "本辖区没有{number:02}号网格,请核对后重发。"


class QuietLight(IntEnum):
    """The light of a grid; the numbers are those of the contract."""

    NONE = 0
    GREEN = 1
    YELLOW = 2
    RED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A text message understood: the grid's number and what is said of it."""

    number: int
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyWord:
    """What a grid said of a day."""

    grid_code: str
    day: date
    trouble: bool
    text: str
    said_by: str
    said_at: datetime


def understood(text: str) -> Told | None:
    """What a text message says; None when it has not the form."""
    found = _TEXT.match(text)
    if found is None or not found["word"].strip():
        return None
    return Told(number=int(found["number"]), word=found["word"].strip())


def tells_of_trouble(text: str) -> bool:
    """Whether words tell of trouble that is not denied in the same breath."""
    said = DENIED.sub("", text)
    return any(word in said for word in TROUBLE)


def light_of(words: Sequence[DailyWord], *, day: date, today: date) -> tuple[QuietLight, DailyWord | None]:
    """The light of a grid on a day, and the word it follows from; trouble stays red until the day is over."""
    troubles = [word for word in words if word.trouble]
    if troubles:
        return QuietLight.RED, troubles[-1]
    if words:
        return QuietLight.GREEN, words[-1]
    return (QuietLight.YELLOW if day < today else QuietLight.NONE), None


def light_in_emergency(
    words: Sequence[DailyWord], *, every: timedelta, since: datetime, now: datetime
) -> tuple[QuietLight, DailyWord | None]:
    """The light of a grid that must speak again and again: yellow as soon as it was silent for too long."""
    light, word = light_of(words, day=now.date(), today=now.date())
    if light is QuietLight.RED:
        return light, word
    spoken = max([since, *(said.said_at for said in words)])
    if now - spoken > every:
        return QuietLight.YELLOW, word
    return light, word
