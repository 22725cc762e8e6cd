"""Holds together all that answering a request needs, made once when the process starts."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from starlette.requests import Request

from services.gateway.actions import Door
from services.gateway.backends import Backends
from services.gateway.desk.line import Line
from services.gateway.desk.presence import Presence
from services.gateway.hub import Hub
from services.gateway.layers import Layers
from services.gateway.open311.filing import Filer
from services.gateway.open311.reading import Reader
from services.gateway.passwords import Passwords
from services.gateway.public_pictures import PublicPictures
from services.gateway.residents import Residents
from services.gateway.seals import Seals
from services.gateway.second_factor.actions import SecondFactor
from services.gateway.settings import GatewaySettings
from services.gateway.strictness import STRICTNESS
from services.gateway.uploads import Uploads
from services.gateway.visits import Visitors
from services.gateway.voices import Voices
from services.platform.clock import Clock, SystemClock
from services.platform.database import Database
from services.platform.lifecycle import Drain
from services.platform.objects import ObjectStore
from services.platform.seal import Sealer

if TYPE_CHECKING:
    from services.gateway.sso import SingleSignOn


@dataclass(slots=True, kw_only=True)
class Gate:
    """The parts of the gateway."""

    settings: GatewaySettings
    clock: Clock
    database: Database
    backends: Backends
    door: Door
    visitors: Visitors
    uploads: Uploads
    public_pictures: PublicPictures
    voices: Voices
    layers: Layers
    hub: Hub
    presence: Presence
    presence_line: Line
    drain: Drain
    sso: "SingleSignOn | None"
    residents: Residents
    seals: Seals
    second_factor: SecondFactor | None
    open311_reader: Reader
    open311_filer: Filer


def open_gate(settings: GatewaySettings, database: Database, clock: Clock | None = None) -> Gate:
    """Put the parts together."""
    clock = clock or SystemClock()
    backends = Backends.open(settings)
    strictness = STRICTNESS[settings.security_profile]
    door = Door(
        database=database,
        clock=clock,
        passwords=Passwords(),
        life=min(timedelta(hours=settings.session_hours), strictness.session_life_max),
        idle=min(timedelta(minutes=settings.session_idle_minutes), strictness.session_idle_max),
        strictness=strictness,
    )
    objects = ObjectStore.open(settings)
    uploads = Uploads(objects=objects, database=database, clock=clock, zone=ZoneInfo(settings.timezone))
    residents = Residents.from_file(settings.signing_key_file)
    hub = Hub(backends.own_channel("incidents"))
    presence = Presence(hub)
    return Gate(
        settings=settings,
        clock=clock,
        database=database,
        backends=backends,
        door=door,
        visitors=Visitors(door, backends, settings),
        uploads=uploads,
        public_pictures=PublicPictures(objects=objects, uploads=uploads, backends=backends),
        voices=Voices(objects=objects, database=database, clock=clock),
        layers=Layers(backends),
        hub=hub,
        presence=presence,
        presence_line=Line(database, settings.database_url.get_secret_value(), presence),
        drain=Drain(),
        sso=_single_sign_on(settings, database, clock),
        residents=residents,
        seals=Seals(residents.pepper),
        second_factor=_second_factor(settings, database, clock),
        open311_reader=Reader(
            backends=backends,
            database=database,
            zone=ZoneInfo(settings.timezone),
            jurisdiction=settings.open311_jurisdiction,
        ),
        open311_filer=Filer(backends=backends, database=database, clock=clock, residents=residents),
    )


def _second_factor(settings: GatewaySettings, database: Database, clock: Clock) -> SecondFactor | None:
    if settings.seal_file is None:
        return None
    return SecondFactor(database=database, clock=clock, sealer=Sealer.from_file(settings.seal_file))


def _single_sign_on(settings: GatewaySettings, database: Database, clock: Clock) -> "SingleSignOn | None":
    if not settings.oidc_issuer:
        return None
    from services.gateway.sso import SingleSignOn  # noqa: PLC0415 what it needs is large, and most machines do without

    return SingleSignOn(settings, database, clock)


def gate_of(request: Request) -> Gate:
    """The gate a request stands at."""
    gate: Gate = request.app.state.gate
    return gate
