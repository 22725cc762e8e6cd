"""Keeps the list of owner units up to date from registry, for rules and for reports that concern one."""

import asyncio
from typing import Final

import grpc
import structlog
from gridward.registry.v1 import staff_pb2, staff_pb2_grpc

from services.incidents.cityview.picture import CityView
from services.platform.errors import GridwardError

log = structlog.get_logger()

POLL_S: Final = 60.0
RETRY_S: Final = 2.0


async def follow_owner_units(view: CityView, channel: grpc.aio.Channel) -> None:
    """Ask for the list now and again, until cancelled."""
    stub = staff_pb2_grpc.StaffServiceStub(channel)
    while True:
        try:
            answer = await stub.ListDepartments(staff_pb2.ListDepartmentsRequest())
            view.take_owner_units(answer.owner_units)
            await asyncio.sleep(POLL_S if answer.owner_units else RETRY_S)
        except (GridwardError, grpc.aio.AioRpcError) as error:
            log.warning("owner_units_not_read", error=str(error)[:200])
            await asyncio.sleep(RETRY_S)
