"""Puts the absences together: what is served, what is followed, and what looks at the clock."""

from dataclasses import dataclass
from datetime import timedelta

import grpc
from gridward.incidents.v1 import absences_pb2, absences_pb2_grpc

from services.incidents.absence import watching
from services.incidents.absence.servicer import AbsencesServicer
from services.incidents.absence.watching import Watching
from services.incidents.cityview.city import City
from services.incidents.settings import IncidentsSettings
from services.platform import consume
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.grpc_server import Background, Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Absences:
    """Absences with all their parts."""

    offer: Offer
    background: list[Background]


def assemble_absences(
    settings: IncidentsSettings,
    database: Database,
    city: City,
    *,
    clock: Clock,
    registry: grpc.aio.Channel | None,
) -> Absences:
    """Absences as the operator set them; without registry nothing new is heard of."""
    patience = timedelta(seconds=settings.absence_patience_s)
    seeing = Watching(database, city, desk=settings.dispatch_desk, patience=patience, clock=clock)
    servicer = AbsencesServicer(database)
    background: list[Background] = [seeing.run]
    if registry is not None:
        background.append(_following(registry, seeing))
    return Absences(
        offer=Offer(
            descriptor=absences_pb2.DESCRIPTOR.services_by_name["AbsencesService"],
            add=lambda server: absences_pb2_grpc.add_AbsencesServiceServicer_to_server(servicer, server),
        ),
        background=background,
    )


def _following(registry: grpc.aio.Channel, seeing: Watching) -> Background:
    async def follow_programs() -> None:
        await consume.follow(registry, group=watching.GROUP, types=watching.TYPES, handle=seeing.handle)

    return follow_programs
