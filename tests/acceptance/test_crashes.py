"""Any process may be killed in the middle of a load of reports: what was acknowledged is there, and there once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import pytest

from tests.acceptance.suite import Json, Person, Suite, eventually, running

CALLERS = 6
ATTEMPTS = 200
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


@pytest.fixture(scope="module")
def city() -> Iterator[Suite]:
    """A suite of its own, since this one is not treated kindly."""
    yield from running()


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
            "point": {"longitudeDeg": 119.8133967, "latitudeDeg": 38.5903833},
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


def _child_or_none(city: Suite, victim: str) -> int | None:
    try:
        return city.child(victim).pid
    except AssertionError:
        return None


def test_after_all_that_the_suite_stops_as_told_and_leaves_no_process_behind(city: Suite) -> None:
    import psutil

    family = psutil.Process(city.process.pid).children(recursive=True)
    assert len(family) >= 8
    city.stop()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
