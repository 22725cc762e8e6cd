"""Whoever tests beside others shares the city that was loaded once, and nobody waits until another has done with it."""

from pathlib import Path

import pytest

from tests.acceptance import mould


def test_a_city_is_loaded_once_for_all_and_cleared_by_who_leaves_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    monkeypatch.setattr(mould, "_make", lambda city: (made.append(city), city.mkdir()))
    one, other = mould.cast(tmp_path / "mould"), mould.cast(tmp_path / "mould")
    city = next(one)
    assert next(other) == city
    assert next(one, None) is None
    assert city.exists()
    assert next(other, None) is None
    assert (made, city.exists()) == ([city], False)
    assert next(mould.cast(tmp_path / "mould")) == city
    assert made == [city, city]
