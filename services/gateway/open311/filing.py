"""Takes in service requests of other systems: at once where it can, and never lost where it cannot.

Every filing is written down first. While the case service does not answer, the client is given a token, and the
filing is tried again until it became a case or was refused for good.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import structlog
from google.protobuf.message import Message
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import areas_pb2

from services.gateway.backends import Backends
from services.gateway.contract import call_named
from services.gateway.open311 import catalogue, store
from services.gateway.open311.faults import (
    AddressUnclear,
    KeyNameTaken,
    KeyRefused,
    ParameterInvalid,
    ParameterMissing,
    RequestUnknown,
)
from services.gateway.open311.reading import City
from services.gateway.residents import Residents, resident
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Exhausted, GridwardError, NotFound, Unavailable
from services.platform.identity import Caller

log = structlog.get_logger()

KEY_BYTES: Final = 24
KEY_LENGTH_MAX: Final = 200
DESCRIPTION_MAX: Final = 2000
PLACE_MAX: Final = 200
RETRY_S: Final = 5.0
#: Trouble that passes by itself.
PASSING: Final = (Unavailable, Exhausted)
_ATTRIBUTE = re.compile(r"^attribute\[([^\]]+)\](?:\[\])?$")

_REPORT = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "ReportIncident")
_ADVANCE = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "AdvanceCase")
_CASE = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "GetCase")
_AREA = call_named(areas_pb2.DESCRIPTOR, "AreasService", "GetArea")
_AREAS = call_named(areas_pb2.DESCRIPTOR, "AreasService", "ListAreas")


def digest_of(key: str) -> bytes:
    """What is kept of a key."""
    return sha256(key.encode()).digest()


async def grant_key(database: Database, name: str, contact: str, *, now: datetime) -> str:
    """A new key, told once. Fails with OPEN311_KEY_NAME_TAKEN."""
    key = secrets.token_urlsafe(KEY_BYTES)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,39}", name):
        raise KeyNameTaken(name=name)
    async with database.transaction() as transaction:
        if not await store.add_key(transaction, digest=digest_of(key), name=name, contact=contact, now=now):
            raise KeyNameTaken(name=name)
    return key


async def revoke_key(database: Database, name: str, *, now: datetime) -> None:
    """End a key; what it filed stays. Fails with OPEN311_KEY_REFUSED when there is none."""
    async with database.transaction() as transaction:
        if not await store.revoke_key(transaction, name=name, now=now):
            raise KeyRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of a filing; a field may come more than once."""

    fields: Mapping[str, list[str]]
    evidence: tuple[place_pb2.Evidence, ...] = ()

    def one(self, name: str) -> str:
        """The first value of a field, empty when there is none."""
        return next((value.strip() for value in self.fields.get(name, ()) if value.strip()), "")

    def attributes(self) -> dict[str, list[str]]:
        """The attributes by code."""
        found: dict[str, list[str]] = {}
        for name, values in self.fields.items():
            match = _ATTRIBUTE.match(name)
            if match:
                found.setdefault(match[1], []).extend(value for value in values if value)
        return found


