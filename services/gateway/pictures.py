"""Looks at an uploaded picture: what it really is, what it says about itself, and how people may see it."""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from services.gateway.domain import PhotoNotAnImage, PhotoTooManyPixels, PhotoUnreadable

BYTES_MAX = 20 * 1024 * 1024
MEGAPIXELS_MAX = 50
SHOWN_PX_MAX = 1600
THUMBNAIL_PX_MAX = 320
WEBP_QUALITY = 80
WEBP_EFFORT = 2

#: What may be looked into; nothing else is ever handed to a decoder. A JPEG of several pictures reads as its first.
FORMATS = ("JPEG", "PNG", "WEBP")
CONTENT_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}

Image.MAX_IMAGE_PIXELS = None  # our own check below refuses from the header, before anything is decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What was found, and the two forms in which it is shown."""

    content_type: str
    sha256: str
    width_px: int
    height_px: int
    taken_at: datetime | None
    longitude_deg: float | None
    latitude_deg: float | None
    shown: bytes
    thumbnail: bytes


def examine(content: bytes, zone: ZoneInfo) -> Picture:
    """Read a picture whole. Fails with PHOTO_NOT_AN_IMAGE, PHOTO_TOO_MANY_PIXELS, PHOTO_UNREADABLE."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PhotoNotAnImage from error
    with image:
        width_px, height_px = image.size
        if width_px * height_px > MEGAPIXELS_MAX * 1_000_000:
            raise PhotoTooManyPixels(limit_mp=MEGAPIXELS_MAX, width_px=width_px, height_px=height_px)
        try:
            taken_at, longitude_deg, latitude_deg = _told_by(image, zone)
            shown, thumbnail = _derivatives(image)
        except (OSError, ValueError, SyntaxError, EOFError, OverflowError, ZeroDivisionError, TypeError) as error:
            raise PhotoUnreadable from error
    return Picture(
        content_type=CONTENT_TYPES[image.format or "JPEG"],
        sha256=sha256(content).hexdigest(),
        width_px=width_px,
        height_px=height_px,
        taken_at=taken_at,
        longitude_deg=longitude_deg,
        latitude_deg=latitude_deg,
        shown=shown,
        thumbnail=thumbnail,
    )


def copies(content: bytes) -> tuple[bytes, bytes]:
    """Both forms of a picture that one of our own services made."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        return _derivatives(image)


def _derivatives(image: Image.Image) -> tuple[bytes, bytes]:
    """A copy turned the right way round, and a small one; drawn afresh, so that nothing hidden comes along."""
    image.draft("RGB", (2 * SHOWN_PX_MAX, 2 * SHOWN_PX_MAX))
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((SHOWN_PX_MAX, SHOWN_PX_MAX))
    plain = _on_white(turned)
    shown = _webp(plain)
    plain.thumbnail((THUMBNAIL_PX_MAX, THUMBNAIL_PX_MAX))
    return shown, _webp(plain)


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    over = image.convert("RGBA")
    ground = Image.new("RGB", over.size, "white")
    ground.paste(over, mask=over)
    return ground


def _webp(image: Image.Image) -> bytes:
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    out = io.BytesIO()
    bare.save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_EFFORT)
    return out.getvalue()


def _told_by(image: Image.Image, zone: ZoneInfo) -> tuple[datetime | None, float | None, float | None]:
    """Time and place by the picture's own account; whatever cannot be made out counts as not told."""
    try:
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError):
        return None, None, None
    longitude_deg = _degrees(place, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, limit_deg=180)
    latitude_deg = _degrees(place, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, limit_deg=90)
    if longitude_deg is None or latitude_deg is None or (longitude_deg == 0 and latitude_deg == 0):
        longitude_deg = latitude_deg = None
    return _taken_at(details, place, zone), longitude_deg, latitude_deg


def _taken_at(details: dict[int, Any], place: dict[int, Any], zone: ZoneInfo) -> datetime | None:
    stamp = str(details.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
    try:
        local = datetime.strptime(stamp, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 the zone follows
    except ValueError:
        return _satellite_time(place)
    offset = str(details.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    try:
        stated = datetime.strptime(offset, "%z").utcoffset() or timedelta()
    except ValueError:
        return local.replace(tzinfo=zone).astimezone(UTC)
    return local.replace(tzinfo=timezone(stated)).astimezone(UTC)


def _satellite_time(place: dict[int, Any]) -> datetime | None:
    try:
        day = datetime.strptime(str(place[ExifTags.GPS.GPSDateStamp]).strip("\0 "), "%Y:%m:%d").date()  # noqa: DTZ007
        hour, minute, second = (int(float(part)) for part in place[ExifTags.GPS.GPSTimeStamp])
        return _joined(day, time(hour, minute, second))
    except (KeyError, ValueError, TypeError, ZeroDivisionError):
        return None


def _joined(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=UTC)


def _degrees(place: dict[int, Any], value: int, reference: int, *, limit_deg: float) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in place[value])
    except (KeyError, ValueError, TypeError, ZeroDivisionError):
        return None
    found = degrees + minutes / 60 + seconds / 3600
    if not 0 <= found <= limit_deg:  # also refuses what is not a number
        return None
    return -found if str(place.get(reference, "")).strip("\0 ").upper() in {"S", "W"} else found
