"""A name server of a few lines, for tests of what clients do when the replicas behind a name change."""

from __future__ import annotations

import asyncio
import struct
from typing import Final, cast

A: Final = 1
HEADER: Final = struct.Struct("!HHHHHH")
LIFE_S: Final = 0


class Names(asyncio.DatagramProtocol):
    """Answers every question for an IPv4 address with `addresses`, as a headless Service would, and no other."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.asked = 0
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls) -> Names:
        """Listen on loopback."""
        _, names = await asyncio.get_running_loop().create_datagram_endpoint(cls, local_addr=("127.0.0.1", 0))
        return names

    def target(self, service: str, port: int) -> str:
        """The address of a service for gRPC, to be asked of this server."""
        assert self._transport is not None
        return f"dns://127.0.0.1:{self._transport.get_extra_info('sockname')[1]}/{service}:{port}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question."""
        number, _, _, _, _, _ = HEADER.unpack(data[: HEADER.size])
        end = data.index(b"\0", HEADER.size) + 5
        question = data[HEADER.size : end]
        kind = struct.unpack("!H", question[-4:-2])[0]
        found = self.addresses if kind == A else []
        self.asked += kind == A
        records = b"".join(
            struct.pack("!HHHIH", 0xC00C, A, 1, LIFE_S, 4) + bytes(map(int, address.split("."))) for address in found
        )
        assert self._transport is not None
        self._transport.sendto(HEADER.pack(number, 0x8580, 1, len(found), 0, 0) + question + records, addr)

    def close(self) -> None:
        """Stop."""
        if self._transport is not None:
            self._transport.close()
