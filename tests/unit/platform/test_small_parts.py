"""Ids, page tokens, statements and errors."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.platform import errors, paging, sql
from services.platform.ids import uuid7


class LampUnknown(errors.NotFound):
    """No lamp called {lamp} stands in {place}.

    This second paragraph is for programmers.
    """

    reason = "LAMP_UNKNOWN"


def test_ids_sort_by_the_time_they_were_made() -> None:
    before = datetime.now(UTC).timestamp()
    made = uuid7()
    assert made.version == 7
    assert before - 1 < (made.int >> 80) / 1000 < datetime.now(UTC).timestamp() + 1


def test_two_ids_are_never_the_same() -> None:
    assert len({uuid7() for _ in range(5000)}) == 5000


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_page_token_gives_back_what_it_was_made_of(keys: list[str]) -> None:
    assert paging.decode(paging.encode(*keys), keys=len(keys)) == tuple(keys)


@pytest.mark.parametrize("token", ["***", "WzFd", paging.encode("one"), "e30", "é"])
def test_a_page_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(paging.PageTokenInvalid):
        paging.decode(token, keys=2)


def test_no_token_means_the_first_page() -> None:
    assert paging.decode("", keys=2) is None


def test_statements_are_found_by_name() -> None:
    found = sql.parse("-- name: one\n-- says one\nSELECT 1;\n\n-- name: two\nSELECT 2\n")
    assert list(found) == ["one", "two"]
    assert found["one"].endswith("SELECT 1")


def test_a_statement_defined_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        sql.parse("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")


def test_an_error_says_its_details_in_its_text() -> None:
    error = LampUnknown(lamp="L7", place="Main Street")
    assert str(error) == "No lamp called L7 stands in Main Street."
    assert error.details == {"lamp": "L7", "place": "Main Street"}


def test_a_detail_that_is_missing_leaves_its_place_visible() -> None:
    assert str(LampUnknown(lamp="L7")) == "No lamp called L7 stands in {place}."


def test_no_two_errors_of_one_service_share_a_reason() -> None:
    """Two services may refuse for the same reason, and then in the same words."""
    ours = [kind for kind in errors.known_errors() if kind.__module__.startswith("services.")]
    named = [kind for kind in ours if "reason" in kind.__dict__]
    keys = [(kind.__module__.split(".")[:2], kind.__dict__["reason"]) for kind in named]
    assert [key for key in keys if keys.count(key) > 1] == []
