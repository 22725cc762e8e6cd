"""Puts together what is done among neighbours beside cases: opinions, errands and the duties of those who see to them."""

from gridward.incidents.v1 import (
    duties_pb2,
    duties_pb2_grpc,
    errands_pb2,
    errands_pb2_grpc,
    opinions_pb2,
    opinions_pb2_grpc,
)

from services.incidents.cityview.city import City
from services.incidents.duties.actions import Leading
from services.incidents.duties.servicer import DutiesServicer
from services.incidents.errands.actions import Helping
from services.incidents.errands.servicer import ErrandsServicer
from services.incidents.opinions.actions import Listening
from services.incidents.opinions.servicer import OpinionsServicer
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.grpc_server import Offer


def neighbourhood_offers(database: Database, city: City, clock: Clock) -> list[Offer]:
    """All of it."""
    opinions = OpinionsServicer(Listening(database, city, clock=clock))
    errands = ErrandsServicer(Helping(database, city, clock=clock))
    duties = DutiesServicer(Leading(database, city, clock=clock))
    return [
        Offer(
            descriptor=opinions_pb2.DESCRIPTOR.services_by_name["OpinionsService"],
            add=lambda server: opinions_pb2_grpc.add_OpinionsServiceServicer_to_server(opinions, server),
        ),
        Offer(
            descriptor=errands_pb2.DESCRIPTOR.services_by_name["ErrandsService"],
            add=lambda server: errands_pb2_grpc.add_ErrandsServiceServicer_to_server(errands, server),
        ),
        Offer(
            descriptor=duties_pb2.DESCRIPTOR.services_by_name["DutiesService"],
            add=lambda server: duties_pb2_grpc.add_DutiesServiceServicer_to_server(duties, server),
        ),
    ]
