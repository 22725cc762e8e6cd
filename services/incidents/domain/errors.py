"""Names what the rules of a case refuse, each with the words to tell the person who tried."""

from services.platform.errors import Conflict, Forbidden, Invalid, NotFound


class LimitInvalid(Invalid):
    """A time limit must be more than zero, not {value} {unit}."""

    reason = "LIMIT_INVALID"


class CalendarInvalid(Invalid):
    """The working calendar cannot be used: {problem}."""

    reason = "CALENDAR_INVALID"


class TaskTypeUnknown(NotFound):
    """The city knows no task type {task_type}."""

    reason = "TASK_TYPE_UNKNOWN"


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
