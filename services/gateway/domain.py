"""Says who may come in, for how long, and as whom a report of theirs counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.platform.errors import (
    AlreadyExists,
    Exhausted,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
)

LOGIN_LENGTH_MAX = 100
PASSWORD_LENGTH_MAX = 256
LANGUAGES = ("zh", "en")


class SignInFailed(Unauthenticated):
    """The login or the password is not right."""

    reason = "SIGN_IN_FAILED"


class SignInBlocked(Exhausted):
    """Too many failed sign-ins; please try again in {retry_after_s} seconds."""

    reason = "SIGN_IN_BLOCKED"


class PasswordSignInOff(Forbidden):
    """Signing in with a password is switched off here; use the single sign-on."""

    reason = "PASSWORD_SIGN_IN_OFF"


class SingleSignOnFailed(Unauthenticated):
    """The single sign-on was not completed; please try again."""

    reason = "SINGLE_SIGN_ON_FAILED"


class AccountUnknown(Forbidden):
    """There is no account here for {login}."""

    reason = "ACCOUNT_UNKNOWN"


class AccountInvalid(Invalid):
    """Account {login} cannot be taken in: {problem}."""

    reason = "ACCOUNT_INVALID"


class AccountExists(AlreadyExists):
    """There is an account {login} already."""

    reason = "ACCOUNT_EXISTS"


class OwnLogin(Forbidden):
    """Another administrator must do that with your own account."""

    reason = "OWN_LOGIN"


class CrossSiteRefused(Forbidden):
    """The request came from another site and was not carried out."""

    reason = "CROSS_SITE_REFUSED"


class PhotoNotAnImage(Invalid):
    """Not a JPEG, PNG or WebP picture."""

    reason = "PHOTO_NOT_AN_IMAGE"


class VoiceNotASound(Invalid):
    """Not a sound recording of a kind that phones make."""

    reason = "VOICE_NOT_A_SOUND"


class PhotoUnreadable(Invalid):
    """The picture is damaged and cannot be read; please take it again."""

    reason = "PHOTO_UNREADABLE"


class PictureWithheld(Unavailable):
    """The picture is shown once faces and number plates in it are hidden."""

    reason = "PICTURE_WITHHELD"


class PhotoTooLarge(Invalid):
    """A picture may have at most {limit_mb} MB."""

    reason = "PHOTO_TOO_LARGE"


class PhotoTooManyPixels(Invalid):
    """A picture may have at most {limit_mp} megapixels; this one has {width_px} × {height_px}."""

    reason = "PHOTO_TOO_MANY_PIXELS"


class BodyTooLarge(Invalid):
    """A request may have at most {limit_kb} KB."""

    reason = "BODY_TOO_LARGE"


class BodyNotJson(Invalid):
    """The body is not a JSON object."""

    reason = "BODY_NOT_JSON"


class BodyTooSlow(Invalid):
    """The body did not arrive in time."""

    reason = "BODY_TOO_SLOW"


class ParameterUnknown(Invalid):
    """There is no parameter called {parameter}."""

    reason = "PARAMETER_UNKNOWN"


class MethodNotOffered(Invalid):
    """The address does not take {method}."""

    reason = "METHOD_NOT_OFFERED"


class AddressUnknown(NotFound):
    """There is nothing at this address."""

    reason = "ADDRESS_UNKNOWN"


class EvidenceUnknown(NotFound):
    """There is no such picture."""

    reason = "EVIDENCE_UNKNOWN"


class PhoneInvalid(Invalid):
    """A telephone number has 5 to 15 digits."""

    reason = "PHONE_INVALID"


class CaseNotYours(NotFound):
    """There is no case with this number and this telephone."""

    reason = "CASE_NOT_YOURS"


class ViewInvalid(Invalid):
    """A view needs a name of at most 30 characters and something to show."""

    reason = "VIEW_INVALID"


class TooManyViews(Invalid):
    """At most {limit} views can be kept; please remove one first."""

    reason = "TOO_MANY_VIEWS"


class AccountKind(StrEnum):
    """What an account stands for."""

    STAFF = "staff"
    RESIDENT = "resident"
    VOLUNTEER = "volunteer"


class Origin(StrEnum):
    """As whose a report counts; the values are those of the contract's Source without its prefix."""

    GRID_WORKER = "GRID_WORKER"
    RESIDENT = "RESIDENT"
    HOTLINE = "HOTLINE"
    VIDEO = "VIDEO"
    VOLUNTEER = "VOLUNTEER"
    SYSTEM = "SYSTEM"
    TRANSFER = "TRANSFER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in. For staff the subject is the staff code."""

    id: UUID
    login: str
    subject: str
    kind: AccountKind
    name: str
    name_en: str
    language: str
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A stay: from signing in until signing out, or until it has lasted or lain idle too long."""

    account: Account
    created_at: datetime
    expires_at: datetime
    seen_at: datetime
    second_factor_at: datetime | None = None

    def over(self, *, now: datetime, idle: timedelta) -> bool:
        """Whether it has ended by itself."""
        return self.account.disabled or now >= self.expires_at or now - self.seen_at >= idle


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to take in, checked."""

    login: str
    password: str
    subject: str
    kind: AccountKind
    name: str
    name_en: str
    language: str
    shown: bool = False
    #: The password is good for choosing another one only.
    to_change: bool = False


