"""Puts a few seconds of a stream into an MP4 as they were coded: nothing is decoded, so it costs next to nothing."""

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise, takewhile
from typing import Any, Final

import av

from services.video.eyes.picture import PIXELS_MAX, Unreadable

CLOCK: Final = Fraction(1, 90_000)
#: Where the stream's own times are of no use.
FRAME_TICKS: Final = 3600
SECONDS_MAX: Final = 4.0
BYTES_MAX: Final = 8 * 1024 * 1024


def of_pictures(codec: str, pictures: Sequence[bytes], stamps: Sequence[int]) -> bytes:
    """Access units with their times as MP4. Fails with Unreadable."""
    try:
        with av.open(io.BytesIO(b"".join(pictures)), format=codec) as stream:
            return _written(stream, _timed(stream, stamps))
    except (av.FFmpegError, ValueError, OSError, MemoryError) as error:
        raise Unreadable from error


def of_film(path: str, at_s: float) -> bytes:
    """Some seconds of a film from the keyframe before a moment. Fails with Unreadable."""
    try:
        with av.open(path, options={"protocol_whitelist": "file"}) as film:
            stream: Any = film.streams.video[0] if film.streams.video else None
            if stream is None or not stream.duration:
                raise Unreadable  # a film of one picture is no clip
            length_s = float(stream.duration * stream.time_base)
            film.seek(int(at_s % length_s / stream.time_base), stream=stream)
            return _written(film, _from_film(film, stream))
    except (av.FFmpegError, ValueError, OSError, MemoryError) as error:
        raise Unreadable from error


def _timed(stream: Any, stamps: Sequence[int]) -> Iterator[Any]:
    rising = all(one < other for one, other in pairwise(stamps))
    for number, packet in enumerate(packet for packet in stream.demux(video=0) if packet.size):
        known = rising and number < len(stamps)
        packet.pts = packet.dts = stamps[number] if known else number * FRAME_TICKS
        packet.time_base, packet.duration = CLOCK, FRAME_TICKS
        yield packet


def _from_film(film: Any, stream: Any) -> Iterator[Any]:
    packets = (packet for packet in film.demux(stream) if packet.size and packet.dts is not None)
    first = next(packets, None)
    if first is None:
        raise Unreadable
    begins = first.dts
    whole = (first, *takewhile(lambda packet: (packet.dts - begins) * stream.time_base <= SECONDS_MAX, packets))
    size = 0
    for packet in whole:
        size += packet.size
        if size > BYTES_MAX:
            return
        packet.dts -= begins
        packet.pts = (packet.pts if packet.pts is not None else packet.dts + begins) - begins
        yield packet


def _written(source: Any, packets: Iterator[Any]) -> bytes:
    video = source.streams.video[0]
    if not 0 < video.codec_context.width * video.codec_context.height <= PIXELS_MAX:
        raise Unreadable
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as target:
        copied: Any = target.add_stream_from_template(video)
        copied.time_base = CLOCK
        count = 0
        for packet in packets:
            packet.stream = copied
            target.mux(packet)
            count += 1
    if count < 2:
        raise Unreadable
    return made.getvalue()
