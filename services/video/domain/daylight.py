"""Tells day from night by where the sun stands, so that a street at night is compared with that street at night."""

from datetime import UTC, datetime
from math import asin, cos, degrees, pi, radians, sin
from typing import Final

from services.video.domain.cameras import Place

#: The sun this far below the horizon ends the day for a camera: street lights are on, many switch to infrared.
NIGHT_BELOW_DEG: Final = -4.0


def sun_height_deg(place: Place, at: datetime) -> float:
    """Degrees above the horizon, to about half a degree."""
    moment = at.astimezone(UTC)
    hours = moment.hour + moment.minute / 60 + moment.second / 3600
    angle = 2 * pi / 365.25 * (moment.timetuple().tm_yday - 1 + (hours - 12) / 24)
    tilt = (
        0.006918 - 0.399912 * cos(angle) + 0.070257 * sin(angle) - 0.006758 * cos(2 * angle)
        + 0.000907 * sin(2 * angle) - 0.002697 * cos(3 * angle) + 0.00148 * sin(3 * angle)
    )  # fmt: skip
    minutes = 229.18 * (
        0.000075 + 0.001868 * cos(angle) - 0.032077 * sin(angle) - 0.014615 * cos(2 * angle) - 0.040849 * sin(2 * angle)
    )
    turned = radians((hours * 60 + minutes + 4 * place.longitude_deg) / 4 - 180)
    north = radians(place.latitude_deg)
    return degrees(asin(sin(north) * sin(tilt) + cos(north) * cos(tilt) * cos(turned)))


def is_night(place: Place, at: datetime) -> bool:
    """Whether a camera there sees by lamp or infrared."""
    return sun_height_deg(place, at) < NIGHT_BELOW_DEG
