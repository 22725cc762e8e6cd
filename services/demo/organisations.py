"""Brings social organisations into registry, with what they can do, and lets the first of them sign in and help."""

from __future__ import annotations

from typing import Final

import grpc
from gridward.common.v1 import place_pb2
from gridward.points.v1 import volunteers_pb2, volunteers_pb2_grpc
from gridward.registry.v1 import elements_pb2, elements_pb2_grpc

from services.demo import city
from services.demo.people import SHOWN_GRID, SHOWN_ORGANISATION

#: Credit code, name, what it can do. Nobody has these codes: the place in them does not exist.
ORGANISATIONS: Final = (
    (SHOWN_ORGANISATION, "暖阳社会工作服务站", ("elder_care", "child_care", "mediation")),
    ("52999102MJ00000025", "遛狗之友", ("pet_care", "environment")),
    ("52999102MJ00000033", "松风文艺队", ("culture_sports",)),
)
SUBJECT: Final = f"volunteer:organisation-{SHOWN_ORGANISATION}"


async def load(registry: grpc.aio.Channel, points: grpc.aio.Channel) -> int:
    """Bring those that are missing; how many there are."""
    elements: elements_pb2_grpc.ElementsServiceAsyncStub = elements_pb2_grpc.ElementsServiceStub(registry)
    longitude_deg, latitude_deg = next(grid for grid in city.data()["grids"] if grid["code"] == SHOWN_GRID)["centroid"]
    for code, name, skills in ORGANISATIONS:
        element = elements_pb2.Element(
            kind=elements_pb2.ELEMENT_KIND_ORGANISATION,
            key=code,
            name=name,
            tags=skills,
            point=place_pb2.Point(longitude_deg=longitude_deg, latitude_deg=latitude_deg),
        )
        await elements.SaveElement(
            elements_pb2.SaveElementRequest(request_id=f"demo-organisation-{code}", element=element)
        )
    volunteers: volunteers_pb2_grpc.VolunteersServiceAsyncStub = volunteers_pb2_grpc.VolunteersServiceStub(points)
    name = ORGANISATIONS[0][1]
    person = volunteers_pb2.JoinVolunteersRequest(
        name=name, nickname=name, name_public=True, community_code=SHOWN_GRID[:12], unit=name
    )
    rows = [volunteers_pb2.VolunteerRow(subject=SUBJECT, person=person)]
    await volunteers.ImportVolunteers(volunteers_pb2.ImportVolunteersRequest(rows=rows))
    return len(ORGANISATIONS)
