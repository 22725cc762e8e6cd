"""The page of health says yes only when every department is registered and hears its events."""

import json
from typing import Any

from services.host.health import Health


def ask(health: Health, path: str = "/healthz") -> tuple[str, Any]:
    answered: list[str] = []
    body = b"".join(health.page({"PATH_INFO": path}, lambda status, _headers: answered.append(status)))
    return answered[0], json.loads(body)


def test_a_department_is_well_when_it_is_registered_and_hears() -> None:
    health = Health()
    health.registered("roads", holds=True)
    assert ask(health)[0].startswith("503")
    health.following("roads", hears=True)
    assert ask(health) == (
        "200 OK",
        {"ok": True, "plugins": {"roads": {"registered": True, "following": True, "problem": ""}}},
    )


def test_one_that_is_refused_or_loses_its_lease_makes_it_unwell_and_says_why() -> None:
    health = Health()
    health.refused("parks", "2 faults")
    assert ask(health)[1]["plugins"]["parks"]["problem"] == "2 faults"
    other = Health()
    other.following("roads", hears=True)
    other.registered("roads", holds=False, problem="LEASE_LOST")
    assert ask(other)[0].startswith("503")
    assert ask(other)[1]["plugins"]["roads"]["problem"] == "LEASE_LOST"


def test_metrics_are_there_and_nothing_else_is() -> None:
    statuses: list[str] = []
    page = Health().page(
        {"PATH_INFO": "/metrics", "REQUEST_METHOD": "GET", "QUERY_STRING": ""},
        lambda status, _headers: statuses.append(status),
    )
    assert b"host_hook_duration_seconds" in b"".join(page)
    assert statuses == ["200 OK"]
    assert ask(Health(), "/secrets")[0].startswith("404")
