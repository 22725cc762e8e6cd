"""Puts together what incidents offers beside carrying cases: each capability is a package of its own."""

from dataclasses import dataclass, field

from gridward.incidents.v1 import (
    categories_pb2,
    categories_pb2_grpc,
    course_pb2,
    course_pb2_grpc,
    duplicates_pb2,
    duplicates_pb2_grpc,
    figures_pb2,
    figures_pb2_grpc,
    inspections_pb2,
    inspections_pb2_grpc,
    replay_pb2,
    replay_pb2_grpc,
    rules_pb2,
    rules_pb2_grpc,
    settling_pb2,
    settling_pb2_grpc,
)

from services.incidents import aftermath
from services.incidents.actions.advance import Advancing
from services.incidents.actions.report import Reporting
from services.incidents.aftermath import Follower
from services.incidents.campaigns.lending import Lending
from services.incidents.categories.servicer import CategoriesServicer
from services.incidents.categories.taxonomy import Taxonomy
from services.incidents.cityview.city import City
from services.incidents.course.explaining import Explaining
from services.incidents.course.linking import Linking as CaseLinking
from services.incidents.course.servicer import CourseServicer
from services.incidents.duplicates import linking
from services.incidents.duplicates.finding import Finding
from services.incidents.duplicates.joining import Joining
from services.incidents.duplicates.measures import Measures
from services.incidents.duplicates.servicer import DuplicatesServicer
from services.incidents.figures.counting import Counting
from services.incidents.figures.servicer import FiguresServicer
from services.incidents.inspections.actions import Inspecting
from services.incidents.inspections.servicer import InspectionsServicer
from services.incidents.neighbourhood import neighbourhood_offers
from services.incidents.notices.assembly import assemble_notices
from services.incidents.notices.incoming import WordKeeper
from services.incidents.replay.servicer import ReplayServicer
from services.incidents.rules.actions import Ruling
from services.incidents.rules.inforce import RulesInForce
from services.incidents.rules.servicer import RulesServicer
from services.incidents.settings import IncidentsSettings
from services.incidents.settling.actions import Settling
from services.incidents.settling.servicer import SettlingServicer
from services.incidents.stations.households import Households
from services.incidents.steering import steering_offers
from services.incidents.writer import Writer
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.grpc_server import Background, Offer


@dataclass(slots=True, kw_only=True)
class Capabilities:
    """What is served, and what runs beside."""

    offers: list[Offer] = field(default_factory=list)
    background: list[Background] = field(default_factory=list)
    followers: list[Follower] = field(default_factory=list)


def assemble_capabilities(
    settings: IncidentsSettings,
    database: Database,
    city: City,
    *,
    advancing: Advancing,
    reporting: Reporting,
    writer: Writer,
    measures: Measures,
    words: WordKeeper | None,
    lending: Lending | None,
    households: Households,
    clock: Clock,
) -> Capabilities:
    """All of them."""
    capabilities = Capabilities()
    notices = assemble_notices(settings, database, city, advancing=advancing, words=words, lending=lending, clock=clock)
    capabilities.offers += notices.offers
    capabilities.followers.append(notices.follower)
    capabilities.background += notices.background
    _add_duplicates(capabilities, database, city, measures, clock)
    _add_rules(capabilities, database, city, clock)
    _add_categories(capabilities, database, city, clock)
    _add_inspections(capabilities, database, city, writer, clock)
    _add_replay(capabilities, reporting)
    _add_course(capabilities, database, city, reporting=reporting, advancing=advancing, clock=clock)
    _add_settling(capabilities, database, city, clock)
    _add_figures(capabilities, database, city, clock)
    capabilities.offers += steering_offers(database, city, clock, households)
    capabilities.offers += neighbourhood_offers(database, city, clock)
    capabilities.background += [_following(database, follower) for follower in capabilities.followers]
    return capabilities


