"""Gives a city that nobody has a post in yet its areas, its departments and its first posts, from files.

`python -m services.registry found areas|departments|posts < FILE`, beside a registry that runs. Whoever may do so holds
the key of registry and its database, and acts as registry itself; from then on people do the rest. The same file again
changes nothing.
"""

import argparse
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar, cast

from google.protobuf import json_format
from google.protobuf.message import Message
from gridward.registry.v1 import areas_pb2, staff_pb2

from services.platform import validation
from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.platform.errors import GridwardError
from services.platform.identity import acting_as, service_caller
from services.platform.ids import uuid7
from services.platform.lifecycle import Drain
from services.registry.actions.areas import AreaActions
from services.registry.actions.duty import DutyActions
from services.registry.actions.office import Office
from services.registry.actions.staff import StaffActions
from services.registry.actions.terminals import TerminalActions
from services.registry.servicer.areas import AreasServicer
from services.registry.servicer.staff import StaffServicer
from services.registry.settings import RegistrySettings

Asked = TypeVar("Asked", staff_pb2.ImportDepartmentsRequest, staff_pb2.ImportPostsRequest)

CRS: Final = "EPSG:4326"
CHUNK_BYTES: Final = 60_000
#: The calls are made here and not over the wire, so there is nothing of gRPC to hand them.
NO_CONTEXT: Final = cast("Any", None)


async def found(what: str, content: bytes, settings: RegistrySettings) -> Message:
    """Take in a file of one kind; what the call says of it. Fails as the call does."""
    dsn = settings.database_url.get_secret_value()
    database = await open_database(dsn, service="registry", connections_max=2)
    try:
        office = Office.open(database, clock=SystemClock(), settings=settings)
        with acting_as(service_caller("registry")):
            return await _taken(what, content, office)
    finally:
        await database.close()


async def _taken(what: str, content: bytes, office: Office) -> Message:
    drain = Drain()
    if what == "areas":
        areas = AreasServicer(AreaActions(office), import_bytes_max=office.settings.import_bytes_max, drain=drain)
        return await areas.ImportAreas(_pieces(content), NO_CONTEXT)
    staff = StaffServicer(StaffActions(office), DutyActions(office), TerminalActions(office), drain=drain)
    if what == "departments":
        departments = staff_pb2.ImportDepartmentsRequest()
        return await staff.ImportDepartments(_read(content, departments), NO_CONTEXT)
    return await staff.ImportPosts(_read(content, staff_pb2.ImportPostsRequest()), NO_CONTEXT)


async def _pieces(content: bytes) -> AsyncIterator[areas_pb2.ImportAreasRequest]:
    header = areas_pb2.ImportAreasHeader(request_id=str(uuid7()), crs=CRS)
    yield areas_pb2.ImportAreasRequest(header=header)
    for start in range(0, len(content), CHUNK_BYTES):
        yield areas_pb2.ImportAreasRequest(chunk=content[start : start + CHUNK_BYTES])


def _read(content: bytes, request: Asked) -> Asked:
    """The request that a file holds, as its proto says; the id is made here, for what is in the books is seen there."""
    json_format.Parse(content, request)
    request.request_id = str(uuid7())
    validation.check(request)
    return request


def main(words: list[str], run: Callable[[Any], Message]) -> int:
    """Take in what standard input holds, and say what changed."""
    parser = argparse.ArgumentParser(prog="python -m services.registry found", description=__doc__)
    parser.add_argument("what", choices=["areas", "departments", "posts"])
    what = parser.parse_args(words).what
    try:
        answer = run(found(what, sys.stdin.buffer.read(), RegistrySettings()))
    except (GridwardError, json_format.ParseError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{getattr(error, 'reason', 'FILE_INVALID')}: {error}\n")
        return 1
    sys.stdout.write(f"{json_format.MessageToJson(answer, always_print_fields_with_no_presence=True)}\n")
    return 0
