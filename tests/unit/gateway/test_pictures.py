"""Pictures are known by their content, refused when they lie, and shown without what they carry along."""

import io
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from PIL import ExifTags, Image

from services.gateway import pictures
from services.gateway.domain import PhotoNotAnImage, PhotoTooManyPixels, PhotoUnreadable
from services.gateway.pictures import Picture

ZONE = ZoneInfo("Asia/Shanghai")


def look(content: bytes) -> Picture:
    return pictures.examine(content, ZONE)


def drawn(
    image_format: str = "JPEG", size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: object
) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, size, None if mode == "RGBA" else "orange")
    image.save(out, image_format, **options)  # type: ignore[arg-type]
    return out.getvalue()


def exif_of(
    when: str = "", offset: str = "", place: dict[int, object] | None = None, orientation: int = 1
) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "SECRETPHONE"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if when:
        details[ExifTags.Base.DateTimeOriginal] = when
    if offset:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    if place:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(place)
    return exif


GPS = {
    ExifTags.GPS.GPSLatitudeRef: "N",
    ExifTags.GPS.GPSLatitude: (38.0, 35.0, 25.38),
    ExifTags.GPS.GPSLongitudeRef: "E",
    ExifTags.GPS.GPSLongitude: (119.0, 48.0, 48.228),
}


@pytest.mark.parametrize(
    ("image_format", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_picture_is_known_by_its_content_and_shown_as_webp(image_format: str, content_type: str) -> None:
    found = look(drawn(image_format))
    assert found.content_type == content_type
    assert (found.width_px, found.height_px) == (400, 300)
    with Image.open(io.BytesIO(found.shown)) as shown:
        assert shown.format == "WEBP"


def test_a_large_picture_is_shown_smaller_and_has_a_thumbnail() -> None:
    found = look(drawn(size=(4000, 3000)))
    with Image.open(io.BytesIO(found.shown)) as shown, Image.open(io.BytesIO(found.thumbnail)) as thumbnail:
        assert shown.size == (1600, 1200)
        assert thumbnail.size == (320, 240)


def test_a_small_picture_is_not_blown_up() -> None:
    with Image.open(io.BytesIO(look(drawn(size=(40, 30))).shown)) as shown:
        assert shown.size == (40, 30)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_what_a_picture_says_about_itself_is_read_and_then_gone(image_format: str) -> None:
    found = look(drawn(image_format, exif=exif_of("2026:03:02 10:00:00", "+08:00", GPS)))
    assert found.taken_at == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert (found.longitude_deg, found.latitude_deg) == pytest.approx((119.8133967, 38.5903833))
    for shown in (found.shown, found.thumbnail):
        assert b"SECRETPHONE" not in shown
        assert b"EXIF" not in shown
        with Image.open(io.BytesIO(shown)) as image:
            assert not image.getexif()
            assert not set(image.info) & {"exif", "xmp", "icc_profile", "comment"}


def test_a_time_without_a_zone_is_the_city_s() -> None:
    assert look(drawn(exif=exif_of("2026:03:02 10:00:00"))).taken_at == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_the_satellites_time_helps_out() -> None:
    place = {**GPS, ExifTags.GPS.GPSDateStamp: "2026:03:02", ExifTags.GPS.GPSTimeStamp: (2.0, 0.0, 0.0)}
    assert look(drawn(exif=exif_of(place=place))).taken_at == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "place",
    [
        {ExifTags.GPS.GPSLatitude: (95.0, 0.0, 0.0), ExifTags.GPS.GPSLongitude: (1.0, 0.0, 0.0)},
        {ExifTags.GPS.GPSLatitude: (1.0, 0.0), ExifTags.GPS.GPSLongitude: (1.0, 0.0, 0.0)},
        {ExifTags.GPS.GPSLatitude: (0.0, 0.0, 0.0), ExifTags.GPS.GPSLongitude: (0.0, 0.0, 0.0)},
        {ExifTags.GPS.GPSLatitude: (1.0, 0.0, 0.0)},
    ],
    ids=["out of range", "nonsense", "null island", "half"],
)
def test_a_place_that_cannot_be_is_not_believed(place: dict[int, object]) -> None:
    found = look(drawn(exif=exif_of(place=place)))
    assert (found.longitude_deg, found.latitude_deg) == (None, None)


def test_south_and_west_are_negative() -> None:
    place = {**GPS, ExifTags.GPS.GPSLatitudeRef: "S", ExifTags.GPS.GPSLongitudeRef: "W"}
    found = look(drawn(exif=exif_of(place=place)))
    assert (found.longitude_deg or 0) < 0
    assert (found.latitude_deg or 0) < 0


def test_a_picture_taken_sideways_is_turned_upright() -> None:
    with Image.open(io.BytesIO(look(drawn(size=(400, 300), exif=exif_of(orientation=6))).shown)) as shown:
        assert shown.size == (300, 400)


def test_what_shines_through_gets_a_white_ground() -> None:
    with Image.open(io.BytesIO(look(drawn("PNG", mode="RGBA")).shown)) as shown:
        assert shown.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "1", "I;16", "LA", "CMYK"])
