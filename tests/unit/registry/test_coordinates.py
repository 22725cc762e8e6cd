"""Chinese map coordinates come back to where they were, by the published formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.coordinates import (
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    known_crs,
    to_wgs84,
    wgs84_to_gcj02,
)
from services.registry.domain.errors import CrsUnknown

IN_CHINA = st.lists(st.tuples(st.floats(73.5, 134.5), st.floats(18.0, 53.5)), min_size=1, max_size=20)


def test_the_shift_is_the_published_one() -> None:
    tiananmen = np.array([[116.404, 39.915]])
    assert np.allclose(wgs84_to_gcj02(tiananmen), [[116.41024449916938, 39.91640428150164]], atol=1e-12)
    assert np.allclose(gcj02_to_bd09(tiananmen), [[116.41036949371029, 39.92133699351021]], atol=1e-10)


@pytest.mark.parametrize(("longitude_deg", "latitude_deg"), [(116.404, 39.915), (119.85, 38.6), (110.5, 29.3)])
def test_the_shift_inside_china_is_hundreds_of_metres(longitude_deg: float, latitude_deg: float) -> None:
    point = np.array([[longitude_deg, latitude_deg]])
    east_deg, north_deg = (wgs84_to_gcj02(point) - point)[0]
    assert np.hypot(east_deg * 111_320 * np.cos(np.radians(latitude_deg)), north_deg * 111_320) > 100


def test_nothing_is_shifted_outside_china() -> None:
    points = np.array([[0.0, 51.5], [139.7, 35.7], [-74.0, 40.7]])
    assert np.array_equal(wgs84_to_gcj02(points), points)
    assert np.array_equal(gcj02_to_wgs84(points), points)


@given(IN_CHINA)
def test_there_and_back_is_the_same_place(points: list[tuple[float, float]]) -> None:
    truth = np.array(points)
    gcj02 = wgs84_to_gcj02(truth)
    bd09 = gcj02_to_bd09(gcj02)
    assert np.abs(gcj02_to_wgs84(gcj02) - truth).max() < 1e-9
    assert np.abs(bd09_to_gcj02(bd09) - gcj02).max() < 1e-9
    assert np.abs(to_wgs84(bd09, "BD-09") - truth).max() < 1e-6
    assert np.abs(to_wgs84(gcj02, "GCJ-02") - truth).max() < 1e-6
    assert np.array_equal(to_wgs84(truth, "EPSG:4326"), truth)


def test_a_coordinate_system_is_known_by_name_or_refused() -> None:
    assert known_crs(" gcj-02 ") == "GCJ-02"
    with pytest.raises(CrsUnknown) as refused:
        known_crs("EPSG:3857")
    assert refused.value.details == {"crs": "EPSG:3857", "known": "EPSG:4326, CGCS2000, EPSG:4490, GCJ-02, BD-09"}
