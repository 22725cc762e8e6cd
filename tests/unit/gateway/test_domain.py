"""Who may come in, and as whom a report counts."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from pydantic import ValidationError
from starlette.requests import Request

from services.gateway.addresses import safe_path
from services.gateway.domain import (
    Account,
    AccountInvalid,
    AccountKind,
    CrossSiteRefused,
    Origin,
    Session,
    checked_account,
    origin_of,
)
from services.gateway.routes.calls import mark_origin
from services.gateway.settings import GatewaySettings
from services.gateway.visits import refuse_cross_site
from services.platform.identity import Caller, Grant

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ROW: dict[str, Any] = {"login": " Worker ", "password": "p", "subject": "staff:GW-1", "kind": "staff", "name": "网格员"}


def test_a_row_of_the_file_becomes_an_account() -> None:
    account = checked_account(ROW)
    assert (account.login, account.kind, account.language, account.name_en) == (
        "worker",
        AccountKind.STAFF,
        "zh",
        "网格员",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"login": ""},
        {"login": "x" * 101},
        {"kind": "robot"},
        {"language": "fr"},
        {"subject": ""},
        {"subject": "service:gateway"},
        {"subject": "plugin:municipal_works"},
        {"subject": "resident:r1"},
        {"kind": "resident", "subject": "staff:GW-1"},
        {"kind": "resident", "subject": "resident:"},
        {"kind": "volunteer", "subject": "resident:r1"},
        {"password": "x" * 257},
    ],
    ids=str,
)
def test_an_account_that_would_be_somebody_else_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(AccountInvalid):
        checked_account({**ROW, **change})


def test_a_row_that_is_no_object_is_refused() -> None:
    with pytest.raises(AccountInvalid):
        checked_account(["worker"])


@pytest.mark.parametrize(
    ("roles", "origin"),
    [
        (("grid_worker",), Origin.GRID_WORKER),
        (("building_leader",), Origin.GRID_WORKER),
        (("resident",), Origin.RESIDENT),
        (("volunteer",), Origin.VOLUNTEER),
        (("acceptor",), Origin.HOTLINE),
        (("grid_worker", "acceptor"), Origin.HOTLINE),
        (("video_patroller",), Origin.VIDEO),
        (("department_leader",), Origin.TRANSFER),
        (("system_admin",), Origin.SYSTEM),
        ((), Origin.SYSTEM),
    ],
)
def test_a_report_counts_as_its_reporter_s(roles: tuple[str, ...], origin: Origin) -> None:
    assert origin_of(roles) is origin


def test_only_the_desk_may_note_a_report_as_handed_down() -> None:
    assert origin_of(("acceptor",), asked_for_transfer=True) is Origin.TRANSFER
    assert origin_of(("resident",), asked_for_transfer=True) is Origin.RESIDENT


def caller(role: str) -> Caller:
    return Caller(subject=role, grants=(Grant(role=role, area_path=""),))


def test_what_a_client_says_of_itself_does_not_count() -> None:
    report = cases_pb2.Report(description="x", source=cases_pb2.SOURCE_TRANSFER)
    one = incidents_pb2.ReportIncidentRequest(report=report)
    preview = incidents_pb2.PreviewRouteRequest(report=report)
    many = incidents_pb2.BatchReportRequest(reports=[one, one])
    for request in (one, preview, many):
        mark_origin(request, caller("resident"))
    assert one.report.source == preview.report.source == many.reports[1].report.source == cases_pb2.SOURCE_RESIDENT


def test_a_request_without_a_report_is_left_alone() -> None:
    request = incidents_pb2.GetCaseRequest(case_id="x")
    mark_origin(request, caller("resident"))
    assert request == incidents_pb2.GetCaseRequest(case_id="x")


def session(**changes: Any) -> Session:
    account = Account(
        id=UUID(int=1), login="a", subject="s", kind=AccountKind.STAFF, name="a", name_en="a", language="zh",
        disabled=changes.pop("disabled", False),
    )  # fmt: skip
    values = {"account": account, "created_at": NOW, "expires_at": NOW + timedelta(hours=12), "seen_at": NOW}
    return Session(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "over"),
    [
        ({}, False),
        ({"expires_at": NOW}, True),
        ({"seen_at": NOW - timedelta(hours=4)}, True),
        ({"seen_at": NOW - timedelta(hours=3)}, False),
        ({"disabled": True}, True),
    ],
)
def test_a_session_ends_by_age_by_idleness_and_with_its_account(changes: dict[str, Any], over: bool) -> None:
    assert session(**changes).over(now=NOW, idle=timedelta(hours=4)) is over


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("/cases/1?x=y", "/cases/1?x=y"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_nobody_is_sent_elsewhere(path: str, safe: str) -> None:
    assert safe_path(path) == safe


def request_with(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b""})


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"origin": "http://city.example", "host": "city.example"},
        {"x_gridward_client": "page"},
    ],
    ids=str,
)
def test_a_request_from_our_own_page_passes(headers: dict[str, str]) -> None:
    refuse_cross_site(request_with(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "cross-site", "x_gridward_client": "page"},
        {"origin": "http://evil.example", "host": "city.example"},
        {"origin": "null", "host": "city.example"},
    ],
    ids=str,
)
def test_a_request_from_elsewhere_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(CrossSiteRefused):
        refuse_cross_site(request_with(**headers))


def settings(**changes: Any) -> GatewaySettings:
    values: dict[str, Any] = {
        "trust_file": "t", "signing_key_file": "k", "database_url": "postgresql://", "s3_endpoint": "x:1",
        "s3_access_key": "a", "s3_secret_key": "b", "second_factor_roles": "",
    }  # fmt: skip
    return GatewaySettings(**{**values, **changes})


def test_a_second_proof_is_asked_for_unless_it_is_switched_off_and_needs_keys() -> None:
    assert GatewaySettings.model_fields["second_factor_roles"].default
    with pytest.raises(ValidationError, match="GRIDWARD_SEAL_FILE"):
        settings(second_factor_roles="dispatcher")
    assert settings(second_factor_roles="dispatcher, auditor", seal_file="s").demanding_roles == {
        "dispatcher", "auditor",
    }  # fmt: skip


def test_accounts_kept_here_stay_out_of_production() -> None:
    with pytest.raises(ValidationError, match="GRIDWARD_OIDC_ISSUER"):
        settings(environment="production")
    with pytest.raises(ValidationError, match="GRIDWARD_DEMO"):
        settings(environment="production", oidc_issuer="https://id.example", demo=True)
    assert not settings(environment="production", oidc_issuer="https://id.example").passwords


def test_a_fault_in_the_settings_gives_no_secret_away() -> None:
    with pytest.raises(ValidationError) as refused:
        settings(environment="production", database_url="postgresql://gateway:tell-nobody@db/x")
    assert "tell-nobody" not in str(refused.value)


def test_cookies_are_bound_to_https_where_there_is_https() -> None:
    assert settings(gateway_url="https://city.example").secure
    assert not settings(gateway_url="http://127.0.0.1:8100").secure