def test_unusual_kinds_of_pixels_are_read(mode: str) -> None:
    image_format = "JPEG" if mode == "CMYK" else "PNG"
    out = io.BytesIO()
    Image.new(mode, (20, 10)).save(out, image_format)
    assert look(out.getvalue()).shown


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7 something",
        b"PK\x03\x04" + b"\0" * 100,
        b"\x00\x00\x00\x18ftypheic" + b"\0" * 100,
        b"II*\x00" + b"\0" * 100,
        b"<!doctype html><title>x</title>",
    ],
    ids=["empty", "gif", "svg", "pdf", "zip", "heic", "tiff", "html"],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoNotAnImage):
        look(content)


def test_a_gif_that_decodes_is_still_refused() -> None:
    with pytest.raises(PhotoNotAnImage):
        look(drawn("GIF", mode="P"))


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04evil", b"%PDF-1.7"])
def test_a_picture_that_is_also_something_else_is_drawn_afresh(tail: bytes) -> None:
    polyglot = drawn() + tail
    found = look(polyglot)
    assert tail not in found.shown
    assert found.content_type == "image/jpeg"


def test_a_comment_in_a_picture_does_not_come_along() -> None:
    found = look(drawn(comment=b"<script>alert(1)</script>"))
    assert b"script" not in found.shown


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises more pixels than anybody should decode; a few hundred bytes long."""

    def piece(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + piece(b"IHDR", header)
        + piece(b"IDAT", zlib.compress(b"\0" * 1000))
        + piece(b"IEND", b"")
    )


def test_a_pixel_bomb_is_refused_from_its_header_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(pictures, "_derivatives", explode)
    with pytest.raises(PhotoTooManyPixels) as refused:
        look(bomb(50_000, 50_000))
    assert refused.value.details["width_px"] == "50000"


def test_a_picture_cut_short_is_refused() -> None:
    whole = drawn(size=(800, 600))
    with pytest.raises((PhotoUnreadable, PhotoNotAnImage)):
        look(whole[: len(whole) // 2])


def test_a_promise_of_pixels_that_are_not_there_is_refused() -> None:
    with pytest.raises(PhotoUnreadable):
        look(bomb(2000, 2000))


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:200] + b"\xff" * 50 + b[250:], lambda b: b[:30] + b[60:]], ids=["bits", "gap"]
)
def test_a_damaged_picture_never_breaks_the_process(spoil: Callable[[bytes], bytes]) -> None:
    content = spoil(drawn(size=(300, 300), exif=exif_of("2026:03:02 10:00:00", "+08:00", GPS)))
    try:
        look(content)
    except (PhotoUnreadable, PhotoNotAnImage):
        return
