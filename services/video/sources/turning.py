"""Sends a camera that turns to one of its presets, and keeps everybody else from turning it away meanwhile.

Two kinds are spoken to: cameras with ONVIF (SOAP over HTTP), and cameras of GB/T 28181 behind a media server of the
WVP kind, which speaks SIP to them for us.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import parse_qs, urlsplit

from services.video.domain.cameras import Camera
from services.video.domain.errors import Problem, StreamAddressRefused, VisitFailed
from services.video.sources.allowed import AllowedSources, LiveSource
from services.video.sources.onvif import Onvif
from services.video.sources.wvp import MediaServer

#: How long the names of a camera's presets are believed.
NAMES_KEPT_S: Final = 600.0
KINDS: Final[Mapping[str, type[Onvif] | type[MediaServer]]] = {"onvif": Onvif, "wvp": MediaServer}


class Head(Protocol):
    """The part of a camera that turns, however it is spoken to. All fail with VisitFailed."""

    async def presets(self) -> Mapping[str, str]:
        """What the camera calls its presets, and the token of each."""
        ...

    async def go(self, token: str) -> None:
        """Turn there, and come back when the view stands still."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """How a camera is told to turn."""

    kind: str
    source: LiveSource
    settings: Mapping[str, str] = field(repr=False)


def control_of(sources: AllowedSources, camera: Camera) -> Control:
    """What the address of a camera's control means. Fails with STREAM_ADDRESS_REFUSED."""
    kind, _, address = camera.control_address.partition("+")
    if kind not in KINDS or not address.startswith(("http://", "https://")):
        raise StreamAddressRefused(
            camera=camera.id, problem="only onvif+http, onvif+https, wvp+http and wvp+https turn"
        )
    source = sources.check(camera.id, address)
    if not isinstance(source, LiveSource):
        raise StreamAddressRefused(camera=camera.id, problem="a film does not turn")
    told = parse_qs(urlsplit(address).query)
    return Control(kind=kind, source=source, settings={name: values[0] for name, values in told.items()})


@dataclass(slots=True)
class _Known:
    turning: asyncio.Lock = field(default_factory=asyncio.Lock)
    tokens: Mapping[str, str] = field(default_factory=dict)
    asked_s: float = 0.0


class Turning:
    """Turns cameras, each for one visit at a time."""

    def __init__(self, sources: AllowedSources, *, verify: bool) -> None:
        self._sources, self._verify = sources, verify
        self._known: dict[str, _Known] = {}

    @contextlib.asynccontextmanager
    async def turned(self, camera: Camera, preset: str) -> AsyncIterator[None]:
        """While the camera shows a preset; at once where none is named. Fails with VisitFailed."""
        if not preset:
            yield
            return
        if not camera.control_address:
            raise VisitFailed(Problem.NOT_TURNED)
        known = self._known.setdefault(camera.id, _Known())
        async with known.turning:
            await self._turn(camera, preset, known)
            yield

    async def _turn(self, camera: Camera, preset: str, known: _Known) -> None:
        control = control_of(self._sources, camera)
        source = await self._sources.locate(camera.id, control.source)
        head: Head = KINDS[control.kind](source, control.settings, verify=self._verify)
        now_s = asyncio.get_running_loop().time()
        if preset not in known.tokens or now_s - known.asked_s > NAMES_KEPT_S:
            known.tokens, known.asked_s = await head.presets(), now_s
        token = known.tokens.get(preset)
        if token is None:
            raise VisitFailed(Problem.PRESET_UNKNOWN)
        try:
            await head.go(token)
        except VisitFailed:
            known.tokens = {}  # perhaps its presets were set anew
            raise
