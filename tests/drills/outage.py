"""Takes each part of a city away for a while and writes down what people could still do, and when all was well again.

A part is held still with SIGSTOP, which is worse than killing it: connections stand and nobody answers.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from tests.acceptance.suite import Json, Person, Suite, running
from tests.support.servers import Broker, start_rabbitmq

ALWAYS = {"sign-in page"}
RECOVERY_S_MAX = 60.0
REPORTER = "worker"

#: What must still work while a part is away; docs/operations/faults.md says the same in words.
STILL_WORKS = {
    "postgres": ALWAYS,
    "rabbitmq": ALWAYS | {"report", "list", "case", "map", "balance", "photo"},
    "weed": ALWAYS | {"report", "list", "case", "map", "balance"},
    "services.registry": ALWAYS | {"report", "list", "case", "balance"},
    "services.incidents": ALWAYS | {"balance"},
    "services.points": ALWAYS | {"report", "list", "case", "map"},
    "services.video": ALWAYS | {"report", "list", "case", "map", "balance"},
    "services.host": ALWAYS | {"report", "list", "case", "map", "balance", "photo"},
}


@dataclass
class Probe:
    """The things people do, each tried again and again."""

    suite: Suite
    person: Person
    case: Json
    evidence: Json
    results: dict[str, Counter[str]] = field(default_factory=dict)
    slowest_s: dict[str, float] = field(default_factory=dict)

    def deeds(self) -> dict[str, Callable[[], httpx.Response]]:
        client = self.person.client
        return {
            "sign-in page": lambda: client.get("/sign-in"),
            "report": lambda: self.person.report(a_report(self.evidence)),
            "list": lambda: client.get("/v1/cases", params={"pageSize": 5}),
            "case": lambda: client.get(f"/v1/cases/{self.case['id']}"),
            "map": lambda: client.get("/map/areas/grid.geojson"),
            "balance": lambda: client.get("/v1/points/me/balance"),
            "photo": lambda: client.post(
                "/v1/photos", content=PHOTO.read_bytes(), headers={"content-type": "image/png"}
            ),
        }

    def once(self) -> set[str]:
        """Try everything once; what worked."""
        worked = set()
        for name, deed in self.deeds().items():
            began_s = time.monotonic()
            try:
                status = deed().status_code
            except httpx.HTTPError as error:
                said = type(error).__name__
            else:
                said = str(status)
                if status < 400:
                    worked.add(name)
            self.results.setdefault(name, Counter())[said] += 1
            self.slowest_s[name] = max(self.slowest_s.get(name, 0.0), time.monotonic() - began_s)
        return worked


PHOTO = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "case.png"


def a_report(evidence: Json) -> Json:
    return {
        "taskType": "exposed_garbage",
        "description": f"drill {time.monotonic_ns()}",
        "point": {"longitudeDeg": 119.8133967, "latitudeDeg": 38.5903833},
        "evidence": [evidence],
    }


def evidence_of(person: Person) -> Json:
    """A photo to go with reports."""
    return {**person.upload("exposed_garbage"), "kind": "EVIDENCE_KIND_SCENE"}


@contextlib.contextmanager
def held_still(first: psutil.Process) -> Iterator[None]:
    """A part and all its children answer nobody until the block ends."""
    held = [first, *first.children(recursive=True)]
    for process in held:
        with contextlib.suppress(psutil.Error):
            process.suspend()
    try:
        yield
    finally:
        for process in held:
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)


def run(*, away_s: float, only: str) -> int:
    """Every part in turn; 1 when something that must work did not."""
    failures = 0
    folder = Path(tempfile.mkdtemp(prefix="gridward-drill-broker-"))
    broker = start_rabbitmq(folder)
    for suite in running(amqp_url=broker.amqp_url):
        person = Person(suite, REPORTER)
        evidence = evidence_of(person)
        answer = person.report(a_report(evidence))
        assert answer.status_code == 200, answer.text
        case = answer.json()["case"]
        first = Probe(suite, person, case, evidence)
        usual = first.once()
        assert usual == set(first.deeds()), first.results
        for part in [only] if only else STILL_WORKS:
            process = broker_process(broker) if part == "rabbitmq" else suite.child(part)
            failures += drill(first, part, process, away_s=away_s)
    broker.stop()
    shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0


def broker_process(broker: Broker) -> psutil.Process:
    """What runs RabbitMQ, which is no part of a city's own machine."""
    assert broker.leashed is not None
    return psutil.Process(broker.leashed.process.pid)


def drill(before: Probe, part: str, process: psutil.Process, *, away_s: float) -> int:
    probe, after = (Probe(before.suite, before.person, before.case, before.evidence) for _ in range(2))
    usual = set(before.deeds())
    works = set(usual)
    rounds = 0
    with held_still(process):
        began_s = time.monotonic()
        while time.monotonic() - began_s < away_s:
            works &= probe.once()
            rounds += 1
    back_s = time.monotonic()
    while not usual <= after.once() and time.monotonic() - back_s < RECOVERY_S_MAX:
        time.sleep(0.1)
    took_s = time.monotonic() - back_s
    print(f"\n{part} away {away_s:.0f} s, {rounds} rounds; all well again {took_s:.1f} s after it was back")
    for name in probe.results:
        print(
            f"  {name:13} {'works' if name in works else '-':6} {dict(probe.results[name])} slowest {probe.slowest_s[name]:.1f} s"
        )
    missing = STILL_WORKS[part] - works
    if missing or took_s >= RECOVERY_S_MAX:
        print(f"  MISSED: {sorted(missing)}")
        return 1
    return 0
