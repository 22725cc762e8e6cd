"""Decides which stream addresses may be opened, so that nobody can make this service reach where it should not.

What is allowed is said by the operator: films below one folder, and hosts by name, domain, address or network.
A name is looked up here and the stream opened at the address found, so that it cannot mean another one a moment later.
Loopback, link-local, the metadata services of clouds and the like are refused even inside an allowed network, unless
they are named as such.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from services.video.domain.errors import CameraUnreachable, StreamAddressRefused

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
LOOKUP_S: Final = 3.0
NOT_ALLOWED: Final = "the host is not one of those allowed"
#: Where clouds tell a machine its own secrets; not link-local everywhere.
METADATA: Final[Sequence[Address]] = (
    ipaddress.ip_address("100.100.100.200"),
    ipaddress.ip_address("168.63.129.16"),
    ipaddress.ip_address("192.0.0.192"),
    ipaddress.ip_address("fd00:ec2::254"),
)
_PLAIN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmSource:
    """A film that stands in for a camera."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSource:
    """A stream or a picture on the network, in parts; `address` is where its host was found."""

    scheme: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    host: str
    port: int
    rest: str = field(repr=False)
    address: Address | None = None

    @property
    def secure(self) -> bool:
        """Spoken inside TLS."""
        return self.scheme in {"rtsps", "https"}

    @property
    def url(self) -> str:
        """As a request names it, without name and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.rest}"

    @property
    def dialled(self) -> str:
        """The address to connect to; a name that was not looked up is never dialled."""
        if self.address is None:
            raise ValueError("the host was not looked up")
        return str(self.address)


Source: TypeAlias = FilmSource | LiveSource


class _Refused(Exception):
    """What is wrong with an address, in words that do not repeat it."""


class AllowedSources:
    """What the operator allows."""

    def __init__(self, *, folder: Path | None, hosts: Sequence[str]) -> None:
        self._folder = folder.resolve() if folder else None
        self._networks: list[Network] = []
        self._names: list[str] = []
        for host in hosts:
            try:
                self._networks.append(ipaddress.ip_network(host, strict=False))
            except ValueError:
                self._names.append(host.lower())

    def check(self, camera_id: str, address: str) -> Source:
        """What an address means. Fails with STREAM_ADDRESS_REFUSED, in words that do not repeat the address."""
        try:
            parts = _split(address)
            if parts.scheme in DEFAULT_PORTS:
                return self._live(parts, address)
            _require(parts.scheme in {"", "file"}, "only rtsp, rtsps, http, https and files are known")
            _require(parts.netloc in {"", "localhost"}, "a file lies on no other machine")
            return self._film(unquote(parts.path) if parts.scheme else address)
        except _Refused as refused:
            raise StreamAddressRefused(camera=camera_id, problem=refused) from None

    def _film(self, name: str) -> FilmSource:
        if self._folder is None:
            raise _Refused("no folder for films is set")
        _require(bool(name) and "\0" not in name, "no file is named")
        try:
            path = (self._folder / name).resolve()
        except (OSError, RuntimeError):  # a name too long, or links that lead in a circle
            raise _Refused("the file cannot be found") from None
        _require(path.is_relative_to(self._folder), "the file lies outside the folder for films")
        return FilmSource(path=path)

    def _live(self, parts: SplitResult, address: str) -> LiveSource:
        _require(bool(_PLAIN.fullmatch(address)), "it holds characters that must be escaped")
        host = (parts.hostname or "").rstrip(".")
        _require(bool(host), "no host is named")
        _require(not parts.fragment, "a fragment means nothing here")
        literal = _literal(host)
        # A name that is not listed may still lie in an allowed network; that is seen when it is looked up.
        admitted = self._admits_name(host) or bool(self._networks) if literal is None else self._admits(literal)
        _require(admitted, NOT_ALLOWED)
        query = f"?{parts.query}" if parts.query else ""
        return LiveSource(
            scheme=parts.scheme,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            host=host,
            port=_port(parts) or DEFAULT_PORTS[parts.scheme],
            rest=(parts.path or "/") + query,
        )

    async def locate(self, camera_id: str, source: LiveSource) -> LiveSource:
        """The source with the address to open it at, by number. Fails with STREAM_ADDRESS_REFUSED, CAMERA_UNREACHABLE."""
        named = self._admits_name(source.host)
        found = await _look_up(camera_id, source)
        if not all(self._admits(address, named=named) for address in found):
            raise StreamAddressRefused(camera=camera_id, problem=NOT_ALLOWED)
        return replace(source, address=found[0])

    def _admits_name(self, host: str) -> bool:
        return any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in self._names)

    def _admits(self, address: Address, *, named: bool = False) -> bool:
        """A special address needs a network of just such addresses; any other a network, or an allowed name."""
        containing = [network for network in self._networks if address in network]
        if _is_special(address):
            return any(_is_special(network) for network in containing)
        return named or bool(containing)


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise _Refused(problem)


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        raise _Refused("it cannot be read") from None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise _Refused("the port is not one") from None


async def _look_up(camera_id: str, source: LiveSource) -> list[Address]:
    literal = _literal(source.host)
    if literal is not None:
        return [literal]
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOKUP_S):
            answers = await loop.getaddrinfo(source.host, source.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise CameraUnreachable(camera=camera_id, problem="its name is not known") from error
    found = [address for answer in answers if (address := _literal(str(answer[4][0]))) is not None]
    if not found:
        raise CameraUnreachable(camera=camera_id, problem="its name is not known")
    return found


def _literal(host: str) -> Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_special(place: Address | Network) -> bool:
    if isinstance(place, Address) and place in METADATA:
        return True
    if isinstance(place, Network) and place.num_addresses == 1 and place.network_address in METADATA:
        return True
    return place.is_loopback or place.is_link_local or place.is_multicast or place.is_unspecified
