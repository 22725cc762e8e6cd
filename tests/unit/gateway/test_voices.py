"""A spoken note is known by its bytes."""

import pytest

from services.gateway.domain import VoiceNotASound
from services.gateway.voices import type_of

WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm\x15I\xa9f\x86A_OPUS"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (WEBM, "audio/webm"),
        (b"OggS\x00\x02" + bytes(20) + b"OpusHead", "audio/ogg"),
        (b"\x00\x00\x00\x1cftypmp42" + bytes(40) + b"hdlr....soun", "audio/mp4"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
    ],
)
def test_what_phones_record_is_known_by_its_first_bytes(content: bytes, told: str) -> None:
    assert type_of(content) == told


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<script>alert(1)</script>",
        b"\xff\xd8\xff\xe0 a picture",
        WEBM + b"V_VP8",
        b"\x00\x00\x00\x1cftypmp42 hdlr vide hdlr soun",
        b"OggS a film",
        b"RIFF....AVI ",
    ],
)
def test_whatever_else_is_refused_however_it_is_called(content: bytes) -> None:
    with pytest.raises(VoiceNotASound):
        type_of(content)
