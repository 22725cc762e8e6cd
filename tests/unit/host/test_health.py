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
    told = {
        "registered": True,
        "following": True,
        "state": "well",
        "aside": 0,
        "failing": False,
        "version": "",
        "release": "",
        "installed": "",
        "problem": "",
    }
    assert ask(health) == ("200 OK", {"ok": True, "plugins": {"roads": told}})


def test_one_that_is_refused_or_loses_its_lease_makes_it_unwell_and_says_why() -> None:
    health = Health()
    health.refused("parks", "2 faults")
    assert ask(health)[1]["plugins"]["parks"]["problem"] == "2 faults"
    other = Health()
    other.following("roads", hears=True)
    other.registered("roads", holds=False, problem="LEASE_LOST")
    assert ask(other)[0].startswith("503")
    assert ask(other)[1]["plugins"]["roads"]["problem"] == "LEASE_LOST"


def test_one_that_is_turned_away_is_no_reason_to_stop_the_others() -> None:
    health = well("roads")
    health.refused("parks", "2 faults")
    health.registered("lakes", holds=False, problem="department D99 is not known", turned_away=True)
    assert ask(health)[0].startswith("200")
    assert ask(health)[1]["plugins"]["lakes"]["problem"] == "department D99 is not known"
    health.registered("roads", holds=False, problem="LEASE_LOST")
    assert ask(health)[0].startswith("503")


def test_the_process_lives_also_while_its_departments_are_away() -> None:
    health = Health()
    health.registered("roads", holds=False, problem="LEASE_LOST")
    assert ask(health, "/livez") == ("200 OK", {"ok": True})


def test_metrics_are_there_and_nothing_else_is() -> None:
    statuses: list[str] = []
    page = Health().page(
        {"PATH_INFO": "/metrics", "REQUEST_METHOD": "GET", "QUERY_STRING": ""},
        lambda status, _headers: statuses.append(status),
    )
    assert b"host_hook_duration_seconds" in b"".join(page)
    assert statuses == ["200 OK"]
    assert ask(Health(), "/secrets")[0].startswith("404")


def well(plugin: str) -> Health:
    health = Health()
    health.registered(plugin, holds=True)
    health.following(plugin, hears=True)
    return health


def test_a_department_whose_hooks_keep_failing_is_degraded_until_they_work_again() -> None:
    health = well("degraded_roads")
    for _ in range(4):
        health.called("degraded_roads", "case_closed", "failed")
    status, body = ask(health)
    assert (status, body["plugins"]["degraded_roads"]["state"]) == ("200 OK", "degraded")
    for _ in range(5):
        health.called("degraded_roads", "case_closed", "done")
    assert ask(health)[1]["plugins"]["degraded_roads"]["state"] == "well"


def test_a_core_that_is_away_makes_no_department_degraded() -> None:
    health = well("patient_roads")
    for _ in range(10):
        health.called("patient_roads", "case_closed", "away")
    assert not health.plugins["patient_roads"].degraded


def test_a_department_for_whose_events_a_person_must_look_is_degraded() -> None:
    health = well("aside_roads")
    health.aside("aside_roads", 2)
    assert ask(health)[1]["plugins"]["aside_roads"] | {"problem": ""} == {
        "registered": True,
        "following": True,
        "state": "degraded",
        "aside": 2,
        "failing": False,
        "version": "",
        "release": "",
        "installed": "",
        "problem": "",
    }


def test_one_that_could_not_be_loaded_is_refused_and_one_without_a_lease_is_offline() -> None:
    health = well("roads")
    health.refused("parks", "2 faults")
    health.registered("roads", holds=False, problem="LEASE_LOST")
    assert {name: plugin.state for name, plugin in health.plugins.items()} == {"roads": "offline", "parks": "refused"}


def test_a_suspended_or_withdrawn_department_says_so_and_is_no_reason_to_restart_anything() -> None:
    health = well("halted_roads")
    health.halted("halted_roads", "suspended")
    assert ask(health)[1]["plugins"]["halted_roads"]["state"] == "suspended"
    health.halted("halted_roads", "withdrawn")
    health.registered("halted_roads", holds=False, problem="withdrawn by the centre")
    status, page = ask(health)
    assert (status, page["plugins"]["halted_roads"]["state"]) == ("200 OK", "withdrawn")
    health.halted("halted_roads", "")
    health.registered("halted_roads", holds=True)
    assert ask(health)[1]["plugins"]["halted_roads"]["state"] == "well"


def test_what_lies_on_the_desk_and_in_the_broker_is_counted_together() -> None:
    health = well("both_roads")
    health.aside("both_roads", 2)
    health.aside("both_roads", 3, place="broker")
    assert ask(health)[1]["plugins"]["both_roads"]["aside"] == 5
    health.aside("both_roads", 0)
    health.aside("both_roads", 0, place="broker")
    assert ask(health)[1]["plugins"]["both_roads"]["state"] == "well"
