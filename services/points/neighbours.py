"""Asks registry where a community lies, and lets incidents carry the cases that orders are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Final, Protocol

import grpc
import structlog
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc, needs_pb2, needs_pb2_grpc, notices_pb2
from gridward.registry.v1 import (
    areas_pb2,
    areas_pb2_grpc,
    elements_pb2,
    elements_pb2_grpc,
    visits_pb2,
    visits_pb2_grpc,
)

from services.platform.errors import GridwardError, NotFound
from services.platform.identity import current_caller
from services.points.domain.alerts import Alert
from services.points.domain.honours import BuildingVisits
from services.points.domain.orders import Order, Spot
from services.points.domain.organisations import subject_of
from services.points.domain.volunteers import CATEGORIES

log = structlog.get_logger()

AREAS_REMEMBERED_MAX: Final = 5000
ORDER_TASK_TYPE: Final = "volunteer_service_order"
#: The kind of an order whose form was left for later.
CATEGORY_UNSAID: Final = "convenience_service"
MINUTES_PER_HOUR: Final = 60
ORGANISATIONS_MAX: Final = 500
MINUTES_MIN: Final = 30


class City(Protocol):
    """Whoever knows the areas."""

    async def path_of(self, area_code: str) -> str:
        """Codes from the city to an area, joined by dots. Fails with AREA_UNKNOWN."""
        ...

    def forget(self) -> None:
        """Areas changed; what is remembered of them may be wrong."""
        ...


@dataclass(slots=True)
class RegistryCity:
    """The areas as registry knows them; asked as the points service itself."""

    channel: grpc.aio.Channel
    _paths: dict[str, str] = field(default_factory=dict)

    async def path_of(self, area_code: str) -> str:
        """See City."""
        if area_code not in self._paths:
            stub = areas_pb2_grpc.AreasServiceStub(self.channel)
            answer = await stub.GetArea(areas_pb2.GetAreaRequest(code=area_code))
            if len(self._paths) >= AREAS_REMEMBERED_MAX:
                self._paths.clear()
            self._paths[area_code] = answer.area.path
        return self._paths[area_code]

    def forget(self) -> None:
        """See City."""
        self._paths.clear()


class Buildings(Protocol):
    """Whoever knows which households were visited."""

    async def visits_of(self, area_code: str, month: str) -> list[BuildingVisits]:
        """Each building of an area with its households and those visited in a month such as 2026-03."""
        ...


@dataclass(frozen=True, slots=True)
class RegistryBuildings:
    """The visits as registry has them; asked as the points service itself, for areas the caller was let into."""

    channel: grpc.aio.Channel

    async def visits_of(self, area_code: str, month: str) -> list[BuildingVisits]:
        """See Buildings."""
        stub = visits_pb2_grpc.VisitsServiceStub(self.channel)
        answer = await stub.ListCoverage(visits_pb2.ListCoverageRequest(area_code=area_code, month=month))
        return [
            BuildingVisits(
                building_id=row.building_id,
                name=row.name,
                grid_code=row.grid_code,
                households=row.households,
                visited=row.visited,
            )
            for row in answer.coverages
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a resident asks for, as it is told to incidents."""

    request_id: str
    category: str
    description: str
    place: str
    longitude_deg: float
    latitude_deg: float
    minutes: int
    people: int


class Cases(Protocol):
    """Whoever carries the cases; every call is made for the person now being served."""

    async def open(self, wish: Wish) -> Order:
        """Report a wish; the order its case stands for. Fails as ReportIncident."""
        ...

    async def walk(self, case_id: str, steps: Sequence[cases_pb2.Step]) -> None:
        """Take those of the steps, in order, that the person may take now; the others are for somebody else to take."""
        ...


