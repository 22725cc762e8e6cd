"""Says items, places, rounds and problems in the words of the contract, and understands them."""

from gridward.incidents.v1 import inspections_pb2

from services.incidents.inspections.domain import Finding, Item, Line, Plan, Problem, Recheck, Severity, Visit
from services.incidents.inspections.store import DueSite
from services.incidents.messages.incoming import evidence_of
from services.incidents.messages.moments import stamp
from services.incidents.messages.outgoing import point_message

_SEVERITIES = {severity: inspections_pb2.Severity.Value(f"SEVERITY_{severity.name}") for severity in Severity}
_SEVERITY_OF = {number: severity for severity, number in _SEVERITIES.items()}


def line_of(message: inspections_pb2.InspectionLine) -> Line:
    """A line."""
    return Line(code=message.code, name=message.name, name_en=message.name_en, department_code=message.department_code)


def line_message(line: Line) -> inspections_pb2.InspectionLine:
    """A line."""
    return inspections_pb2.InspectionLine(
        code=line.code, name=line.name, name_en=line.name_en, department_code=line.department_code
    )


def item_of(message: inspections_pb2.InspectionItem) -> Item:
    """An item."""
    return Item(
        code=message.code,
        line=message.line,
        title=message.title,
        title_en=message.title_en,
        severity=_SEVERITY_OF.get(message.severity, Severity.MINOR),
        rectify_department=message.rectify_department,
        task_type=message.task_type,
        photo_required=message.photo_required,
        retired=message.retired,
    )


def item_message(item: Item) -> inspections_pb2.InspectionItem:
    """An item."""
    return inspections_pb2.InspectionItem(
        code=item.code,
        line=item.line,
        title=item.title,
        title_en=item.title_en,
        severity=_SEVERITIES[item.severity],
        rectify_department=item.rectify_department,
        task_type=item.task_type,
        photo_required=item.photo_required,
        retired=item.retired,
    )


def plan_message(plan: Plan) -> inspections_pb2.InspectionPlan:
    """A round and its figures."""
    return inspections_pb2.InspectionPlan(
        id=plan.id,
        title=plan.title,
        round=plan.round,
        site_kind=plan.site_kind,
        area_code=plan.area_code,
        lines=plan.lines,
        due_at=stamp(plan.due_at),
        previous_plan_id=plan.previous_id,
        site_count=plan.site_count,
        visited_count=plan.visited_count,
        problem_count=plan.problem_count,
        cleared_count=plan.cleared_count,
        created_by=plan.created_by,
    )


def due_site_message(due: DueSite) -> inspections_pb2.DueSite:
    """A place of a round."""
    return inspections_pb2.DueSite(
        site=inspections_pb2.Site(
            code=due.site.code,
            name=due.site.name,
            kind=due.site.kind,
            point=point_message(due.site.point),
            grid_code=due.site.grid_code,
        ),
        visited_at=stamp(due.visited_at),
        visited_by=due.visited_by,
        open_problem_count=due.open_count,
    )


def visit_of(message: inspections_pb2.Visit) -> Visit:
    """A visit."""
    return Visit(
        site_code=message.site_code,
        findings=tuple(
            Finding(
                item_code=finding.item_code,
                description=finding.description,
                evidence=tuple(evidence_of(item) for item in finding.evidence),
                self_rectify=finding.self_rectify,
            )
            for finding in message.findings
        ),
    )


def recheck_of(message: inspections_pb2.Recheck) -> Recheck:
    """A second look."""
    return Recheck(
        problem_id=message.problem_id,
        passed=message.passed,
        evidence=tuple(evidence_of(item) for item in message.evidence),
    )


def problem_message(problem: Problem) -> inspections_pb2.Problem:
    """A problem."""
    return inspections_pb2.Problem(
        id=problem.id,
        plan_id=problem.plan_id,
        site_code=problem.site_code,
        item_code=problem.item_code,
        description=problem.description,
        case_id=problem.case_id,
        rectify_department=problem.rectify_department,
        found_at=stamp(problem.found_at),
        found_by=problem.found_by,
        cleared_at=stamp(problem.cleared_at),
        cleared_by=problem.cleared_by,
        failed_rechecks=problem.failed_rechecks,
    )
