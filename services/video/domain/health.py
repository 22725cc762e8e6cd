"""Judges from a picture's numbers what is wrong with a camera, against what is usual for it, and only when it lasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.video.domain.errors import ANSWERED, Problem


class Fault(StrEnum):
    """What can be wrong with a camera."""

    OFFLINE = "offline"
    LOCKED_OUT = "locked_out"
    UNREADABLE = "unreadable"
    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    OCCLUDED = "occluded"
    MOVED = "moved"
    SNOW = "snow"
    COLOUR_CAST = "colour_cast"
    OVEREXPOSED = "overexposed"
    UNDEREXPOSED = "underexposed"


#: Faults of the connection; all others are seen on a picture.
OF_CONNECTION: Final = frozenset({Fault.OFFLINE, Fault.LOCKED_OUT, Fault.UNREADABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Numbers of one picture, measured at 320 x 180 unless said otherwise."""

    brightness: float
    contrast: float
    sharpness: float
    flat: float
    covered: float
    noise: float
    tint_blue: float
    tint_red: float
    bright_share: float
    likeness: float
    shift_px: float
    shift_surety: float
    changed: float
    moved: float
    identical: bool


#: Pictures from which the usual is learned before anything is judged against it.
LEARNED: Final = 6
#: Pictures after which the usual view has settled.
SETTLED: Final = 24
#: How much of the usual each later picture makes.
FOLLOWS: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What a camera's pictures are like by day, or by night."""

    learned: int = 0
    sharpness: float = 0.0
    noise: float = 0.0
    brightness: float = 0.0
    tint_blue: float = 0.0
    tint_red: float = 0.0

    @property
    def known(self) -> bool:
        """Enough was seen to judge by."""
        return self.learned >= LEARNED

    @property
    def settled(self) -> bool:
        """What merely stood there while it was learned is forgotten."""
        return self.learned >= SETTLED

    def with_picture(self, measures: Measures) -> "Usual":
        """After one more good picture."""
        share = 1.0 / (self.learned + 1) if self.learned < LEARNED else FOLLOWS

        def moved(old: float, new: float) -> float:
            return old + share * (new - old)

        return Usual(
            learned=self.learned + 1,
            sharpness=moved(self.sharpness, measures.sharpness),
            noise=moved(self.noise, measures.noise),
            brightness=moved(self.brightness, measures.brightness),
            tint_blue=moved(self.tint_blue, measures.tint_blue),
            tint_red=moved(self.tint_red, measures.tint_red),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How often of how many visits something must be suspected, and over how long, before it is said."""

    hits: int
    visits: int
    lasts: timedelta = timedelta(0)


RULES: Final[Mapping[Fault, Lasting]] = MappingProxyType(
    {
        Fault.OFFLINE: Lasting(hits=3, visits=3, lasts=timedelta(seconds=60)),
        Fault.LOCKED_OUT: Lasting(hits=2, visits=2),
        Fault.UNREADABLE: Lasting(hits=3, visits=3, lasts=timedelta(seconds=60)),
        Fault.BLACK: Lasting(hits=2, visits=3),
        Fault.FROZEN: Lasting(hits=3, visits=3, lasts=timedelta(seconds=20)),
        Fault.BLURRED: Lasting(hits=3, visits=4),
        Fault.OCCLUDED: Lasting(hits=3, visits=4),
        Fault.MOVED: Lasting(hits=3, visits=3),
        Fault.SNOW: Lasting(hits=2, visits=3),
        Fault.COLOUR_CAST: Lasting(hits=3, visits=4),
        Fault.OVEREXPOSED: Lasting(hits=3, visits=4),
        Fault.UNDEREXPOSED: Lasting(hits=3, visits=4),
    }
)
#: Good visits in a row after which a fault is over.
CLEAN_VISITS: Final = 2
REMEMBERED: Final = max(rule.visits for rule in RULES.values())

BLACK_BRIGHTNESS, BLACK_CONTRAST = 20.0, 8.0
DARK_BRIGHTNESS = 32.0
BRIGHT_BRIGHTNESS, BRIGHT_SHARE = 225.0, 0.5
BLUR_SHARE = 0.4
COVERED_SHARE = 0.4
SHIFT_PX, SHIFT_SURETY = 6.0, 0.2
STRANGE_LIKENESS, STRANGE_SURETY = 0.25, 0.12
SNOW_LEVELS, SNOW_TIMES = 11.0, 3.0
TINT_LEVELS, TINT_ALONE = 18.0, 34.0


def suspected(measures: Measures, usual: Usual, *, night: bool) -> dict[Fault, str]:
    """What one picture alone speaks for, with what was measured; a fault that explains others hides them."""
    if measures.brightness < BLACK_BRIGHTNESS and measures.contrast < BLACK_CONTRAST:
        return {Fault.BLACK: f"brightness {measures.brightness:.0f}, contrast {measures.contrast:.1f}"}
    if measures.noise > max(SNOW_LEVELS, SNOW_TIMES * usual.noise):
        return {Fault.SNOW: f"noise {measures.noise:.1f}, usual {usual.noise:.1f}"}
    found: dict[Fault, str] = {}
    if measures.identical:
        found[Fault.FROZEN] = "the same picture as the visit before"
    if measures.brightness > BRIGHT_BRIGHTNESS or measures.bright_share > BRIGHT_SHARE:
        found[Fault.OVEREXPOSED] = f"brightness {measures.brightness:.0f}, {measures.bright_share:.0%} white"
        return found
    if not night and measures.brightness < DARK_BRIGHTNESS:
        found[Fault.UNDEREXPOSED] = f"brightness {measures.brightness:.0f}"
    found |= _tinted(measures, usual)
    if usual.known and Fault.UNDEREXPOSED not in found:
        found |= _unusual(measures, usual)
    return found


def _tinted(measures: Measures, usual: Usual) -> dict[Fault, str]:
    blue, red = measures.tint_blue, measures.tint_red
    if usual.known:
        off = max(abs(blue - usual.tint_blue), abs(red - usual.tint_red))
        return {Fault.COLOUR_CAST: f"colours {off:.0f} levels off the usual"} if off > TINT_LEVELS else {}
    off = max(abs(blue), abs(red))
    return {Fault.COLOUR_CAST: f"colours {off:.0f} levels off grey"} if off > TINT_ALONE else {}


def _unusual(measures: Measures, usual: Usual) -> dict[Fault, str]:
    """What only shows against the usual view."""
    if measures.covered > COVERED_SHARE and measures.likeness < 0.9:
        return {Fault.OCCLUDED: f"{measures.covered:.0%} of the view without structure"}
    if usual.sharpness > 0 and measures.sharpness < BLUR_SHARE * usual.sharpness:
        return {Fault.BLURRED: f"sharpness {measures.sharpness / usual.sharpness:.2f} of usual"}
    if measures.shift_px > SHIFT_PX and measures.shift_surety > SHIFT_SURETY:
        return {Fault.MOVED: f"view shifted by {measures.shift_px:.0f} of 320 pixels"}
    if measures.likeness < STRANGE_LIKENESS and measures.shift_surety < STRANGE_SURETY:
        return {Fault.MOVED: f"another view, likeness {measures.likeness:.2f}"}
    return {}


#: Failures that are not the camera's doing: our own settings and load, or a head that does not turn.
_OURS: Final = frozenset(
    {Problem.OVERLOAD, Problem.NO_STREAM, Problem.ADDRESS_REFUSED, Problem.NOT_TURNED, Problem.PRESET_UNKNOWN}
)


def connection_fault(problem: str) -> Fault | None:
    """The fault a failed attempt speaks for; None for what is not the camera's doing."""
    if problem in _OURS:
        return None
    if problem == Problem.LOCKED_OUT:
        return Fault.LOCKED_OUT
    return Fault.UNREADABLE if problem in ANSWERED - {Problem.BROKEN_OFF} else Fault.OFFLINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """How one fault was suspected at the last visits, newest last."""

    hits: tuple[bool, ...] = ()
    since: datetime | None = None
    measured: str = ""
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is known of a camera's faults."""

    suspicions: Mapping[Fault, Suspicion] = field(default_factory=dict)

    @property
    def standing(self) -> Mapping[Fault, Suspicion]:
        """Faults that were said and are not over."""
        return {fault: found for fault, found in self.suspicions.items() if found.said_at is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Health after a visit, and what began and ended with it."""

    health: Health
    begun: Sequence[Fault] = ()
    ended: Sequence[Fault] = ()


def judge(health: Health, suspects: Mapping[Fault, str], *, at: datetime, seen: bool) -> Judged:
    """After a visit. A visit without a picture says nothing about faults that only a picture shows."""
    begun, ended = [], []
    suspicions: dict[Fault, Suspicion] = {}
    for fault in Fault:
        before = health.suspicions.get(fault, Suspicion())
        if not seen and fault not in OF_CONNECTION:
            if before.hits:
                suspicions[fault] = before
            continue
        after = _after_visit(before, suspects.get(fault), at)
        if before.said_at is None and _lasts(fault, after, at):
            after = replace(after, said_at=at)
            begun.append(fault)
        elif before.said_at is not None and not any(after.hits[-CLEAN_VISITS:]):
            ended.append(fault)
            after = Suspicion()
        if any(after.hits) or after.said_at is not None:
            suspicions[fault] = after
    return Judged(health=Health(suspicions=suspicions), begun=begun, ended=ended)


def _after_visit(before: Suspicion, measured: str | None, at: datetime) -> Suspicion:
    hits = (*before.hits, measured is not None)[-REMEMBERED:]
    if measured is None:
        return replace(before, hits=hits, since=before.since if any(hits) or before.said_at else None)
    return replace(before, hits=hits, since=before.since or at, measured=measured)


def _lasts(fault: Fault, found: Suspicion, at: datetime) -> bool:
    rule = RULES[fault]
    return sum(found.hits[-rule.visits :]) >= rule.hits and found.since is not None and at - found.since >= rule.lasts


#: Faults with which a picture says nothing about the street.
BLINDING: Final = frozenset(Fault) - {Fault.COLOUR_CAST, Fault.FROZEN}


def blinded(suspects: Mapping[Fault, str]) -> bool:
    """Whether nothing should be concluded, or learned, from this picture."""
    return bool(BLINDING & set(suspects))
