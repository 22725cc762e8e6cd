"""Codes of the moment, recovery codes, and who is asked for them."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.second_factor import codes, rules

NOW = datetime(2026, 3, 2, 3, 0, 10, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(SECRET).at(moment)


@pytest.mark.parametrize("off_s", [-30, 0, 30])
def test_a_telephone_whose_clock_is_a_little_off_is_believed(off_s: int) -> None:
    shown = codes.step_shown(SECRET, code_at(NOW + timedelta(seconds=off_s)), now=NOW)
    assert shown == int(NOW.timestamp()) // 30 + off_s // 30


@pytest.mark.parametrize("off_s", [-90, 90])
def test_a_code_of_another_time_is_not(off_s: int) -> None:
    assert codes.step_shown(SECRET, code_at(NOW + timedelta(seconds=off_s)), now=NOW) is None


@given(st.text(max_size=12))
def test_odd_words_are_no_code(text: str) -> None:
    right = {code_at(NOW + timedelta(seconds=off)) for off in (-30, 0, 30)}
    assert (codes.step_shown(SECRET, text, now=NOW) is None) == ("".join(text.split()) not in right)


def test_a_recovery_code_is_the_same_however_it_is_typed() -> None:
    (code, *others) = codes.fresh_recovery_codes()
    assert codes.recovery_digest(f" {code.upper().replace('-', ' - ')} ") == codes.recovery_digest(code)
    assert len({code, *others}) == codes.RECOVERY_CODES


def test_the_telephone_is_told_whose_code_it_is() -> None:
    assert codes.address_of(SECRET, "chief").startswith("otpauth://totp/Gridward:chief?secret=")


@pytest.mark.parametrize(
    ("claims", "believed"),
    [
        ({"amr": ["pwd", "otp"]}, True),
        ({"amr": ["mfa"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": "otp"}, False),
        ({}, False),
    ],
)
def test_the_issuer_is_believed_only_when_it_names_a_second_proof(claims: dict[str, object], believed: bool) -> None:
    assert rules.vouched(claims) is believed


def test_only_roles_that_can_do_great_harm_are_asked() -> None:
    assert rules.needed(["grid_worker", "dispatcher"], frozenset({"dispatcher"}))
    assert not rules.needed(["grid_worker"], frozenset({"dispatcher"}))
    assert not rules.needed(["dispatcher"], frozenset())
