"""Posts to the outside alone: an address that leads back into the city's own network is refused unless it is listed.

Whoever may name a webhook could otherwise have our servers speak to machines that only they reach. A name is looked up
once, what it leads to is checked, and exactly that number is called, so that it cannot lead elsewhere a moment later.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Final

import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SCHEMES: Final = frozenset({"http", "https"})


class AddressRefused(httpx.ConnectError):
    """The address leads inside."""


class OutwardTransport(httpx.AsyncBaseTransport):
    """Carries requests to addresses anybody can reach, and to hosts that the operator listed."""

    def __init__(self, listed: Iterable[str], inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._listed = frozenset(host.strip().lower() for host in listed if host.strip())
        self._inner = inner or httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; fails with AddressRefused, a ConnectError."""
        host = request.url.host.lower()
        if request.url.scheme not in SCHEMES or not host:
            raise AddressRefused("no address of the web", request=request)
        if host not in self._listed:
            found = await _numbers_of(host, request)
            if not found or not all(outside(each) for each in found):
                raise AddressRefused("it leads inside", request=request)
            request.extensions = {**request.extensions, "sni_hostname": host}
            request.url = request.url.copy_with(host=str(found[0]))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()


def outside(address: Address) -> bool:
    """Whether anybody could reach it: not this machine, not a private network, not the cloud's own services."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None:
        return outside(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


async def _numbers_of(host: str, request: httpx.Request) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, request.url.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError("the name is not known", request=request) from error
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
