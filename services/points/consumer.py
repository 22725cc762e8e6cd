"""Listens to incidents (orders, cases that move on, ratings that earn) and to registry (areas that change)."""

from dataclasses import dataclass
from typing import Final

import grpc
import structlog
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.registry.v1 import events_pb2 as registry_events_pb2
from prometheus_client import Counter

from services.platform import consume
from services.platform.errors import AlreadyExists, Conflict, Invalid
from services.points.actions.ledger import LedgerActions
from services.points.actions.orders import OrderActions
from services.points.actions.service import ServiceActions
from services.points.actions.volunteers import VolunteerActions
from services.points.domain.books import RatedCase
from services.points.neighbours import order_of

log = structlog.get_logger()

GROUP: Final = "points"
#: What is credited at the same time is written in one batch of the books.
CASES_AT_ONCE: Final = 32
INCIDENT_REPORTED: Final = "incident_reported"
CASE_ADVANCED: Final = "case_advanced"
CASE_RATED: Final = "case_rated"
AREAS_REORGANISED: Final = "areas_reorganised"
TYPES: Final = (INCIDENT_REPORTED, CASE_ADVANCED, CASE_RATED)
EVENTS_PASSED_OVER = Counter("case_events_passed_over_total", "Events that nothing could be done with", ["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Handles what incidents tells; each event as often as it comes."""

    ledger: LedgerActions
    orders: OrderActions
    service: ServiceActions
    order_task_types: frozenset[str]

    async def follow(self, channel: grpc.aio.Channel) -> None:
        """Go on until cancelled."""
        await consume.follow(channel, group=GROUP, types=list(TYPES), handle=self.handle, at_once=CASES_AT_ONCE)

    async def handle(self, event: events_pb2.Event) -> None:
        """Handle one event; what can never be handled is told to the operator and passed over, holding up no other."""
        try:
            if event.type == CASE_RATED:
                await self._rated(event)
            elif event.task_type in self.order_task_types:
                await self._moved(event)
        except (Invalid, AlreadyExists, Conflict) as error:
            _pass_over(event, error.reason)

    async def _moved(self, event: events_pb2.Event) -> None:
        if event.type == INCIDENT_REPORTED:
            reported = cases_pb2.IncidentReported()
            if event.payload.Unpack(reported) and reported.case.id:
                await self.orders.keep(order_of(reported.case))
            return
        advanced = cases_pb2.CaseAdvanced()
        if event.payload.Unpack(advanced) and advanced.case.id:
            await self.orders.follow_case(advanced.case.id, cases_pb2.CaseState.Name(advanced.case.state))

    async def _rated(self, event: events_pb2.Event) -> None:
        payload = cases_pb2.CaseRated()
        if not event.payload.Unpack(payload) or not payload.case.id:
            _pass_over(event, "PAYLOAD_UNKNOWN")
            return
        if await self.service.rated_case(payload.case.id, payload.case.rating):
            return
        await self.ledger.credit_rated_case(
            RatedCase(
                case_id=payload.case.id,
                beneficiary=payload.beneficiary,
                points=payload.points,
                rating=payload.case.rating,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resettler:
    """Follows registry's changes of areas."""

    volunteers: VolunteerActions

    async def follow(self, channel: grpc.aio.Channel) -> None:
        """Go on until cancelled."""
        await consume.follow(channel, group=GROUP, types=[AREAS_REORGANISED], handle=self.handle)

    async def handle(self, event: events_pb2.Event) -> None:
        """Areas ended; what lay there goes to their heirs."""
        told = registry_events_pb2.AreasReorganised()
        if event.payload.Unpack(told):
            await self.volunteers.resettle(dict(zip(told.ended_codes, told.heir_codes, strict=True)))


def _pass_over(event: events_pb2.Event, reason: str) -> None:
    EVENTS_PASSED_OVER.labels(reason).inc()
    log.error("event_passed_over", event_id=event.id, subject=event.subject, reason=reason)
