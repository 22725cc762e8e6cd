"""Publishes what the offices keep, and lets some of them ask for what others have; later their owners decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Protocol

import grpc
import structlog
from gridward.registry.v1 import catalogue_pb2, catalogue_pb2_grpc, elements_pb2, elements_pb2_grpc

from services.demo import catalogue, city
from services.demo.people import SHOWN_GRID

log = structlog.get_logger()

CALL_TIMEOUT_S: Final = 30.0
TABLES_PER_CALL: Final = 400
TERM_DAYS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a department asks for, and what its owner will say: "" leaves it waiting."""

    borrower: str
    items: tuple[str, ...]
    area: str
    purpose: str
    decision: str = ""
    #: The owner lends figures as they are, where masked ones would be of no use.
    unmasked: bool = False


COMMUNITY: Final = SHOWN_GRID[:12]
CITY: Final = str(city.data()["city"]["code"])
WISHES: Final = (
    Wish(borrower="D18", items=("D01-P1-name", "D01-P1-phone", "D01-P1-residence_address"), area=COMMUNITY,
         purpose="独居老人入户走访", decision="granted"),
    Wish(borrower="D04", items=("D01-P1-name", "D01-P1-identity_number"), area=SHOWN_GRID[:6], purpose="就业状况核对",
         decision="范围过大,请按社区分批申请"),
    Wish(borrower="D01", items=("D03-FP-name", "D03-FP-tags"), area=CITY, purpose="重点人员到期走访", decision="granted"),
    Wish(borrower="D02", items=("D04-P3-monthly_income",), area=CITY, purpose="低保申请家庭经济状况核对",
         decision="granted", unmasked=True),
    Wish(borrower="D09", items=("D06-CC-class_code", "D06-CC-state", "D06-CC-key"), area=SHOWN_GRID[:9],
         purpose="市政设施巡检排班"),
    Wish(borrower="D11", items=("D06-CC-class_code", "D06-CC-owner_unit"), area=SHOWN_GRID[:9],
         purpose="汛前雨水井盖权属核对"),
    Wish(borrower="D06", items=("D15-place-person_in_charge", "D15-place-charge_phone"), area=COMMUNITY,
         purpose="门前责任书签订"),
    Wish(borrower="D02", items=("D05-dwelling-is_rented", "D05-dwelling-use"), area=COMMUNITY, purpose="低保家庭住房核对"),
    Wish(borrower="D16", items=("D18-PT-tags", "D18-PT-grid_code"), area=COMMUNITY, purpose="家庭医生签约对象核对"),
)  # fmt: skip


async def publish(channel: grpc.aio.Channel) -> int:
    """Publish the catalogue; how many items there are."""
    elements: elements_pb2_grpc.ElementsServiceAsyncStub = elements_pb2_grpc.ElementsServiceStub(channel)
    stub: catalogue_pb2_grpc.CatalogueServiceAsyncStub = catalogue_pb2_grpc.CatalogueServiceStub(channel)
    tables = catalogue.tables(await elements.GetElementSchema(elements_pb2.GetElementSchemaRequest()))
    for start in range(0, len(tables), TABLES_PER_CALL):
        request = catalogue_pb2.ImportCatalogueRequest(tables=tables[start : start + TABLES_PER_CALL])
        request.request_id = f"demo-catalogue-{sha256(request.SerializeToString(deterministic=True)).hexdigest()[:24]}"
        await stub.ImportCatalogue(request, timeout=CALL_TIMEOUT_S)
    return sum(len(table.items) for table in tables)


async def load(channel: grpc.aio.Channel) -> int:
    """Publish the catalogue and let departments ask, unless they did; how many items there are."""
    count = await publish(channel)
    stub: catalogue_pb2_grpc.CatalogueServiceAsyncStub = catalogue_pb2_grpc.CatalogueServiceStub(channel)
    asked = {loan.purpose for loan in (await stub.ListLoans(catalogue_pb2.ListLoansRequest())).loans}
    until = (datetime.now(UTC) + timedelta(days=TERM_DAYS)).date().isoformat()
    for wish in WISHES:
        if wish.purpose not in asked:
            request = catalogue_pb2.RequestLoanRequest(
                item_codes=wish.items, area_code=wish.area, purpose=wish.purpose, until=until, borrower=wish.borrower
            )
            request.request_id = f"demo-loan-{sha256(request.SerializeToString(deterministic=True)).hexdigest()[:24]}"
            await stub.RequestLoan(request)
    return count


class Somebody(Protocol):
    """A person signed in at the gateway."""

    async def call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """One call."""
        ...


async def decide(people: Mapping[str, Somebody]) -> None:
    """Each owner says what the demo has it say, and who was lent something reads it; what is decided stays so."""
    wishes = {wish.purpose: wish for wish in WISHES}
    plugin_of = {department.code: department.plugin for department in city.departments()}
    for lender in dict.fromkeys(plugin_of[wish.items[0][:3]] for wish in WISHES if wish.decision):
        for loan in (await people[lender].call("GET", "/v1/loans")).get("loans", []):
            wish = wishes.get(loan["purpose"])
            if loan["state"] != "waiting" or wish is None or not wish.decision:
                continue
            granted = wish.decision == "granted"
            body = {
                "requestId": f"demo-decide-{loan['id']}",
                "grant": granted,
                "unmasked": wish.unmasked,
                "reason": "" if granted else wish.decision,
            }
            await people[lender].call("POST", f"/v1/loans/{loan['id']}:decide", json=body)
            if granted and not wish.unmasked:
                await people[plugin_of[loan["borrower"]]].call(
                    "POST", f"/v1/loans/{loan['id']}:read", json={"pageSize": 20}
                )
            log.info("demo_decided", loan=loan["purpose"], granted=granted)
