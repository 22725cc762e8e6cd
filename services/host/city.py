"""Acts for a department in answer to one event, so that being told twice does nothing twice."""

from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import structlog
from google.protobuf.any_pb2 import Any as PackedMessage
from gridward.incidents.v1 import cases_pb2, incidents_pb2

from plugins import sdk
from plugins.sdk.manifest import Manifest
from services.host.core import Core, plugin_caller
from services.host.translate import case_of, file_of, report_to, step_to
from services.platform import errors

log = structlog.get_logger(service="host")

#: Under this, a request id follows from plugin, event and content: the same wish gets the same id again.
WISHES: Final = UUID("6f1e2a52-9f0b-5d0e-8a34-5f7b6d0c9e11")
NOTE_TRIES: Final = 4
#: Why a note is refused when the case has ended or gone to somebody else meanwhile: nobody misses it then.
TOO_LATE: Final = frozenset({"STEP_NOT_LEGAL", "STEP_FORBIDDEN", "CASE_UNKNOWN"})

Request = TypeVar("Request", incidents_pb2.AdvanceCaseRequest, incidents_pb2.ReportIncidentRequest)


class BoundCity:
    """The city as one hook call sees it; see plugins.sdk.City."""

    def __init__(self, core: Core, manifest: Manifest, *, event_id: str, zone: ZoneInfo) -> None:
        self._core = core
        self._plugin = manifest.name
        self._caller = plugin_caller(manifest)
        self._event_id = event_id
        self._zone = zone

    def local(self, at: datetime) -> datetime:
        """A moment on the city's own clocks."""
        return at.astimezone(self._zone)

    def get_case(self, case_id: str) -> sdk.CaseFile:
        """The case as it is now."""
        try:
            request = incidents_pb2.GetCaseRequest(case_id=case_id)
            return file_of(self._core.call(self._core.incidents.GetCase, request, caller=self._caller))
        except errors.GridwardError as error:
            raise self._said(error, case_id) from error

    def note(self, case: sdk.Case, text: sdk.Text, *evidence: sdk.Evidence) -> None:
        """Say something. A note does not depend on where the case stands, so a newer case is no obstacle."""
        step = sdk.Step(kind=sdk.StepKind.NOTE, opinion=text.zh, opinion_en=text.en, evidence=evidence)
        newest = case
        for _ in range(NOTE_TRIES):
            try:
                self.advance(newest, step)
            except sdk.Moved as moved:
                if self._noted(case.id, step.opinion):
                    return
                newest = moved.fresh
            except sdk.Refused as refused:
                if refused.reason not in TOO_LATE:
                    raise
                log.info("note_too_late", plugin=self._plugin, event_id=self._event_id, case_id=case.id)
                return
            else:
                return
        raise sdk.Moved(newest)

    def advance(self, case: sdk.Case, *steps: sdk.Step) -> sdk.Case:
        """Take steps with the case as it was seen."""
        request = incidents_pb2.AdvanceCaseRequest(
            case_id=case.id, version=case.version, steps=[step_to(step) for step in steps]
        )
        try:
            answer = self._core.call(self._core.incidents.AdvanceCase, self._wish(request), caller=self._caller)
        except errors.GridwardError as error:
            raise self._said(error, case.id) from error
        return case_of(answer.case)

    def report(self, report: sdk.Report) -> sdk.Case:
        """File a new matter."""
        request = incidents_pb2.ReportIncidentRequest(report=report_to(report))
        try:
            answer = self._core.call(self._core.incidents.ReportIncident, self._wish(request), caller=self._caller)
        except errors.GridwardError as error:
            raise self._said(error, "") from error
        return case_of(answer.case)

    def _wish(self, request: Request) -> Request:
        content = request.SerializeToString(deterministic=True).hex()
        request.request_id = str(uuid5(WISHES, f"{self._plugin}/{self._event_id}/{content}"))
        return request

    def _noted(self, case_id: str, opinion: str) -> bool:
        history = self.get_case(case_id).history
        return any(entry.actor == self._caller.subject and entry.opinion == opinion for entry in history)

    def _said(self, error: errors.GridwardError, case_id: str) -> sdk.CityError:
        """An error of the suite as one of the kit."""
        if isinstance(error, errors.Stale):
            fresh = cases_pb2.StaleCase()
            if isinstance(error.fresh, PackedMessage) and error.fresh.Unpack(fresh):
                return sdk.Moved(case_of(fresh.case))
            return sdk.Moved(self.get_case(case_id).case)
        if isinstance(error, errors.Unavailable | errors.Exhausted):
            return sdk.Away(error.details.get("part", "incidents"))
        refusals = (
            errors.Invalid,
            errors.NotFound,
            errors.AlreadyExists,
            errors.Conflict,
            errors.Forbidden,
            errors.Unauthenticated,
        )
        if isinstance(error, refusals):
            return sdk.Refused(reason=error.reason, message=error.message, details=error.details)
        return sdk.CityError(f"{error.reason}: {error.message}")
