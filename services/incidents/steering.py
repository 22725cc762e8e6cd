"""Puts together how the city steers itself: assessment, ratings both ways, directives, times, grid stations, weeks, shifts, forms, what was done for people."""

from gridward.incidents.v1 import (
    answers_pb2,
    answers_pb2_grpc,
    assessment_pb2,
    assessment_pb2_grpc,
    directives_pb2,
    directives_pb2_grpc,
    limits_pb2,
    limits_pb2_grpc,
    matters_pb2,
    matters_pb2_grpc,
    ratings_pb2,
    ratings_pb2_grpc,
    shifts_pb2,
    shifts_pb2_grpc,
    stations_pb2,
    stations_pb2_grpc,
    weekly_pb2,
    weekly_pb2_grpc,
)

from services.incidents.answering.actions import Answering
from services.incidents.answering.servicer import AnswersServicer
from services.incidents.assessment.actions import Assessing
from services.incidents.assessment.servicer import AssessmentServicer
from services.incidents.cityview.city import City
from services.incidents.directives.actions import Directing
from services.incidents.directives.servicer import DirectivesServicer
from services.incidents.matters.actions import Matters
from services.incidents.matters.servicer import MattersServicer
from services.incidents.ratings.actions import BothWays
from services.incidents.ratings.servicer import RatingsServicer
from services.incidents.shifts.actions import Shifts
from services.incidents.shifts.relief import Relief
from services.incidents.shifts.servicer import ShiftsServicer
from services.incidents.stations.actions import Stations
from services.incidents.stations.households import Households
from services.incidents.stations.servicer import StationsServicer
from services.incidents.timelimits.actions import SettlingLimits
from services.incidents.timelimits.servicer import LimitsServicer
from services.incidents.weekly.actions import Analysing
from services.incidents.weekly.servicer import WeeklyServicer
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.grpc_server import Offer


def steering_offers(database: Database, city: City, clock: Clock, households: Households) -> list[Offer]:
    """What is served of it."""
    assessment = AssessmentServicer(city, Assessing(database, city, clock=clock), clock=clock)
    ratings = RatingsServicer(city, BothWays(database, city, clock=clock))
    matters = MattersServicer(Matters(database, city, clock=clock))
    directives = DirectivesServicer(city, Directing(database, city, clock=clock), clock=clock)
    limits = LimitsServicer(city, SettlingLimits(database, city, clock=clock))
    stations = StationsServicer(Stations(database, city, households, clock=clock))
    shifts = ShiftsServicer(city, Shifts(database, city, clock=clock), Relief(database, city, clock=clock), clock=clock)
    answers = AnswersServicer(Answering(database, city, clock=clock))
    weekly = WeeklyServicer(city, Analysing(database, city))
    return [
        Offer(
            descriptor=assessment_pb2.DESCRIPTOR.services_by_name["AssessmentService"],
            add=lambda server: assessment_pb2_grpc.add_AssessmentServiceServicer_to_server(assessment, server),
        ),
        Offer(
            descriptor=ratings_pb2.DESCRIPTOR.services_by_name["RatingsService"],
            add=lambda server: ratings_pb2_grpc.add_RatingsServiceServicer_to_server(ratings, server),
        ),
        Offer(
            descriptor=matters_pb2.DESCRIPTOR.services_by_name["MattersService"],
            add=lambda server: matters_pb2_grpc.add_MattersServiceServicer_to_server(matters, server),
        ),
        Offer(
            descriptor=directives_pb2.DESCRIPTOR.services_by_name["DirectivesService"],
            add=lambda server: directives_pb2_grpc.add_DirectivesServiceServicer_to_server(directives, server),
        ),
        Offer(
            descriptor=limits_pb2.DESCRIPTOR.services_by_name["LimitsService"],
            add=lambda server: limits_pb2_grpc.add_LimitsServiceServicer_to_server(limits, server),
        ),
        Offer(
            descriptor=stations_pb2.DESCRIPTOR.services_by_name["StationsService"],
            add=lambda server: stations_pb2_grpc.add_StationsServiceServicer_to_server(stations, server),
        ),
        Offer(
            descriptor=weekly_pb2.DESCRIPTOR.services_by_name["WeeklyService"],
            add=lambda server: weekly_pb2_grpc.add_WeeklyServiceServicer_to_server(weekly, server),
        ),
        Offer(
            descriptor=shifts_pb2.DESCRIPTOR.services_by_name["ShiftsService"],
            add=lambda server: shifts_pb2_grpc.add_ShiftsServiceServicer_to_server(shifts, server),
        ),
        Offer(
            descriptor=answers_pb2.DESCRIPTOR.services_by_name["AnswersService"],
            add=lambda server: answers_pb2_grpc.add_AnswersServiceServicer_to_server(answers, server),
        ),
    ]
