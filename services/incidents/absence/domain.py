"""Decides whether a department's program is away, why, and when its open cases fall back to people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why a program is away."""

    OFFLINE = "offline"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


#: How each cause is said in a case's history and to people.
SAID: Final[dict[Cause, tuple[str, str]]] = {
    Cause.OFFLINE: ("离线", "is offline"),
    Cause.SUSPENDED: ("被暂停", "is suspended"),
    Cause.WITHDRAWN: ("已撤出", "was withdrawn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What registry tells of a release of a program."""

    plugin: str
    release: str
    department_code: str
    #: None while the program attends to its cases.
    cause: Cause | None
    at: datetime
    task_types: tuple[str, ...]
    area_codes: tuple[str, ...]
    reported_from: datetime | None
    reported_until: datetime | None

    def due(self, patience: timedelta) -> datetime:
        """When its cases fall back: a lost connection is waited for, a decision is not."""
        return self.at + patience if self.cause is Cause.OFFLINE else self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A program that is or was away, and what became of its cases."""

    id: str
    plugin: str
    release: str
    department_code: str
    cause: Cause
    desk: str
    since_at: datetime
    case_count: int
    fell_back_at: datetime | None
    until_at: datetime | None


def note_zh(absence: Absence, since: str) -> str:
    """What a case's history says, in Chinese."""
    return f"部门程序{absence.plugin}自{since}起{SAID[absence.cause][0]}，本件转由派遣台（{absence.desk}）人工跟进"


def note_en(absence: Absence, since: str) -> str:
    """The same in English."""
    said = SAID[absence.cause][1]
    return f"department program {absence.plugin} {said} since {since}; people at {absence.desk} look after this case"


def notice(absence: Absence, since: str, *, language: str) -> str:
    """What people are told when the cases of a program fall back to them."""
    chinese, english = SAID[absence.cause]
    count, plugin = absence.case_count, absence.plugin
    if language == "en":
        return f"Department program {plugin} {english} since {since}: {count} open cases are in your hands."
    return f"部门程序{plugin}自{since}起{chinese}：{count}件在办案件请人工跟进。"


def over(absence: Absence, *, language: str) -> str:
    """What they are told when it is back."""
    if language == "en":
        return f"Department program {absence.plugin} is back and attends to its cases again."
    return f"部门程序{absence.plugin}已恢复，在办案件重新由其协助。"