@dataclass(frozen=True, slots=True)
class IncidentsCases:
    """The cases as incidents carries them; the channel passes on the token of whoever is being served."""

    channel: grpc.aio.Channel

    async def open(self, wish: Wish) -> Order:
        """See Cases."""
        answers = {
            "post_category": wish.category,
            "hours": wish.minutes / MINUTES_PER_HOUR,
            "people": wish.people,
        }
        report = cases_pb2.Report(
            task_type=ORDER_TASK_TYPE,
            description=wish.description,
            place=wish.place,
            form_answers=json.dumps(answers, ensure_ascii=False),
        )
        report.point.longitude_deg = wish.longitude_deg
        report.point.latitude_deg = wish.latitude_deg
        stub = incidents_pb2_grpc.IncidentsServiceStub(self.channel)
        answer = await stub.ReportIncident(
            incidents_pb2.ReportIncidentRequest(request_id=wish.request_id, report=report)
        )
        return order_of(answer.case, owner=current_caller().subject)

    async def walk(self, case_id: str, steps: Sequence[cases_pb2.Step]) -> None:
        """See Cases."""
        stub = incidents_pb2_grpc.IncidentsServiceStub(self.channel)
        try:
            seen = await stub.GetCase(incidents_pb2.GetCaseRequest(case_id=case_id))
            version, legal = seen.case.version, {step.event for step in seen.legal_steps}
            for number, step in enumerate(steps):
                if step.event not in legal:
                    continue
                answer = await stub.AdvanceCase(
                    incidents_pb2.AdvanceCaseRequest(
                        request_id=f"order-{case_id[-24:]}-{version}-{number}",
                        case_id=case_id,
                        version=version,
                        steps=[step],
                    )
                )
                version, legal = answer.case.version, {step.event for step in answer.legal_steps}
        except GridwardError as error:
            log.info("case_step_left_to_others", case_id=case_id, reason=error.reason)


class Organisations(Protocol):
    """Whoever knows the social organisations."""

    async def able(self, skill: str, community_code: str) -> list[str]:
        """Accounts of the registered organisations of a community that can do something."""
        ...


@dataclass(frozen=True, slots=True)
class RegistryOrganisations:
    """Organisations as registry has them; asked as the points service itself."""

    channel: grpc.aio.Channel

    async def able(self, skill: str, community_code: str) -> list[str]:
        """See Organisations. A community that registry does not know has none."""
        stub = elements_pb2_grpc.ElementsServiceStub(self.channel)
        request = elements_pb2.ListElementsRequest(
            kind=elements_pb2.ELEMENT_KIND_ORGANISATION, tag=skill, area_code=community_code,
            page_size=ORGANISATIONS_MAX,
        )  # fmt: skip
        try:
            answer = await stub.ListElements(request)
        except NotFound:
            return []
        return [subject_of(element.key) for element in answer.elements if element.key and not element.retired]


class Needs(Protocol):
    """Whoever tells people of needs."""

    async def tell(self, case_id: str, subjects: Sequence[str]) -> None:
        """Tell people of what a case asks for, each once. Fails with CASE_UNKNOWN."""
        ...

    async def alert(self, alert: Alert) -> int:
        """Tell whoever answers for something, each once; how many those are."""
        ...


@dataclass(frozen=True, slots=True)
class IncidentsNeeds:
    """Notices as incidents sends them; asked as the points service itself."""

    channel: grpc.aio.Channel

    async def tell(self, case_id: str, subjects: Sequence[str]) -> None:
        """See Needs."""
        stub = needs_pb2_grpc.NeedsServiceStub(self.channel)
        await stub.TellNeed(needs_pb2.TellNeedRequest(case_id=case_id, subjects=subjects))

    async def alert(self, alert: Alert) -> int:
        """See Needs."""
        stub = needs_pb2_grpc.NeedsServiceStub(self.channel)
        request = needs_pb2.TellAlertRequest(
            occasion=notices_pb2.Occasion.Value(f"OCCASION_{alert.occasion.name}"),
            mark=alert.mark,
            area_path=alert.area_path,
            roles=alert.roles,
            subjects=alert.subjects,
            title=alert.title,
            title_en=alert.title_en,
            place=alert.place,
            count=alert.count,
        )
        return (await stub.TellAlert(request)).subject_count


def order_of(case: cases_pb2.Case, *, owner: str = "") -> Order:
    """The order a case stands for; what its form leaves open takes the smallest value."""
    try:
        answers = json.loads(case.form_answers or "{}")
    except ValueError:
        answers = {}
    category = str(answers.get("post_category", ""))
    hours, people = _number(answers.get("hours")), _number(answers.get("people"))
    return Order(
        id=case.id,
        number=case.number,
        category=category if category in CATEGORIES else CATEGORY_UNSAID,
        description=case.description,
        place=case.place,
        spot=Spot(case.point.longitude_deg, case.point.latitude_deg),
        area_path=case.area_path,
        grid_code=case.grid_code,
        owner=owner or case.reporter,
        minutes=max(MINUTES_MIN, round(hours * MINUTES_PER_HOUR)),
        people=max(1, int(people)),
        opened_at=case.reported_at.ToDatetime(tzinfo=UTC),
        case_state=cases_pb2.CaseState.Name(case.state),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
