"""Personal data opens only with its key, in its place, and unaltered."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.platform.seal import KeyRing, KeyRingInvalid, SealBroken, Sealer

PLACE = "person.phone:1"
RING = KeyRing.fresh()
SEALER = Sealer(RING)


@given(st.text(min_size=1))
def test_what_is_sealed_opens_again_and_shows_nothing_of_itself(value: str) -> None:
    sealed = SEALER.seal(value, place=PLACE)
    assert SEALER.open(sealed, place=PLACE) == value
    assert len(value.encode()) < 6 or value.encode() not in sealed


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert len({SEALER.seal("13900000000", place=PLACE) for _ in range(50)}) == 50


def test_a_value_copied_to_another_place_does_not_open() -> None:
    sealed = SEALER.seal("13900000000", place=PLACE)
    with pytest.raises(SealBroken):
        SEALER.open(sealed, place="person.phone:2")


def test_no_byte_of_a_sealed_value_can_be_altered_unnoticed() -> None:
    sealed = SEALER.seal("李某", place=PLACE)
    for index in range(len(sealed)):
        altered = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises(SealBroken):
            SEALER.open(altered, place=PLACE)
    for length in range(1, len(sealed)):
        with pytest.raises(SealBroken):
            SEALER.open(sealed[:length], place=PLACE)


def test_a_changed_key_leaves_old_values_readable_and_brings_them_forward_once() -> None:
    old = SEALER.seal("13900000000", place=PLACE)
    after = Sealer(RING.rotated())
    assert after.open(old, place=PLACE) == "13900000000"
    fresh = after.resealed(old, place=PLACE)
    assert fresh is not None
    assert fresh.startswith(after.prefix)
    assert not old.startswith(after.prefix)
    assert after.open(fresh, place=PLACE) == "13900000000"
    assert after.resealed(fresh, place=PLACE) is None
    with pytest.raises(SealBroken):
        SEALER.open(fresh, place=PLACE)


def test_a_changed_key_changes_no_index() -> None:
    assert Sealer(RING.rotated()).blind_index("1", kind="phone") == SEALER.blind_index("1", kind="phone")


def test_an_index_is_equal_for_equal_values_of_one_kind_under_one_key_only() -> None:
    index = SEALER.blind_index("13900000000", kind="phone")
    assert index == SEALER.blind_index("13900000000", kind="phone")
    assert index != SEALER.blind_index("13900000001", kind="phone")
    assert index != SEALER.blind_index("13900000000", kind="id_number")
    assert index != Sealer(KeyRing.fresh()).blind_index("13900000000", kind="phone")


def test_while_index_keys_change_a_value_is_found_under_either() -> None:
    newer = KeyRing(current=RING.current, keys=RING.keys, index_keys=(b"n" * 32, *RING.index_keys))
    both = Sealer(newer).blind_indexes("13900000000", kind="phone")
    assert both[1] == SEALER.blind_index("13900000000", kind="phone")
    assert both[0] != both[1]


def test_nothing_stays_nothing() -> None:
    assert SEALER.seal("", place=PLACE) == b""
    assert SEALER.open(b"", place=PLACE) == ""
    assert SEALER.resealed(b"", place=PLACE) is None


def test_a_ring_is_read_back_as_it_was_written_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "ring.json"
    file.write_text(RING.text())
    assert KeyRing.from_file(file) == RING
    assert str(next(iter(RING.keys.values()))) not in repr(RING)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"current": "a", "keys": {}, "index_keys": []}',
        '{"current":"a","keys":{"a":"AA=="},"index_keys":["AA=="]}',
    ],
)
def test_a_ring_that_cannot_be_used_is_refused_at_the_start(text: str, tmp_path: Path) -> None:
    file = tmp_path / "ring.json"
    file.write_text(text)
    with pytest.raises(KeyRingInvalid):
        KeyRing.from_file(file)
    with pytest.raises(KeyRingInvalid):
        KeyRing.from_file(tmp_path / "missing.json")
