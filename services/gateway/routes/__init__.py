"""Every address of the gateway, each turned into one thing that is done."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from services.gateway.front import Front
from services.gateway.gate import Gate
from services.gateway.packing import Packing
from services.gateway.refusals import on_error
from services.gateway.routes import (
    accounts,
    assets,
    batches,
    calls,
    deeds,
    departments,
    desk,
    exports,
    features,
    guests,
    health,
    maps,
    open311,
    pages,
    papers,
    photos,
    pocket,
    residents,
    second_factor,
    sessions,
    stream,
)
from services.platform.errors import GridwardError


def application(gate: Gate, *, life: Callable[[Gate], AsyncIterator[None]] | None = None) -> ASGIApp:
    """The whole application around a gate; `life` runs what must run beside it."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if life is None:
            yield
            return
        async for _ in life(gate):
            yield

    routes: list[BaseRoute] = [
        *health.ROUTES,
        *sessions.ROUTES,
        *accounts.ROUTES,
        *deeds.ROUTES,
        *second_factor.ROUTES,
        *photos.ROUTES,
        *stream.ROUTES,
        *maps.ROUTES,
        *open311.ROUTES,
        *guests.ROUTES,
        *desk.ROUTES,
        *exports.ROUTES,
        *pocket.ROUTES,
        *features.ROUTES,
        *departments.ROUTES,
        *residents.ROUTES,
        *papers.ROUTES,
        *batches.ROUTES,
        *calls.routes(),
        *pages.ROUTES,
        *assets.ROUTES,
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={GridwardError: on_error, HTTPException: on_error, Exception: on_error},
    )
    app.state.gate = gate
    return Front(Packing(app), secure=gate.settings.secure)
