"""Acts for a department in answer to one event, so that being told twice does nothing twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import structlog
from eventlet import tpool
from google.protobuf.any_pb2 import Any as PackedMessage
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import elements_pb2, staff_pb2

from plugins import sdk
from plugins.sdk.geometry import nearest
from plugins.sdk.manifest import Manifest
from plugins.sdk.stages import first_stage, require_way
from services.host.admission import Granted
from services.host.core import Core, plugin_caller
from services.host.desk import Desk
from services.host.drawers import DESK_AWAY
from services.host.lending import rows_lent
from services.host.notebook import DeskNotebook
from services.host.orders import Orders
from services.host.papers import Papers
from services.host.translate import case_of, component_of, file_of, letter_text, report_to, search_to, step_to
from services.platform import errors

log = structlog.get_logger(service="host")

#: Under this, a request id follows from plugin, event and content: the same wish gets the same id again.
WISHES: Final = UUID("6f1e2a52-9f0b-5d0e-8a34-5f7b6d0c9e11")
COMPONENTS_PAGE: Final = 500
#: Why a note is refused when the case has ended or gone to somebody else meanwhile: nobody misses it then.
TOO_LATE: Final = frozenset({"STEP_NOT_LEGAL", "STEP_FORBIDDEN", "CASE_UNKNOWN"})
REFUSALS: Final = (
    errors.Invalid,
    errors.NotFound,
    errors.AlreadyExists,
    errors.Conflict,
    errors.Forbidden,
    errors.Unauthenticated,
)

Request = TypeVar("Request", incidents_pb2.AdvanceCaseRequest, incidents_pb2.ReportIncidentRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityHall:
    """What every hook call of one department stands on."""

    core: Core
    manifest: Manifest
    granted: Granted
    desk: Desk
    papers: Papers
    zone: ZoneInfo
    calls_max: int
    orders: Orders = field(default_factory=Orders)


class BoundCity:
    """The city as one hook call sees it; see plugins.sdk.City."""

    def __init__(self, hall: CityHall, *, event_id: str) -> None:
        self._hall = hall
        self._plugin = hall.manifest.name
        # Cases are touched where the plugin is enabled, and nowhere else; loans are its department's.
        self._caller = plugin_caller(hall.manifest, hall.orders.area_paths)
        self._borrower = plugin_caller(hall.manifest)
        self._event_id = event_id
        self._calls = 0
        self.settings = hall.granted.settings
        self.memory = DeskNotebook(hall.desk, self._plugin, self._count)

    def secret(self, name: str) -> str:
        """A secret the operator set."""
        if name not in self._hall.granted.secrets:
            raise sdk.Refused(reason="SECRET_NOT_SET", message=f"the operator has not set {name}")
        return self._hall.granted.secrets[name]

    def local(self, at: datetime) -> datetime:
        """A moment on the city's own clocks."""
        return at.astimezone(self._hall.zone)

    def get_case(self, case_id: str) -> sdk.CaseFile:
        """The case as it is now."""
        self._count()
        core = self._hall.core
        try:
            request = incidents_pb2.GetCaseRequest(case_id=case_id)
            return file_of(core.call(core.incidents.GetCase, request, caller=self._caller))
        except errors.GridwardError as error:
            raise self._said(error, case_id) from error

    def cases(self, search: sdk.Search) -> tuple[sdk.Case, ...]:
        """The department's own cases that fit."""
        self._count()
        core = self._hall.core
        request = search_to(search, self._hall.manifest.department)
        try:
            answer = core.call(core.incidents.ListCases, request, caller=self._caller)
        except errors.GridwardError as error:
            raise self._said(error, "") from error
        found = map(case_of, answer.cases)
        near = search.near
        return tuple(each for each in found if near is None or sdk.distance_m(each.point, near) <= search.near_m)

    def note(self, case: sdk.Case, text: sdk.Text, *evidence: sdk.Evidence) -> None:
        """Say something; a note does not depend on where the case stands, and told twice it is kept once."""
        self._allow("cases.note")
        step = sdk.Step(kind=sdk.StepKind.NOTE, opinion=text.zh, opinion_en=text.en, evidence=evidence)
        try:
            self._advance(case, step)
        except sdk.Refused as refused:
            if refused.reason not in TOO_LATE:
                raise
            log.info("note_too_late", plugin=self._plugin, event_id=self._event_id, case_id=case.id)

    def stage(self, case: sdk.Case, stage: str, text: sdk.Text) -> None:
        """Move a case to one of its type's own stages."""
        before = self.stage_of(case)
        if before == stage:
            return
        require_way(self._hall.manifest.task_type(case.task_type), before, stage)
        self.note(case, text)
        self.memory.put(f"stage/{case.id}", stage)

    def stage_of(self, case: sdk.Case) -> str:
        """The stage a case is in."""
        return self.memory.get(f"stage/{case.id}") or first_stage(self._hall.manifest.task_type(case.task_type))

    def on_duty(self, case: sdk.Case, role: str) -> str:
        """The nearest post of a role on which somebody stands."""
        self._count()
        core = self._hall.core
        request = staff_pb2.FindOnDutyRequest(area_code=case.grid_code, role=role)
        try:
            answer = core.call(core.staff.FindOnDuty, request, caller=self._caller)
        except errors.GridwardError as error:
            raise self._said(error, case.id) from error
        return next((each.post.code for each in answer.on_duty), "")

    def components(self, case: sdk.Case, within_m: float) -> tuple[sdk.Component, ...]:
        """What stands near a case in its grid."""
        core = self._hall.core
        request = elements_pb2.ListElementsRequest(
            kind=elements_pb2.ELEMENT_KIND_COMPONENT, area_code=case.grid_code, page_size=COMPONENTS_PAGE
        )
        found: list[sdk.Component] = []
        while True:
            self._count()
            try:
                answer = core.call(core.elements.ListElements, request, caller=self._caller)
            except errors.GridwardError as error:
                raise self._said(error, case.id) from error
            found += map(component_of, answer.elements)
            if not answer.next_page_token:
                return nearest(found, case.point, within_m=within_m)
            request.page_token = answer.next_page_token

    def advance(self, case: sdk.Case, *steps: sdk.Step) -> sdk.Case:
        """Take steps with the case as it was seen."""
        self._allow("cases.advance")
        return self._advance(case, *steps)

    def _advance(self, case: sdk.Case, *steps: sdk.Step) -> sdk.Case:
        self._count()
        core = self._hall.core
        request = incidents_pb2.AdvanceCaseRequest(
            case_id=case.id, version=case.version, steps=[step_to(step) for step in steps]
        )
        try:
            answer = core.call(core.incidents.AdvanceCase, self._wish(request), caller=self._caller)
        except errors.GridwardError as error:
            raise self._said(error, case.id) from error
        return case_of(answer.case)

    def report(self, report: sdk.Report) -> sdk.Case:
        """File a new matter."""
        self._allow("cases.report")
        self._count()
        core = self._hall.core
        request = incidents_pb2.ReportIncidentRequest(report=report_to(report))
        try:
            answer = core.call(core.incidents.ReportIncident, self._wish(request), caller=self._caller)
        except errors.GridwardError as error:
            raise self._said(error, "") from error
        return case_of(answer.case)

    def lend(self, loan: sdk.Loan) -> tuple[Mapping[str, str], ...]:
        """Rows of a loan that was granted to the department; the registry writes down who read what, and what for."""
        self._allow(f"data.{loan.dataset}")
        self._count()
        try:
            return rows_lent(self._hall.core, loan, department=self._hall.manifest.department, borrower=self._borrower)
        except errors.GridwardError as error:
            raise self._said(error, "") from error

    def keep(self, document: sdk.Document) -> sdk.Evidence:
        """Keep a paper."""
        self._allow("files.keep")
        self._count()
        kept: sdk.Evidence = tpool.execute(self._hall.papers.keep, self._plugin, document)
        return kept

    def send(self, letter: sdk.Letter) -> None:
        """Put a letter into the out-tray; the courier takes it from there."""
        self._allow("link.send")
        self._count()
        text = letter_text(letter)
        letter_id = str(uuid5(WISHES, f"{self._plugin}/{self._event_id}/{text}"))
        try:
            tpool.execute(self._hall.desk.send, self._plugin, id=letter_id, letter=text)
        except DESK_AWAY as error:
            raise sdk.Away("desk") from error

    def _count(self) -> None:
        """Fails with Refused when a hook asks for more than one call may ask."""
        self._calls += 1
        if self._calls > self._hall.calls_max:
            raise sdk.Refused(
                reason="TOO_MANY_CALLS", message=f"a hook may ask {self._hall.calls_max} things of the city"
            )

    def _allow(self, permission: str) -> None:
        if permission not in self._hall.manifest.permissions:
            raise sdk.Refused(reason="PERMISSION_NOT_ASKED", message=f"the manifest does not ask for {permission}")

    def _wish(self, request: Request) -> Request:
        content = request.SerializeToString(deterministic=True).hex()
        request.request_id = str(uuid5(WISHES, f"{self._plugin}/{self._event_id}/{content}"))
        return request

    def _said(self, error: errors.GridwardError, case_id: str) -> sdk.CityError:
        """An error of the suite as one of the kit."""
        if isinstance(error, errors.Stale):
            fresh = cases_pb2.StaleCase()
            if isinstance(error.fresh, PackedMessage) and error.fresh.Unpack(fresh):
                return sdk.Moved(case_of(fresh.case))
            return sdk.Moved(self.get_case(case_id).case)
        if isinstance(error, errors.Unavailable | errors.Exhausted):
            return sdk.Away(error.details.get("part", "incidents"))
        if isinstance(error, REFUSALS):
            return sdk.Refused(reason=error.reason, message=error.message, details=error.details)
        return sdk.CityError(f"{error.reason}: {error.message}")
