"""Names what the rules of a case refuse, each with the words to tell the person who tried."""

from services.platform.errors import Conflict, Forbidden, Invalid, NotFound, Stale


class LimitInvalid(Invalid):
    """A time limit must be more than zero, not {value} {unit}."""

    reason = "LIMIT_INVALID"


class CalendarInvalid(Invalid):
    """The working calendar cannot be used: {problem}."""

    reason = "CALENDAR_INVALID"


class TaskTypeUnknown(NotFound):
    """The city knows no task type {task_type}."""

    reason = "TASK_TYPE_UNKNOWN"


class TaskTypePaused(Conflict):
    """No case is made of {task_type} in {area_code} while the emergency there lasts."""

    reason = "TASK_TYPE_PAUSED"


class TaskTypeNotAdmitted(Conflict):
    """Task type {task_type} is not admitted ({admission}), so no case can be made of it."""

    reason = "TASK_TYPE_NOT_ADMITTED"


class StepNotLegal(Conflict):
    """A case in state {state} does not allow {event}; it allows: {allowed}."""

    reason = "STEP_NOT_LEGAL"


class StepForbidden(Forbidden):
    """The step {event} is for {permitted}; you act as {role}."""

    reason = "STEP_FORBIDDEN"


class ReasonRequired(Invalid):
    """The step {event} needs words."""

    reason = "REASON_REQUIRED"


class EvidenceRequired(Invalid):
    """The step {event} needs {count} of evidence that shows {kind}; {given} given."""

    reason = "EVIDENCE_REQUIRED"


class CheckerIsSolver(Conflict):
    """{checker} solved the case and so cannot check it."""

    reason = "CHECKER_IS_SOLVER"


class FilingConditionUnknown(Invalid):
    """Task type {task_type} has no filing condition {condition}; it has: {known}."""

    reason = "FILING_CONDITION_UNKNOWN"


class DepartmentUnknown(Invalid):
    """The city has no department {department}."""

    reason = "DEPARTMENT_UNKNOWN"


class RatedAlready(Conflict):
    """The case has been rated already, with {rating}."""

    reason = "RATED_ALREADY"


class ProcedureInvalid(Invalid):
    """Cases cannot be worked by this procedure: {problem}."""

    reason = "PROCEDURE_INVALID"


class WordsTooFew(Invalid):
    """The step {event} needs at least {count} characters of words; {given} given."""

    reason = "WORDS_TOO_FEW"


class NotAtThePlace(Invalid):
    """The step {event} is taken within {within_m} metres of the place; you are {distance_m} metres away."""

    reason = "NOT_AT_THE_PLACE"


class PlaceNotShown(Invalid):
    """The step {event} is taken within {within_m} metres of the place, and nothing says where you are."""

    reason = "PLACE_NOT_SHOWN"


class RequestPending(Conflict):
    """Another request for the case is not decided yet ({kind}, by {asked_by})."""

    reason = "REQUEST_PENDING"


class RequestMissing(Conflict):
    """Nobody has asked for {kind}, or the first approval is missing."""

    reason = "REQUEST_MISSING"


class OwnRequest(Conflict):
    """{asked_by} asked for it and so cannot approve it."""

    reason = "OWN_REQUEST"


class ExtensionsUsed(Conflict):
    """The case was given more time {count} times already; that is the most."""

    reason = "EXTENSIONS_USED"


class TooLateToAsk(Conflict):
    """The deadline was {deadline_at}; more time is asked for before that."""

    reason = "TOO_LATE_TO_ASK"


class SuspensionUsed(Conflict):
    """The case was suspended once already; that is the most."""

    reason = "SUSPENSION_USED"


class SuspensionTooLong(Invalid):
    """A case is suspended to a moment from now to {until} at the latest."""

    reason = "SUSPENSION_TOO_LONG"


class NotOverdue(Conflict):
    """Only the overdue mark of a case that was closed late can be contested."""

    reason = "NOT_OVERDUE"


class AppealedAlready(Conflict):
    """The overdue mark of the case was contested already."""

    reason = "APPEALED_ALREADY"


class ReopenTooLate(Conflict):
    """The case was closed on {closed_at}; it can be opened again within {days} days."""

    reason = "REOPEN_TOO_LATE"


class NothingOwed(Conflict):
    """No answer of this kind is owed for the case."""

    reason = "NOTHING_OWED"


class VerifyFirst(Conflict):
    """What a {source} reports is verified on site before it is opened as a case."""

    reason = "VERIFY_FIRST"


class FoundAbsent(Conflict):
    """Whoever was sent to look found nothing, so no case is opened."""

    reason = "FOUND_ABSENT"


class MoveNotPossible(Conflict):
    """The case is at "{own_state}", from where {move} does not lead on."""

    reason = "MOVE_NOT_POSSIBLE"


class OwnStateOpen(Conflict):
    """The case is at "{own_state}" and cannot be submitted as done from there."""

    reason = "OWN_STATE_OPEN"


class SameDepartment(Conflict):
    """The case lies with {department} already."""

    reason = "SAME_DEPARTMENT"


class DepartmentWouldChange(Conflict):
    """Of this kind the case belongs to {department}; it must be returned or transferred first."""

    reason = "DEPARTMENT_WOULD_CHANGE"


class PartsOpen(Conflict):
    """Others have not finished their part yet: {receivers}."""

    reason = "PARTS_OPEN"


class PartUnknown(NotFound):
    """You have no part in the case with which this can be done."""

    reason = "PART_UNKNOWN"


class ReceiverTwice(Conflict):
    """{receiver} has a part in the case already."""

    reason = "RECEIVER_TWICE"


class TakenAlready(Conflict):
    """{owner} has taken the case already."""

    reason = "TAKEN_ALREADY"


class ChildrenOpen(Conflict):
    """The case waits for others that are not ended: {children}."""

    reason = "CHILDREN_OPEN"


class ChildNotPossible(Conflict):
    """Case {child} cannot become a part of this one: {problem}."""

    reason = "CHILD_NOT_POSSIBLE"


class LoopBottomReached(Conflict):
    """The case is in loop {level}; there is none below."""

    reason = "LOOP_BOTTOM_REACHED"


class ProcedureStale(Stale):
    """Somebody else declared how {task_type} is worked meanwhile; it is version {version} now."""

    reason = "PROCEDURE_STALE"


class CalendarStale(Stale):
    """Somebody else has changed the calendar of {area_code}; version {version} is in force."""

    reason = "CALENDAR_STALE"


class CalendarUnknown(NotFound):
    """There is no such calendar of {area_code}."""

    reason = "CALENDAR_UNKNOWN"


class AreaNotKnown(NotFound):
    """The city has no area {code}."""

    reason = "AREA_NOT_KNOWN"


class LoopTopReached(Conflict):
    """The case is in loop {level} already; there is none above."""

    reason = "LOOP_TOP_REACHED"


class OutOfArea(Invalid):
    """The point {longitude_deg}, {latitude_deg} lies in no grid of the city."""

    reason = "OUT_OF_AREA"


class FormAnswersInvalid(Invalid):
    """The form's answer {field}: {problem}."""

    reason = "FORM_ANSWERS_INVALID"


class CaseUnknown(NotFound):
    """There is no case {case_id} here."""

    reason = "CASE_UNKNOWN"
