"""Brings the made-up people and things of the demo city into the registry, by the same import that a city uses."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from typing import Final

import grpc
from gridward.registry.v1 import (
    elements_pb2,
    imports_pb2,
    imports_pb2_grpc,
    staff_pb2,
    staff_pb2_grpc,
    terminals_pb2,
    terminals_pb2_grpc,
)

from services.demo import city
from services.demo.people import SHOWN_GRID
from services.demo.population import Population, Sheet, organisations, roads

PIECE_BYTES: Final = 512 * 1024
LOAD_TIMEOUT_S: Final = 600.0
CALL_TIMEOUT_S: Final = 30.0
POLL_S: Final = 0.1
#: The demo worker's phone.
PHONE: Final = "demo-phone-1"
OVER: Final = frozenset({imports_pb2.IMPORT_STATE_DONE, imports_pb2.IMPORT_STATE_REFUSED})


class ImportRefused(Exception):
    """The registry found faults in a file of the demo city, which has none."""


async def load(channel: grpc.aio.Channel, *, share: float) -> int:
    """Bring in all that is missing and hand out the phone; the number of rows.

    The files come one after the other: a dwelling can only come in when its building has.
    """
    sheets = await asyncio.to_thread(lambda: [roads(), organisations(), *Population(share=share).grow()])
    stub: imports_pb2_grpc.ImportsServiceAsyncStub = imports_pb2_grpc.ImportsServiceStub(channel)
    count = 0
    for sheet in sheets:
        count += await bring(stub, sheet)
    await hand_out_phone(channel)
    return count


async def hand_out_phone(channel: grpc.aio.Channel) -> None:
    """The worker people try the demo with has a phone, bound to one grid."""
    worker = next(grid["worker_post"] for grid in city.data()["grids"] if grid["code"] == SHOWN_GRID)
    staff: staff_pb2_grpc.StaffServiceAsyncStub = staff_pb2_grpc.StaffServiceStub(channel)
    terminals: terminals_pb2_grpc.TerminalsServiceAsyncStub = terminals_pb2_grpc.TerminalsServiceStub(channel)
    await staff.BindTerminal(
        staff_pb2.BindTerminalRequest(request_id="demo-phone-bound", terminal_id=PHONE, grid_code=SHOWN_GRID)
    )
    await terminals.HandOverTerminal(
        terminals_pb2.HandOverTerminalRequest(
            request_id="demo-phone-handed-over", terminal_id=PHONE, staff_code=f"staff:{worker}"
        )
    )


async def bring(stub: imports_pb2_grpc.ImportsServiceAsyncStub, sheet: Sheet) -> int:
    """Bring one file in, and wait until it is read; the number of rows."""
    content = sheet.csv()
    request = imports_pb2.CreateImportRequest(
        request_id=f"demo-{sheet.kind}-{sha256(content).hexdigest()[:24]}",
        kind=elements_pb2.ElementKind.Value(f"ELEMENT_KIND_{sheet.kind.upper()}"),
        format=imports_pb2.IMPORT_FORMAT_CSV,
        crs="EPSG:4326",
        file_name=f"{sheet.kind}.csv",
    )
    job_id = getattr(await stub.CreateImport(request), "import").id
    for number, start in enumerate(range(0, len(content), PIECE_BYTES), start=1):
        piece = imports_pb2.AddImportPieceRequest(
            id=job_id, number=number, content=content[start : start + PIECE_BYTES]
        )
        await stub.AddImportPiece(piece)
    await stub.RunImport(imports_pb2.RunImportRequest(id=job_id))
    until_s = time.monotonic() + LOAD_TIMEOUT_S
    while time.monotonic() < until_s:
        job = getattr(await stub.GetImport(imports_pb2.GetImportRequest(id=job_id)), "import")
        if job.state == imports_pb2.IMPORT_STATE_REFUSED:
            raise ImportRefused(f"{sheet.kind}: {job.fault_count} faults, the first: {job.faults[0]}")
        if job.state in OVER:
            return len(sheet.rows)
        await asyncio.sleep(POLL_S)
    raise ImportRefused(f"{sheet.kind}: not read within {LOAD_TIMEOUT_S:.0f} s")
