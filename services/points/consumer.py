"""Listens to incidents and credits whoever a rating rewards."""

import functools

import grpc
import structlog
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from prometheus_client import Counter

from services.platform import consume
from services.platform.errors import AlreadyExists, Conflict, Invalid
from services.points.actions.ledger import LedgerActions
from services.points.domain.books import RatedCase

log = structlog.get_logger()

GROUP = "points"
CASE_RATED = "case_rated"
RATINGS_PASSED_OVER = Counter("ratings_passed_over_total", "Ratings that could not be credited", ["reason"])


async def follow_incidents(channel: grpc.aio.Channel, actions: LedgerActions) -> None:
    """Go on until cancelled."""
    handle = functools.partial(credit_rating, actions)
    await consume.follow(channel, group=GROUP, types=[CASE_RATED], handle=handle)


async def credit_rating(actions: LedgerActions, event: events_pb2.Event) -> None:
    """Credit one rating; what can never be credited is told to the operator and passed over, so that others are not held up."""
    payload = cases_pb2.CaseRated()
    if not event.payload.Unpack(payload) or not payload.case.id:
        _pass_over(event, "PAYLOAD_UNKNOWN")
        return
    rated = RatedCase(
        case_id=payload.case.id,
        beneficiary=payload.beneficiary,
        points=payload.points,
        rating=payload.case.rating,
    )
    try:
        await actions.credit_rated_case(rated)
    except (Invalid, AlreadyExists, Conflict) as error:
        _pass_over(event, error.reason)


def _pass_over(event: events_pb2.Event, reason: str) -> None:
    RATINGS_PASSED_OVER.labels(reason).inc()
    log.error("rating_passed_over", event_id=event.id, subject=event.subject, reason=reason)
