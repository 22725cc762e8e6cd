"""Shows a department what it may know of a case, as plain values that cannot be changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

FormAnswer = str | int | float | bool | None


class CaseState(StrEnum):
    """Where a case stands on its way; UNKNOWN is a state that came after this version of the kit."""

    UNKNOWN = "unknown"
    REPORTED = "reported"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    RETURNED = "returned"
    DISPOSING = "disposing"
    DISPOSED = "disposed"
    FEEDBACK = "feedback"
    CHECKING = "checking"
    CHECKED = "checked"
    CHECK_FAILED = "check_failed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    SELF_DONE = "self_done"
    VERIFYING = "verifying"
    NOT_REGISTERED = "not_registered"
    SUSPENDED = "suspended"
    REOPENED = "reopened"


class StepKind(StrEnum):
    """What can be done with a case; UNKNOWN is a step that came after this version of the kit."""

    UNKNOWN = "unknown"
    REPORT = "report"
    ACCEPT = "accept"
    REJECT = "reject"
    REGISTER = "register"
    DISPATCH = "dispatch"
    SIGN = "sign"
    RETURN_BACK = "return_back"
    ASSIGN = "assign"
    DISPOSE = "dispose"
    FEEDBACK = "feedback"
    SEND_CHECK = "send_check"
    CHECK_PASS = "check_pass"  # noqa: S105 a step, not a password
    CHECK_FAIL = "check_fail"
    REWORK = "rework"
    CLOSE = "close"
    RATE = "rate"
    CANCEL = "cancel"
    ESCALATE = "escalate"
    NOTE = "note"
    TAKE = "take"
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


class Signal(StrEnum):
    """The light of a case: in time, little time left or a little late, late by more than its whole limit."""

    UNKNOWN = "unknown"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Source(StrEnum):
    """Who brought a case."""

    UNKNOWN = "unknown"
    GRID_WORKER = "grid_worker"
    RESIDENT = "resident"
    HOTLINE = "hotline"
    VIDEO = "video"
    VOLUNTEER = "volunteer"
    SYSTEM = "system"
    TRANSFER = "transfer"


class EvidenceKind(StrEnum):
    """What a piece of evidence shows."""

    UNKNOWN = "unknown"
    SCENE = "scene"
    BEFORE = "before"
    AFTER = "after"
    CHECK = "check"
    SNAPSHOT = "snapshot"
    ATTACHMENT = "attachment"
    SIGNATURE = "signature"


class LimitUnit(StrEnum):
    """How a span of time is counted: on the clock, or in office hours only."""

    UNKNOWN = "unknown"
    MINUTE = "minute"
    URGENT_HOUR = "urgent_hour"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A span of time: value and unit."""

    value: float
    unit: LimitUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point on the ground, WGS-84."""

    longitude_deg: float
    latitude_deg: float
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A stored photo or other file; the bytes stay in the city's store."""

    object_key: str
    sha256: str
    content_type: str
    kind: EvidenceKind
    taken_at: datetime | None = None
    camera_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as a department sees it. Who reported it is not told: a department need not know."""

    id: str
    number: str
    version: int
    state: CaseState
    signal: Signal
    task_type: str
    task_type_version: int
    description: str
    place: str
    point: Point
    grid_code: str
    area_path: str
    department_code: str
    source: Source
    loop_level: int
    reported_at: datetime
    registered_at: datetime | None = None
    deadline_at: datetime | None = None
    closed_at: datetime | None = None
    filing_condition: str = ""
    limit: Limit | None = None
    form_answers: Mapping[str, FormAnswer] = field(default_factory=lambda: MappingProxyType({}))
    emergency: bool = False
    paused: bool = False
    handler: str = ""
    solver: str = ""
    rework_count: int = 0
    return_count: int = 0
    rating: int = 0
    rating_comment: str = ""
    evidence: tuple[Evidence, ...] = ()

    def answer(self, field: str) -> str:
        """The answer to a question of the form, as words; empty when there is none."""
        value = self.form_answers.get(field)
        return value if isinstance(value, str) else ""

    def amount(self, field: str) -> float | None:
        """The answer to a question of the form, as a number; None when there is none."""
        value = self.form_answers.get(field)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def says_yes(self, field: str) -> bool:
        """Whether a question of the form was answered with yes."""
        return self.form_answers.get(field) is True


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One line of the history: what was done, who did it, what was said."""

    sequence: int
    step: StepKind
    from_state: CaseState
    to_state: CaseState
    actor: str
    role: str
    receiver: str
    opinion: str
    at: datetime
    elapsed_s: int
    overdue: bool
    evidence: tuple[Evidence, ...] = ()
    opinion_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One stay of a case with somebody in a loop (闭环)."""

    loop_level: int
    receiver: str
    received_at: datetime
    replied_at: datetime | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """What a rating brought: how many points to whom, "reporter" or "solver"; empty when nobody earns."""

    beneficiary: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalStep:
    """A step that the department may take now, and what it asks for."""

    step: StepKind
    opinion_required: bool = False
    evidence_required: int = 0
    fields_required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case with every line of its history, its stays in the loops, and what the department may do now."""

    case: Case
    history: tuple[HistoryEntry, ...]
    legs: tuple[Leg, ...]
    legal_steps: tuple[LegalStep, ...]

    def allows(self, step: StepKind) -> bool:
        """Whether the department may take this step now."""
        return any(legal.step is step for legal in self.legal_steps)
