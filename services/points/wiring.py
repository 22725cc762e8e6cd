"""Puts the parts of the points service together: what can be done, what runs beside, what is offered."""

from dataclasses import dataclass
from types import ModuleType
from typing import Self

from gridward.points.v1 import (
    alliances_pb2,
    alliances_pb2_grpc,
    honours_pb2,
    honours_pb2_grpc,
    ledger_pb2,
    ledger_pb2_grpc,
    mall_pb2,
    mall_pb2_grpc,
    orders_pb2,
    orders_pb2_grpc,
    points_pb2,
    points_pb2_grpc,
    rules_pb2,
    rules_pb2_grpc,
    statements_pb2,
    statements_pb2_grpc,
    volunteers_pb2,
    volunteers_pb2_grpc,
)

from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.grpc_server import Background, Offer
from services.platform.seal import Sealer
from services.platform.wall import Wall
from services.points.actions.alerts import AlertActions
from services.points.actions.alliances import AllianceActions
from services.points.actions.batcher import Batcher
from services.points.actions.carryover import CarryOver
from services.points.actions.honours import HonourActions
from services.points.actions.keeper import EVERY_S, Keeper
from services.points.actions.ledger import LedgerActions
from services.points.actions.mall import MallActions
from services.points.actions.needs import NeedActions
from services.points.actions.orders import OrderActions
from services.points.actions.pairs import PairActions
from services.points.actions.rules import RuleActions
from services.points.actions.service import ServiceActions
from services.points.actions.statements import StatementActions
from services.points.actions.volunteers import REVEAL_SHOWN_S, VolunteerActions
from services.points.consumer import Listener
from services.points.neighbours import Buildings, Cases, City, Needs, Organisations
from services.points.servicer.alliances import AlliancesServicer
from services.points.servicer.honours import HonoursServicer
from services.points.servicer.ledger import LedgerServicer
from services.points.servicer.mall import MallServicer
from services.points.servicer.orders import OrdersServicer
from services.points.servicer.points import PointsServicer
from services.points.servicer.rules import PointRulesServicer
from services.points.servicer.statements import StatementsServicer
from services.points.servicer.volunteers import VolunteersServicer
from services.points.store.ledger import Ledger
from services.points.store.names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Everything the service can do, over one database."""

    ledger: LedgerActions
    keeper: Keeper
    volunteers: VolunteerActions
    mall: MallActions
    orders: OrderActions
    service: ServiceActions
    pairs: PairActions
    rules: RuleActions
    statements: StatementActions
    honours: HonourActions
    alliances: AllianceActions
    needs: NeedActions
    alerts: AlertActions

    @classmethod
    def over(
        cls,
        database: Database,
        clock: Clock,
        *,
        city: City,
        cases: Cases,
        buildings: Buildings,
        needs: Needs,
        organisations: Organisations,
        secret: bytes,
        sealer: Sealer,
        public_url: str = "",
        check_s: float = EVERY_S,
        reveal_shown_s: int = REVEAL_SHOWN_S,
    ) -> Self:
        """Put it together."""
        books = Ledger()
        ledger = LedgerActions(
            database=database, clock=clock, batcher=Batcher(database=database, ledger=books, clock=clock)
        )
        mall = MallActions(database=database, clock=clock, ledger=books, secret=secret)
        service = ServiceActions(database=database, clock=clock, ledger=books, cases=cases)
        pairs = PairActions(database=database, clock=clock)
        pages = public_url.rstrip("/")
        names = Names(sealer=sealer)
        looks = sql.load(__package__, "wall.sql")
        volunteers = VolunteerActions(
            database=database, clock=clock, ledger=books, city=city, names=names,
            wall=Wall("points", looks.look_volunteers), reveal_shown_s=reveal_shown_s,
        )  # fmt: skip
        pushing = NeedActions(database=database, clock=clock, needs=needs, organisations=organisations)
        alerts = AlertActions(database=database, clock=clock, needs=needs)
        chores = (
            ledger.give_back_late_holds,
            mall.lapse,
            service.rate_by_default,
            pairs.alert,
            volunteers.seal_names,
            pushing.push,
            alerts.push,
        )
        return cls(
            ledger=ledger,
            keeper=Keeper(actions=ledger, every_s=check_s, chores=chores),
            volunteers=volunteers,
            mall=mall,
            orders=OrderActions(
                database=database, clock=clock, ledger=books, cases=cases, wall=Wall("points", looks.look_orders)
            ),
            service=service,
            pairs=pairs,
            rules=RuleActions(database=database, clock=clock, ledger=books),
            statements=StatementActions(
                database=database, clock=clock, secret=secret, check_address=f"{pages}/certificates/", names=names
            ),
            alliances=AllianceActions(database=database, clock=clock, wall=Wall("points")),
            needs=pushing,
            alerts=alerts,
            honours=HonourActions(
                database=database,
                clock=clock,
                names=names,
                buildings=buildings,
                wall=Wall("points", looks.look_volunteers),
                secret=secret,
                check_address=f"{pages}/letters/",
            ),
        )

    def listener(self, order_task_types: frozenset[str]) -> Listener:
        """Whoever listens to incidents."""
        return Listener(ledger=self.ledger, orders=self.orders, service=self.service, order_task_types=order_task_types)

    def background(self) -> list[Background]:
        """What runs beside: the writer and the keeper always, the bringer of old credits until it has brought them."""
        carry_over = CarryOver(database=self.ledger.database, batcher=self.ledger.batcher)
        return [self.ledger.batcher.run, self.keeper.run, carry_over.run]


def offers(points: Points) -> list[Offer]:
    """Every service of the contract."""
    return [
        _offer(points_pb2, "PointsService", points_pb2_grpc, PointsServicer(points.ledger)),
        _offer(ledger_pb2, "LedgerService", ledger_pb2_grpc, LedgerServicer(points.ledger)),
        _offer(volunteers_pb2, "VolunteersService", volunteers_pb2_grpc, VolunteersServicer(points.volunteers)),
        _offer(mall_pb2, "MallService", mall_pb2_grpc, MallServicer(points.mall)),
        _offer(
            orders_pb2,
            "OrdersService",
            orders_pb2_grpc,
            OrdersServicer(points.orders, points.service, points.pairs),
        ),
        _offer(statements_pb2, "StatementsService", statements_pb2_grpc, StatementsServicer(points.statements)),
        _offer(honours_pb2, "HonoursService", honours_pb2_grpc, HonoursServicer(points.honours)),
        _offer(alliances_pb2, "AlliancesService", alliances_pb2_grpc, AlliancesServicer(points.alliances)),
        _offer(rules_pb2, "PointRulesService", rules_pb2_grpc, PointRulesServicer(points.rules)),
    ]


def _offer(messages: ModuleType, name: str, calls: ModuleType, servicer: object) -> Offer:
    add = getattr(calls, f"add_{name}Servicer_to_server")
    return Offer(descriptor=messages.DESCRIPTOR.services_by_name[name], add=lambda server: add(servicer, server))
