"""Any process may be killed in the middle of a load of reports: what was acknowledged is there, and there once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from tests.acceptance.suite import Json, Person, Suite, eventually, running

CALLERS = 6
ATTEMPTS = 200
POINT = {"longitudeDeg": 119.8133967, "latitudeDeg": 38.5903833}
REPORTS_BEFORE_KILL = 25
REPORTS_AFTER_KILL = 25
VICTIMS = [
    "services.registry",
    "services.incidents",
    "services.points",
    "services.gateway",
    "services.host",
    "postgres",
    "weed",
]


#: A department's program that is silent for so long counts as away, and its cases fall back a second later.
LEASE_S = 4
SOON = {"GRIDWARD_LEASE_S": str(LEASE_S), "GRIDWARD_ABSENCE_PATIENCE_S": "1"}


@pytest.fixture(scope="module")
def city(loaded: Callable[[Path], None]) -> Iterator[Suite]:
    """A suite of its own, since this one is not treated kindly."""
    yield from running(loaded, settings=SOON)


@dataclass
class Load:
    """Callers who report until told to stop; each keeps trying with the same request id until it is answered."""

    person: Person
    words: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, evidence: Json) -> None:
        while not self.stop.is_set():
            self._report_until_answered(evidence)

    def _report_until_answered(self, evidence: Json) -> None:
        request_id = uuid4().hex
        report = {
            "taskType": "exposed_garbage",
            "description": f"{self.words} {request_id}",
            "point": POINT,
            "evidence": [evidence],
        }
        for _ in range(ATTEMPTS):
            try:
                answer = self.person.report(report, request_id)
            except httpx.TransportError:
                self.stop.wait(0.2)
                continue
            if answer.status_code == 200:
                self.acknowledged[request_id] = answer.json()["case"]["id"]
                return
            assert answer.status_code >= 500 or answer.status_code == 429, answer.text
            self.stop.wait(0.2)
        raise AssertionError("never answered")


def cases_with(person: Person, words: str) -> list[Json]:
    found: list[Json] = []
    token = ""
    while True:
        page = person.get("/v1/cases", text=words, pageSize=200, pageToken=token)
        found += page.get("cases", [])
        token = page.get("nextPageToken", "")
        if not token:
            return found


@pytest.mark.parametrize("victim", VICTIMS)
def test_no_acknowledged_report_is_lost_or_doubled_when_a_process_is_killed(city: Suite, victim: str) -> None:
    worker = Person(city, "worker")
    evidence = {**worker.upload("exposed_garbage"), "kind": "EVIDENCE_KIND_SCENE"}
    load = Load(worker, words=f"杀死{victim.replace('.', '点')}")
    with ThreadPoolExecutor(CALLERS) as callers:
        running_calls = [callers.submit(load.run, evidence) for _ in range(CALLERS)]
        try:
            eventually(lambda: len(load.acknowledged) >= REPORTS_BEFORE_KILL, 60)
            killed = city.child(victim)
            killed.kill()
            goal = len(load.acknowledged) + REPORTS_AFTER_KILL
            eventually(lambda: len(load.acknowledged) >= goal, 90)
        finally:
            load.stop.set()
        for call in running_calls:
            call.result(timeout=60)
    reborn = eventually(lambda: _child_or_none(city, victim))
    assert reborn != killed.pid
    chief = eventually(lambda: _signed_in_again(city))
    stored = cases_with(chief, load.words)
    told = [case["description"].rpartition(" ")[2] for case in stored]
    assert len(told) == len(set(told)), "a report was doubled"
    assert set(load.acknowledged) <= set(told), "an acknowledged report was lost"
    by_id = {case["id"] for case in stored}
    assert set(load.acknowledged.values()) <= by_id


def _signed_in_again(city: Suite) -> Person | None:
    """The duty chief, as soon as the suite is whole again: signed in, and shown a list."""
    try:
        chief = Person(city, "chief")
        chief.get("/v1/cases", pageSize=1)
    except (AssertionError, httpx.TransportError):
        return None
    return chief


def _child(city: Suite, victim: str) -> int:
    return eventually(lambda: _child_or_none(city, victim))


def _child_or_none(city: Suite, victim: str) -> int | None:
    try:
        return int(city.child(victim).pid)
    except AssertionError:
        return None


@pytest.mark.department("sanitation")
def test_cases_of_a_department_whose_program_falls_silent_fall_back_to_the_desk_until_it_is_back(city: Suite) -> None:
    worker, chief, desk = (Person(city, login) for login in ("worker", "chief", "dispatcher"))
    case = worker.report(a_report(worker, "垃圾桶满溢,等人来收")).json()["case"]
    eventually(lambda: "plugin:sanitation" in {entry["actor"] for entry in history(chief, case)})
    host = psutil.Process(_child(city, "services.host"))
    host.suspend()
    try:
        eventually(lambda: not sanitation(chief)["attending"])
        away = eventually(lambda: absences(chief))
        assert (away[0]["cause"], int(away[0]["caseCount"]) > 0) == ("offline", True)
        *_, fallen = [entry for entry in history(chief, case) if "离线" in entry.get("opinion", "")]
        assert fallen["event"] == "CASE_EVENT_NOTE"
        assert "派遣台" in fallen["opinion"]
        assert notices(desk, "sanitation", "离线")
        # Nothing waits for the program: the people of the desk take the next step.
        acceptor = Person(city, "acceptor")
        acceptor.must_advance(acceptor.get(f"/v1/cases/{case['id']}")["case"], {"event": "CASE_EVENT_ACCEPT"})
    finally:
        host.resume()
    eventually(lambda: sanitation(chief)["attending"] and not absences(chief))
    eventually(lambda: notices(desk, "sanitation", "已恢复"))
    later = worker.report(a_report(worker, "又一处垃圾桶满溢")).json()["case"]
    eventually(lambda: "plugin:sanitation" in {entry["actor"] for entry in history(chief, later)})


def a_report(person: Person, words: str) -> Json:
    return {
        "taskType": "exposed_garbage",
        "description": words,
        "point": POINT,
        "evidence": [{**person.upload("exposed_garbage"), "kind": "EVIDENCE_KIND_SCENE"}],
    }


def history(person: Person, case: Json) -> list[Json]:
    found: list[Json] = person.get(f"/v1/cases/{case['id']}")["history"]
    return found


def sanitation(person: Person) -> Json:
    states = person.get("/v1/plugin-states")["states"]
    return {"attending": False, **next(state for state in states if state["plugin"] == "sanitation")}


def absences(person: Person) -> list[Json]:
    found: list[Json] = person.get("/v1/absences", plugin="sanitation", currentOnly="true").get("absences", [])
    return [each for each in found if "fellBackAt" in each]


def notices(person: Person, *words: str) -> list[Json]:
    found: list[Json] = person.get("/v1/my-notices").get("notices", [])
    return [notice for notice in found if all(word in notice["text"] for word in words)]


def test_after_all_that_the_suite_stops_as_told_and_leaves_no_process_behind(city: Suite) -> None:
    family = psutil.Process(city.process.pid).children(recursive=True)
    assert len(family) >= 8
    city.stop()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