@dataclass(slots=True, kw_only=True)
class Filer:
    """Files reports for other systems."""

    backends: Backends
    database: Database
    clock: Clock
    residents: Residents

    async def holder(self, key: str) -> str:
        """Whose key it is. Fails with OPEN311_KEY_REFUSED."""
        if not key or len(key) > KEY_LENGTH_MAX:
            raise KeyRefused
        async with self.database.connection() as connection:
            name = await store.key_name(connection, digest_of(key))
        if name is None:
            raise KeyRefused
        return name

    async def file(self, city: City, form: Form, *, key_name: str, repeat_key: str, language: str) -> store.Filing:
        """Take in a service request; the same repeat key again gives the first answer."""
        report = await self._report(city, form)
        phone = form.one("phone")
        caller = (
            self.residents.by_phone(phone, language=language)
            if phone
            else resident(f"resident:open311-{key_name}", language=language)
        )
        token = sha256(f"{key_name}\0{repeat_key or secrets.token_hex(16)}".encode()).hexdigest()[:40]
        request = incidents_pb2.ReportIncidentRequest(request_id=f"o311-{token}", report=report)
        async with self.database.transaction() as transaction:
            await store.add_filing(
                transaction, token=token, key_name=key_name, subject=caller.subject,
                report=request.SerializeToString(), now=self.clock.now(),
            )  # fmt: skip
        try:
            number = await self._filed(request, caller)
        except PASSING:
            log.warning("open311_filing_waits", token=token[:8])
            return store.Filing(token=token, key_name=key_name, subject=caller.subject, number="", fault="")
        except GridwardError as error:
            await self._settle(token, fault=error.reason)
            raise
        await self._settle(token, number=number)
        return store.Filing(token=token, key_name=key_name, subject=caller.subject, number=number, fault="")

    async def _filed(self, request: incidents_pb2.ReportIncidentRequest, caller: Caller) -> str:
        answer: Any = await self.backends.call(_REPORT, request, caller=caller)
        return str(answer.case.number)

    async def _settle(self, token: str, *, number: str = "", fault: str = "") -> None:
        async with self.database.transaction() as transaction:
            await store.settle_filing(transaction, token=token, number=number, fault=fault)

    async def _report(self, city: City, form: Form) -> cases_pb2.Report:
        code = form.one("service_code")
        if not code:
            raise ParameterMissing(parameter="service_code")
        kind = city.kind(code)
        address = form.one("address_string")
        report = cases_pb2.Report(
            task_type=code,
            description=_description(form) or kind.title,
            point=await self._point(form, address),
            place=address[:PLACE_MAX],
            evidence=form.evidence,
            form_answers=catalogue.answers_to_form(kind, form.attributes()),
            source=cases_pb2.SOURCE_SYSTEM,
        )
        if len(report.description) > DESCRIPTION_MAX:
            raise ParameterInvalid(parameter="description", given=f"{len(report.description)} > {DESCRIPTION_MAX}")
        return report

    async def _point(self, form: Form, address: str) -> place_pb2.Point:
        latitude, longitude = form.one("lat"), form.one("long")
        if latitude or longitude:
            return place_pb2.Point(
                longitude_deg=_degrees("long", longitude, most=180), latitude_deg=_degrees("lat", latitude, most=90)
            )
        if form.one("address_id"):
            return await self._middle_of(form.one("address_id"))
        if address:
            return await self._middle_of_named(address)
        raise ParameterMissing(parameter="lat, long, address_string or address_id")

    async def _middle_of(self, code: str) -> place_pb2.Point:
        try:
            answer = await self.backends.ask(_AREA, areas_pb2.GetAreaRequest(code=code[:40]), areas_pb2.GetAreaResponse)
        except NotFound:
            raise AddressUnclear from None
        return answer.area.centroid

    async def _middle_of_named(self, address: str) -> place_pb2.Point:
        """The middle of the smallest area whose name the address holds; a rough place is better than none."""
        for level in (areas_pb2.AREA_LEVEL_GRID, areas_pb2.AREA_LEVEL_COMMUNITY):
            request = areas_pb2.ListAreasRequest(level=level, page_size=500)
            while True:
                answer = await self.backends.ask(_AREAS, request, areas_pb2.ListAreasResponse)
                held = [area for area in answer.areas if area.name and area.name in address]
                if held:
                    return max(held, key=lambda area: len(area.name)).centroid
                if not answer.next_page_token:
                    break
                request.page_token = answer.next_page_token
        raise AddressUnclear

    async def note(self, form: Form, *, key_name: str, language: str) -> None:
        """What another system says of a case it filed, as a note on the case, once for each update_id."""
        for name in ("update_id", "service_request_id", "status", "updated_datetime", "description"):
            if not form.one(name):
                raise ParameterMissing(parameter=name)
        number = form.one("service_request_id")
        async with self.database.connection() as connection:
            filing = await store.filing_of_case(connection, number)
        if filing is None or filing.key_name != key_name:
            raise RequestUnknown(number=number[:60])
        caller = resident(filing.subject, language=language)
        seen: Any = await self.backends.call(_CASE, incidents_pb2.GetCaseRequest(case_id=number), caller=caller)
        digest = sha256(f"{key_name}\0{form.one('update_id')}".encode()).hexdigest()[:40]
        step = cases_pb2.Step(event=cases_pb2.CASE_EVENT_NOTE, opinion=_note(form), evidence=form.evidence)
        request: Message = incidents_pb2.AdvanceCaseRequest(
            request_id=f"o311u-{digest}", case_id=seen.case.id, version=seen.case.version, steps=[step]
        )
        await self.backends.call(_ADVANCE, request, caller=caller)

    async def run(self) -> None:
        """Try what waits, again and again, until cancelled."""
        while True:
            try:
                await self.try_waiting()
            except GridwardError as error:
                log.warning("open311_retry_failed", reason=error.reason)
            await asyncio.sleep(RETRY_S)

    async def try_waiting(self) -> None:
        """Try once what waits."""
        async with self.database.transaction() as transaction:
            waiting = await store.take_waiting(transaction, now=self.clock.now())
        for token, subject, packed in waiting:
            request = incidents_pb2.ReportIncidentRequest.FromString(packed)
            try:
                await self._settle(token, number=await self._filed(request, resident(subject, language="zh")))
            except PASSING:
                return
            except GridwardError as error:
                log.warning("open311_filing_refused", token=token[:8], reason=error.reason)
                await self._settle(token, fault=error.reason)


def _description(form: Form) -> str:
    """The words, and where a picture lies elsewhere; it is not fetched, because anyone may name any address."""
    links = [url for url in (*form.fields.get("media_url", ()), *form.fields.get("media_url[]", ())) if url.strip()]
    return "\n".join([form.one("description"), *(url.strip()[:300] for url in links[:5])]).strip()


def _note(form: Form) -> str:
    return f"[{form.one('status')[:30]}] {form.one('description')}"[:DESCRIPTION_MAX]


def _degrees(name: str, text: str, *, most: float) -> float:
    if not text:
        raise ParameterMissing(parameter=name)
    try:
        value = float(text)
    except ValueError:
        raise ParameterInvalid(parameter=name, given=text[:60]) from None
    if not -most <= value <= most:
        raise ParameterInvalid(parameter=name, given=text[:60])
    return value