def _add_duplicates(
    capabilities: Capabilities, database: Database, city: City, measures: Measures, clock: Clock
) -> None:
    finding = Finding(database, city, measures, clock=clock)
    servicer = DuplicatesServicer(database, city, finding=finding, joining=Joining(database, city, clock=clock))
    capabilities.offers.append(
        Offer(
            descriptor=duplicates_pb2.DESCRIPTOR.services_by_name["DuplicatesService"],
            add=lambda server: duplicates_pb2_grpc.add_DuplicatesServiceServicer_to_server(servicer, server),
        )
    )
    capabilities.followers.append(
        Follower(group=linking.GROUP, types=linking.TYPES, handle=linking.Linking(measures).handle)
    )

    async def follow_likeness() -> None:
        await measures.follow(database)

    capabilities.background.append(follow_likeness)


def _add_rules(capabilities: Capabilities, database: Database, city: City, clock: Clock) -> None:
    in_force = RulesInForce(city)
    city.redirects = in_force
    servicer = RulesServicer(database, Ruling(database, city, in_force, clock=clock))
    capabilities.offers.append(
        Offer(
            descriptor=rules_pb2.DESCRIPTOR.services_by_name["RulesService"],
            add=lambda server: rules_pb2_grpc.add_RulesServiceServicer_to_server(servicer, server),
        )
    )

    async def follow_rules() -> None:
        await in_force.follow(database)

    capabilities.background.append(follow_rules)


def _add_categories(capabilities: Capabilities, database: Database, city: City, clock: Clock) -> None:
    taxonomy = Taxonomy(database, city, clock=clock)
    city.guesses = taxonomy
    capabilities.background.append(taxonomy.follow)
    servicer = CategoriesServicer(taxonomy)
    capabilities.offers.append(
        Offer(
            descriptor=categories_pb2.DESCRIPTOR.services_by_name["CategoriesService"],
            add=lambda server: categories_pb2_grpc.add_CategoriesServiceServicer_to_server(servicer, server),
        )
    )


def _add_course(
    capabilities: Capabilities,
    database: Database,
    city: City,
    *,
    reporting: Reporting,
    advancing: Advancing,
    clock: Clock,
) -> None:
    servicer = CourseServicer(
        city,
        explaining=Explaining(database, city, clock=clock),
        linking=CaseLinking(database, city, clock=clock),
        reporting=reporting,
        advancing=advancing,
        clock=clock,
    )
    capabilities.offers.append(
        Offer(
            descriptor=course_pb2.DESCRIPTOR.services_by_name["CourseService"],
            add=lambda server: course_pb2_grpc.add_CourseServiceServicer_to_server(servicer, server),
        )
    )


def _add_settling(capabilities: Capabilities, database: Database, city: City, clock: Clock) -> None:
    servicer = SettlingServicer(city, Settling(database, city, clock=clock), clock=clock)
    capabilities.offers.append(
        Offer(
            descriptor=settling_pb2.DESCRIPTOR.services_by_name["SettlingService"],
            add=lambda server: settling_pb2_grpc.add_SettlingServiceServicer_to_server(servicer, server),
        )
    )


def _add_inspections(capabilities: Capabilities, database: Database, city: City, writer: Writer, clock: Clock) -> None:
    servicer = InspectionsServicer(database, Inspecting(database, city, writer, clock=clock))
    capabilities.offers.append(
        Offer(
            descriptor=inspections_pb2.DESCRIPTOR.services_by_name["InspectionsService"],
            add=lambda server: inspections_pb2_grpc.add_InspectionsServiceServicer_to_server(servicer, server),
        )
    )


def _add_figures(capabilities: Capabilities, database: Database, city: City, clock: Clock) -> None:
    servicer = FiguresServicer(city, Counting(database, city, clock=clock))
    capabilities.offers.append(
        Offer(
            descriptor=figures_pb2.DESCRIPTOR.services_by_name["FiguresService"],
            add=lambda server: figures_pb2_grpc.add_FiguresServiceServicer_to_server(servicer, server),
        )
    )


def _add_replay(capabilities: Capabilities, reporting: Reporting) -> None:
    servicer = ReplayServicer(reporting)
    capabilities.offers.append(
        Offer(
            descriptor=replay_pb2.DESCRIPTOR.services_by_name["ReplayService"],
            add=lambda server: replay_pb2_grpc.add_ReplayServiceServicer_to_server(servicer, server),
        )
    )


def _following(database: Database, follower: Follower) -> Background:
    async def follow_happenings() -> None:
        await aftermath.follow(database, follower)

    return follow_happenings
