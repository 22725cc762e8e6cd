"""Judges requests for more time, for a pause, and against an overdue mark: who may ask, who may approve, how often."""

from services.incidents.domain.case import Case
from services.incidents.domain.dealings import PetitionKind
from services.incidents.domain.errors import (
    AppealedAlready,
    ExtensionsUsed,
    NotOverdue,
    OwnRequest,
    RequestMissing,
    RequestPending,
    SuspensionTooLong,
    SuspensionUsed,
    TooLateToAsk,
)
from services.incidents.domain.step import Occasion, Setting


def none_is_pending(case: Case, _setting: Setting) -> None:
    """One request at a time."""
    petition = case.dealings.petition
    if petition is not None:
        raise RequestPending(kind=petition.kind, asked_by=petition.asked_by)


def more_time_is_possible(case: Case, setting: Setting) -> None:
    """At most so often, and only before the deadline; a refused request does not count."""
    most = setting.rulebook.windows.extensions
    if case.dealings.extension_count >= most:
        raise ExtensionsUsed(count=most)
    if case.countdown is None or case.countdown.late(setting.at):
        deadline_at = case.deadline_at
        raise TooLateToAsk(deadline_at=deadline_at.isoformat() if deadline_at else "-")


def a_pause_is_possible(case: Case, setting: Setting) -> None:
    """Once in the life of a case."""
    if case.dealings.suspension_count >= setting.rulebook.windows.suspensions:
        raise SuspensionUsed


def the_pause_ends_in_time(_case: Case, occasion: Occasion) -> None:
    """Its end is named, lies ahead, and not too far."""
    latest = occasion.at + occasion.rulebook.windows.suspension
    until = occasion.step.until
    if until is None or not occasion.at < until <= latest:
        raise SuspensionTooLong(until=latest.isoformat())


def the_pause_lies_ahead(case: Case, setting: Setting) -> None:
    """The end that was asked for has not come meanwhile."""
    petition = case.dealings.petition
    if petition is None or petition.until is None or petition.until <= setting.at:
        raise RequestMissing(kind=PetitionKind.SUSPENSION)


def it_was_late(case: Case, _setting: Setting) -> None:
    """Only a mark that is there can be contested, and once."""
    if case.dealings.appealed:
        raise AppealedAlready
    if not case.overdue:
        raise NotOverdue


def one_is_pending(case: Case, _setting: Setting) -> None:
    """There is a request to decide on."""
    if case.dealings.petition is None:
        raise RequestMissing(kind="-")


def the_first_approval_is_missing(case: Case, setting: Setting) -> None:
    """Somebody asked, nobody has approved, and whoever asked cannot."""
    petition = case.dealings.petition
    if petition is None or petition.endorsed_by:
        raise RequestMissing(kind=petition.kind if petition else "-")
    if petition.asked_by == setting.actor.id:
        raise OwnRequest(asked_by=petition.asked_by)


def an_extension_is_endorsed(case: Case, setting: Setting) -> None:
    """More time was asked for and approved once."""
    _endorsed(case, setting, PetitionKind.EXTENSION)


def a_suspension_is_endorsed(case: Case, setting: Setting) -> None:
    """A pause was asked for and approved once."""
    _endorsed(case, setting, PetitionKind.SUSPENSION)


def an_appeal_is_endorsed(case: Case, setting: Setting) -> None:
    """The mark was contested and that was approved once."""
    _endorsed(case, setting, PetitionKind.APPEAL)


def _endorsed(case: Case, setting: Setting, kind: PetitionKind) -> None:
    petition = case.dealings.petition
    if petition is None or petition.kind is not kind or not petition.endorsed_by:
        raise RequestMissing(kind=kind)
    if setting.actor.id in {petition.asked_by, petition.endorsed_by}:
        raise OwnRequest(asked_by=setting.actor.id)
