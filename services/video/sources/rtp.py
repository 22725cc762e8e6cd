"""Puts pictures of an H.264 or H.265 stream together from RTP packets (RFC 6184, RFC 7798).

For a visit only keyframes are wanted: everything else is dropped by looking at one byte, before anything is copied.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from services.video.domain.errors import Problem, VisitFailed

Codec = Literal["h264", "hevc"]

START: Final = b"\0\0\0\1"
HEADER_BYTES: Final = 12
KEYFRAME_BYTES_MAX: Final = 8 * 1024 * 1024
UNITS_MAX: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """The NAL unit types of a codec that matter here."""

    keys: frozenset[int]
    parameters: frozenset[int]
    aggregation: int
    fragment: int
    head_bytes: int


KINDS: Final[dict[Codec, Kinds]] = {
    "h264": Kinds(keys=frozenset({5}), parameters=frozenset({7, 8}), aggregation=24, fragment=28, head_bytes=1),
    "hevc": Kinds(
        keys=frozenset(range(16, 22)),
        parameters=frozenset({32, 33, 34}),
        aggregation=48,
        fragment=49,
        head_bytes=2,
    ),
}


#: All kinds of units that pictures are made of, for whoever wants the film and not one picture.
_PICTURES: Final[dict[Codec, frozenset[int]]] = {"h264": frozenset(range(1, 6)), "hevc": frozenset(range(22))}


@dataclass(slots=True, kw_only=True)
class KeyframeCollector:
    """Takes packets in, gives a keyframe out as an Annex B access unit; with `every`, the pictures between them too."""

    codec: Codec
    payload_type: int
    every: bool = False
    parameters: dict[int, bytes] = field(default_factory=dict, repr=False)
    _kinds: Kinds = field(init=False)
    _units: list[bytes] = field(default_factory=list, repr=False)
    _fragment: bytearray | None = field(default=None, repr=False)
    _size: int = 0
    _stamp: int = -1
    _sequence: int = -1
    _broken: bool = False
    #: Of the picture given out last: its time by the stream's own clock, and whether it stands alone.
    stamp: int = 0
    key: bool = False

    def __post_init__(self) -> None:
        self._kinds = KINDS[self.codec]
        if self.every:
            self._kinds = replace(self._kinds, keys=_PICTURES[self.codec])

    def know(self, unit: bytes) -> None:
        """A parameter set told outside the stream."""
        if len(unit) > self._kinds.head_bytes and self._kind(unit[0]) in self._kinds.parameters:
            self.parameters[self._kind(unit[0])] = unit

    def _kind(self, first: int) -> int:
        return first & 0x1F if self.codec == "h264" else (first >> 1) & 0x3F

    def take(self, packet: bytes) -> bytes | None:
        """A packet in; the keyframe out when this one completed it. Fails with VisitFailed when one grows too large."""
        view = memoryview(packet)
        body = _payload(view)
        if body is None or view[1] & 0x7F != self.payload_type or len(body) <= self._kinds.head_bytes:
            return None
        sequence, stamp = int.from_bytes(view[2:4], "big"), int.from_bytes(view[4:8], "big")
        whole: bytes | None = None
        if stamp != self._stamp:
            whole = self._finish()  # a server that sets no marker is understood by its clock
            self._stamp = stamp
        elif self._sequence >= 0 and sequence != (self._sequence + 1) & 0xFFFF:
            self._broken = True
        self._sequence = sequence
        self._take_payload(body)
        if whole is None and view[1] & 0x80:
            whole = self._finish()
        return whole

    def _take_payload(self, body: memoryview) -> None:
        kind = self._kind(body[0])
        if kind == self._kinds.fragment:
            self._take_fragment(body)
        elif kind == self._kinds.aggregation:
            self._take_aggregate(body)
        elif kind in self._kinds.keys:
            self._add(bytes(body))
        elif kind in self._kinds.parameters:
            self.parameters[kind] = bytes(body)

    def _take_aggregate(self, body: memoryview) -> None:
        rest = body[self._kinds.head_bytes :]
        while len(rest) > 2:
            size = int.from_bytes(rest[:2], "big")
            unit = rest[2 : 2 + size]
            if size <= self._kinds.head_bytes or len(unit) < size:
                return
            if self._kind(unit[0]) not in {self._kinds.fragment, self._kinds.aggregation}:
                self._take_payload(unit)
            rest = rest[2 + size :]

    def _take_fragment(self, body: memoryview) -> None:
        head = self._kinds.head_bytes
        if len(body) <= head + 1:
            return
        told = body[head]
        kind = told & (0x1F if self.codec == "h264" else 0x3F)
        if kind not in self._kinds.keys:
            return
        if told & 0x80:
            self._fragment = bytearray(_unit_head(self.codec, body, kind))
        if self._fragment is None:
            self._broken = True
            return
        self._fragment += body[head + 1 :]
        self._guard(len(self._fragment))
        if told & 0x40:
            unit, self._fragment = bytes(self._fragment), None
            self._add(unit)

    def _add(self, unit: bytes) -> None:
        self._units.append(unit)
        self._size += len(unit)
        self._guard(0)

    def _guard(self, growing: int) -> None:
        if self._size + growing > KEYFRAME_BYTES_MAX or len(self._units) > UNITS_MAX:
            raise VisitFailed(Problem.TOO_LARGE)

    def _finish(self) -> bytes | None:
        """What was gathered, if it is a whole keyframe that can be decoded; begins anew in any case."""
        units, broken, open_end = self._units, self._broken, self._fragment is not None
        self._units, self._size, self._fragment, self._broken = [], 0, None, False
        if not units or broken or open_end or len(self.parameters) < len(self._kinds.parameters):
            return None
        self.stamp, self.key = self._stamp, self._kind(units[0][0]) in KINDS[self.codec].keys
        sets = [self.parameters[kind] for kind in sorted(self.parameters)]
        return START + START.join([*sets, *units])


def _payload(packet: memoryview) -> memoryview | None:
    """What a packet carries; None for anything that is not RTP version 2."""
    if len(packet) <= HEADER_BYTES or packet[0] >> 6 != 2:
        return None
    begin = HEADER_BYTES + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < begin + 4:
            return None
        begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[begin:end] if begin < end else None


def _unit_head(codec: Codec, body: memoryview, kind: int) -> bytes:
    if codec == "h264":
        return bytes([(body[0] & 0xE0) | kind])
    return bytes([(body[0] & 0x81) | (kind << 1), body[1]])
