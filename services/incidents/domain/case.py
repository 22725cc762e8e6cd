"""Holds what is known of a case, and of each thing that ever happened to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.incidents.domain.countdown import Countdown
from services.incidents.domain.dealings import NONE, Dealings, Ending
from services.incidents.domain.limits import Limit
from services.incidents.domain.parts import Part
from services.incidents.domain.signal import Signal
from services.incidents.domain.tasktypes import EvidenceKind


class State(StrEnum):
    """Where a case stands on its way."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SELF_DONE = "self_done"
    VERIFYING = "verifying"
    NOT_REGISTERED = "not_registered"
    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    RETURNED = "returned"
    DISPOSING = "disposing"
    SUSPENDED = "suspended"
    DISPOSED = "disposed"
    FEEDBACK = "feedback"
    CHECKING = "checking"
    CHECKED = "checked"
    CHECK_FAILED = "check_failed"
    CLOSED = "closed"
    REOPENED = "reopened"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Nothing more is to be solved."""
        return self in ENDED


ENDED: Final = frozenset({State.REJECTED, State.NOT_REGISTERED, State.CLOSED, State.CANCELLED})
OPEN: Final = frozenset(State) - ENDED


class Event(StrEnum):
    """What can be done with a case."""

    REPORT = "report"
    ACCEPT = "accept"
    REJECT = "reject"
    REGISTER = "register"
    DISPATCH = "dispatch"
    SIGN = "sign"
    TAKE = "take"
    RETURN_BACK = "return_back"
    ASSIGN = "assign"
    DISPOSE = "dispose"
    FEEDBACK = "feedback"
    SEND_CHECK = "send_check"
    CHECK_PASS = "check_pass"  # noqa: S105 - a step, not a password
    CHECK_FAIL = "check_fail"
    REWORK = "rework"
    CLOSE = "close"
    RATE = "rate"
    SELF_DISPOSE = "self_dispose"
    REFUSE_SELF = "refuse_self"
    SEND_VERIFY = "send_verify"
    VERIFY_EXISTS = "verify_exists"
    VERIFY_ABSENT = "verify_absent"
    VERIFY_UNABLE = "verify_unable"
    REFUSE_FILING = "refuse_filing"
    CORRECT = "correct"
    PRIORITIZE = "prioritize"
    RELEASE = "release"
    TRANSFER = "transfer"
    BACK_TO_ACCEPTOR = "back_to_acceptor"
    HAND_BACK = "hand_back"
    MOVE = "move"
    REFUSE_RESULT = "refuse_result"
    ASK_EXTENSION = "ask_extension"
    ASK_SUSPENSION = "ask_suspension"
    ENDORSE_REQUEST = "endorse_request"
    GRANT_EXTENSION = "grant_extension"
    GRANT_SUSPENSION = "grant_suspension"
    REFUSE_REQUEST = "refuse_request"
    RESUME = "resume"
    CHECK_UNABLE = "check_unable"
    FORCE_CLOSE = "force_close"
    REOPEN = "reopen"
    APPEAL = "appeal"
    GRANT_APPEAL = "grant_appeal"
    CANCEL = "cancel"
    ESCALATE = "escalate"
    PUSH_DOWN = "push_down"
    SUPERVISE = "supervise"
    URGE = "urge"
    REPLY = "reply"
    EXPLAIN = "explain"
    LIST_FOR_INTERVIEW = "list_for_interview"
    CO_HANDLE = "co_handle"
    ADDRESS = "address"
    WHISTLE = "whistle"
    PART_SIGN = "part_sign"
    ARRIVE = "arrive"
    PART_DONE = "part_done"
    PART_DECLINE = "part_decline"
    ADD_CHILD = "add_child"
    JOIN_PARENT = "join_parent"
    RECOUNT = "recount"
    NOTE = "note"


class Source(StrEnum):
    """Who brought it."""

    GRID_WORKER = "grid_worker"
    RESIDENT = "resident"
    HOTLINE = "hotline"
    VIDEO = "video"
    VOLUNTEER = "volunteer"
    SYSTEM = "system"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point on the ground, WGS-84."""

    longitude_deg: float
    latitude_deg: float
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A stored file that belongs to a case."""

    kind: EvidenceKind
    object_key: str
    sha256: str = ""
    content_type: str = ""
    size_bytes: int = 0
    taken_at: datetime | None = None
    taken_where: Point | None = None
    camera_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One stay of a case with somebody in a loop (闭环); it ends with an answer."""

    sequence: int
    loop_level: int
    receiver: str
    received_at: datetime
    replied_at: datetime | None = None
    reply: str = ""
    #: Why it came here: report, time, beyond_authority, choice, pushed_down, rework, corrected.
    cause: str = ""

    @property
    def answered(self) -> bool:
        """The loop has said what became of it."""
        return self.replied_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case (案件), as one row holds it."""

    id: str
    number: str
    version: int
    state: State
    state_since: datetime
    updated_at: datetime

    task_type: str
    task_type_version: int
    emergency: bool = False
    filing_condition: str = ""
    closing_condition: str = ""
    closing_condition_en: str = ""
    limit: Limit | None = None

    description: str
    place: str = ""
    point: Point
    grid_code: str
    area_path: str
    source: Source
    form_answers: str = ""

    department_code: str = ""
    reporter: str
    handler: str = ""
    solver: str = ""
    checker: str = ""

    reported_at: datetime
    registered_at: datetime | None = None
    dispatched_at: datetime | None = None
    signed_at: datetime | None = None
    disposed_at: datetime | None = None
    closed_at: datetime | None = None

    countdown: Countdown | None = None
    signal: Signal = Signal.GREEN
    overdue: bool = False
    stage_due_at: datetime | None = None
    sign_due_at: datetime | None = None
    sign_missed_count: int = 0

    leg: Leg
    loop_due_at: datetime | None = None

    return_count: int = 0
    rework_count: int = 0
    rating: int = 0
    rating_comment: str = ""
    rated_at: datetime | None = None

    ending: Ending = Ending.OPEN
    parent_id: str = ""
    #: The parent cannot end before this one.
    blocking: bool = False
    #: Numbers of the children that this case has to wait for.
    open_children: tuple[str, ...] = ()
    dealings: Dealings = NONE
    parts: tuple[Part, ...] = ()

    @property
    def owner(self) -> str:
        """Who took it after it was reported directly."""
        return self.dealings.owner

    @property
    def loop_level(self) -> int:
        """The handling loop: 1, 2 or 3."""
        return self.leg.loop_level

    @property
    def deadline_at(self) -> datetime | None:
        """When the disposal time is up; None before dispatch."""
        return self.countdown.moments.deadline_at if self.countdown else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """What happened, who did it, how long the case had lain. Never changed, never removed."""

    sequence: int
    event: Event
    from_state: State | None
    to_state: State
    actor: str
    role: str
    receiver: str = ""
    opinion: str = ""
    #: The same in English, when it was said in both languages.
    opinion_en: str = ""
    at: datetime
    elapsed_s: int = 0
    overdue: bool = False
    evidence: tuple[Evidence, ...] = ()
    #: The deadline of the case after it; so every earlier one stays on record.
    deadline_at: datetime | None = None
