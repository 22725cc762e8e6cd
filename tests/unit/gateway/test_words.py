"""Every text exists in every language, and says the same things."""

import importlib
import pkgutil
import re
from typing import Any

import pytest
from google.protobuf import any_pb2, timestamp_pb2
from gridward.incidents.v1 import stations_pb2

import services
from services.gateway import problems
from services.gateway.domain import LANGUAGES
from services.gateway.words import preferred, words_in
from services.platform.errors import FieldInvalid, GridwardError, Stale, Unavailable, known_errors

HOLE = re.compile(r"\{(\w+)\}")
LAUNCHERS = {"services.machine", "services.demo", "services.host"}


def import_every_domain() -> None:
    """Errors are known once their modules are imported."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        outside = any(module.name == name or module.name.startswith(f"{name}.") for name in LAUNCHERS)
        if not outside and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def test_both_languages_have_the_same_keys_and_the_same_holes() -> None:
    chinese, english = (words_in(language).tables for language in LANGUAGES)
    assert {name: set(table) for name, table in chinese.items()} == {
        name: set(table) for name, table in english.items()
    }
    for name, table in chinese.items():
        for key, text in table.items():
            assert set(HOLE.findall(text)) == set(HOLE.findall(english[name][key])), f"{name}.{key}"


def test_every_error_of_every_service_has_words_in_every_language() -> None:
    import_every_domain()
    reasons = {error.reason for error in known_errors() if error.__module__.startswith("services.")}
    for language in LANGUAGES:
        assert reasons - set(words_in(language)["errors"]) == set(), language


def test_no_placeholder_of_a_text_is_unknown_to_its_error() -> None:
    import_every_domain()
    known: dict[str, set[str]] = {}
    for error in known_errors():
        known.setdefault(error.reason, set()).update(HOLE.findall(error.__doc__ or ""))
    texts: dict[str, Any] = dict(words_in("zh")["errors"])
    strange = {
        reason: holes - known[reason]
        for reason, text in texts.items()
        if reason in known and (holes := set(HOLE.findall(text))) - known[reason]
    }
    assert strange == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_english_texts_hold_no_chinese_and_the_other_way_round(language: str) -> None:
    for reason, text in words_in(language)["errors"].items():
        assert any("一" <= character <= "鿿" for character in text) == (language == "zh"), reason


def test_an_error_is_told_in_words_with_its_field_and_rule() -> None:
    error = FieldInvalid(field="report.description", problem="must be at least 1 characters", rule="string.min_len")
    told = problems.to_json(error, words=words_in("zh"), request_id="r")
    assert told["message"] == "填写有误：情况描述不能为空。"
    assert told["fields"] == [{"field": "report.description", "problem": "不能为空"}]
    assert (
        problems.to_json(error, words=words_in("en"), request_id="r")["message"] == "What is wrong: must not be empty."
    )


def test_an_error_without_words_is_told_in_english() -> None:
    class Strange(GridwardError):
        """Something {kind} happened."""

        reason = "QUITE_STRANGE"

    assert problems.message_of(Strange(kind="odd"), words_in("zh")) == "Something odd happened."


def test_parts_have_names_people_know() -> None:
    assert problems.message_of(Unavailable(part="incidents"), words_in("zh")).startswith("案件服务")


def test_a_stale_error_without_a_case_is_still_told() -> None:
    told = problems.to_json(Stale(), words=words_in("zh"), request_id="r")
    assert (told["reason"], told["fresh"]) == ("STALE", {})


def test_a_stale_error_brings_what_the_call_would_have_answered_and_nothing_that_no_call_answers() -> None:
    fresh = any_pb2.Any()
    fresh.Pack(stations_pb2.JoinItemResponse(item=stations_pb2.CouncilItem(title="加装电梯", version=3)))
    told = problems.to_json(Stale(fresh=fresh), words=words_in("zh"), request_id="r")
    assert told["fresh"] == {"item": {"title": "加装电梯", "version": 3}}
    fresh.Pack(timestamp_pb2.Timestamp(seconds=1))
    assert problems.to_json(Stale(fresh=fresh), words=words_in("zh"), request_id="r")["fresh"] == {}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr, en;q=0.3", "en"),
        ("de", "zh"),
        ("en;q=x", "zh"),
        ("en;q=0", "zh"),
    ],
)
def test_the_browser_s_wish_is_heard(header: str, language: str) -> None:
    assert preferred(header) == language