_NOT_STAFF = ("service", "plugin", "resident", "volunteer")
_DESK_ROLES = ("acceptor", "dispatcher", "duty_chief")
_AUTHORITY_ROLES = ("subdistrict_admin", "community_admin", "department_specialist", "department_leader", "mediator")
_PATROL_PREFIXES = ("grid_", "building_")


def plain_login(login: str) -> str:
    """A login as it is kept and compared."""
    return login.strip().lower()


def checked_account(row: object) -> NewAccount:
    """One row of an account file; fails with ACCOUNT_INVALID."""
    if not isinstance(row, dict):
        raise AccountInvalid(login="?", problem="not a JSON object")
    text = {key: str(row.get(key) or "") for key in ("login", "password", "subject", "kind", "name", "name_en")}
    login = plain_login(text["login"])
    if not 1 <= len(login) <= LOGIN_LENGTH_MAX:
        raise AccountInvalid(login=login or "?", problem="the login is missing or too long")
    if len(text["password"]) > PASSWORD_LENGTH_MAX:
        raise AccountInvalid(login=login, problem="the password is too long")
    if text["kind"] not in tuple(AccountKind):
        raise AccountInvalid(login=login, problem="kind is staff, resident or volunteer")
    kind = AccountKind(text["kind"])
    language = str(row.get("language") or LANGUAGES[0])
    if language not in LANGUAGES:
        raise AccountInvalid(login=login, problem="language is zh or en")
    return NewAccount(
        login=login,
        password=text["password"],
        subject=_checked_subject(login, kind, text["subject"]),
        kind=kind,
        name=text["name"] or login,
        name_en=text["name_en"] or text["name"] or login,
        language=language,
        shown=row.get("shown") is True,
        to_change=row.get("to_change") is True,
    )


def _checked_subject(login: str, kind: AccountKind, subject: str) -> str:
    """Nobody signs in as a process of the suite, and residents are never mistaken for staff."""
    prefix, _, rest = subject.rpartition(":")
    fits = prefix == kind.value if kind is not AccountKind.STAFF else prefix not in _NOT_STAFF
    if not fits or not rest:
        raise AccountInvalid(login=login, problem=f"the subject does not fit the kind {kind}")
    return subject


def origin_of(roles: Iterable[str], *, asked_for_transfer: bool = False) -> Origin:
    """As whose a report of somebody with these roles counts. Only the desk may note one as transferred."""
    held = set(roles)
    if held & set(_DESK_ROLES):
        return Origin.TRANSFER if asked_for_transfer else Origin.HOTLINE
    if "video_patroller" in held:
        return Origin.VIDEO
    if any(role.startswith(_PATROL_PREFIXES) for role in held):
        return Origin.GRID_WORKER
    if held & set(_AUTHORITY_ROLES):
        return Origin.TRANSFER
    if held & {"volunteer", "volunteer_coordinator"}:
        return Origin.VOLUNTEER
    return Origin.RESIDENT if "resident" in held else Origin.SYSTEM
