"""Restarts every replica of a whole city, one after the other, while people report, look, carry cases to their end and rate.

Everything goes through the gateways as it does in a cluster; a call that fails even once is counted and told.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from services.demo import photo
from tests.acceptance.suite import PASSWORD, Json
from tests.drills.outage import a_report
from tests.drills.replicas import GATEWAY, PLUGINS, SERVERS, TwoOfEach, two_of_each, until

REPORTERS, LOOKERS, TELLERS = 3, 3, 2
PAUSE_S = 0.1
CALL_S_MAX = 20.0
WARM_S = 10.0
SHOWN_MAX = 20
HEARD_WITHIN_S = 30.0
CHECKER = "staff:RV-999102-1"
LOOKS = ("/v1/cases?pageSize=20", "/v1/points/me/balance", "/map/areas/grid.geojson", "/v1/cameras?pageSize=5", "/")


@dataclass
class Tally:
    """What was asked and what went wrong, of everybody together."""

    served: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    reported: set[str] = field(default_factory=set)
    rated: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    streams: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    watching: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def note(self, what: str, problem: str, took_s: float) -> None:
        """One call more."""
        with self.lock:
            self.served[what] += not problem
            self.slowest_s = max(self.slowest_s, took_s)
            if problem:
                self.failed.append(f"{time.strftime('%T')} {what}: {problem}")
                if len(self.failed) <= SHOWN_MAX:
                    print(f"  FAILED {self.failed[-1]}", flush=True)


class CallFailed(Exception):
    """What failed is in the tally already."""


class Caller:
    """Somebody signed in, sent to one gateway after the other as a balancer does, and never sent twice."""

    def __init__(self, city: TwoOfEach, tally: Tally, login: str) -> None:
        self._city = city
        self._tally = tally
        self._turns = itertools.count()
        self._client = httpx.Client(timeout=CALL_S_MAX, trust_env=False)
        token = self.call("sign in", "POST", "/v1/session", {"login": login, "password": PASSWORD})["token"]
        self._client.headers["authorization"] = f"Bearer {token}"

    @property
    def headers(self) -> dict[str, str]:
        """What shows who it is."""
        return {"authorization": self._client.headers["authorization"]}

    def door(self) -> str:
        """The gateway whose turn it is."""
        doors = self._city.doors
        return doors[next(self._turns) % len(doors)]

    def call(self, what: str, method: str, path: str, body: Json | None = None) -> Json:
        """One call; whatever is no success is a failure."""
        began_s = time.monotonic()
        try:
            answer = self._client.request(method, self.door() + path, json=body)
        except httpx.HTTPError as error:
            self._tally.note(what, repr(error), time.monotonic() - began_s)
            raise CallFailed from error
        problem = "" if answer.status_code < 400 else f"{answer.status_code} {answer.text[:200]}"
        self._tally.note(what, problem, time.monotonic() - began_s)
        if problem:
            raise CallFailed
        return dict(answer.json()) if "json" in answer.headers.get("content-type", "") and method == "POST" else {}

    def upload(self) -> Json:
        """A photo that any report may show."""
        content = photo.draw_photo("exposed_garbage", repaired=False, seed=1)
        answer = self._client.post(self.door() + "/v1/photos", content=content, headers={"content-type": "image/jpeg"})
        return {**answer.raise_for_status().json(), "kind": "EVIDENCE_KIND_SCENE"}

    def listen(self) -> None:
        """Follow the live stream as a page does: from where it had got to, with another gateway when one goes."""
        after = ""
        while not self._tally.over.is_set():
            self._tally.streams += 1
            try:
                with self._client.stream("GET", f"{self.door()}/v1/stream?after={after}", timeout=CALL_S_MAX) as stream:
                    for line in stream.iter_lines():
                        self._tally.watching.set()
                        if line.startswith("id:"):
                            after = line[3:].strip()
                        elif line.startswith("data:"):
                            self._tally.heard.add(str((json.loads(line[5:]).get("case") or {}).get("id", "")))
                        if self._tally.over.is_set():
                            return
            except httpx.HTTPError:
                time.sleep(PAUSE_S)


def keep_on(tally: Tally, deed: Callable[[], object]) -> threading.Thread:
    """Somebody who does the same again and again until all is over."""

    def again() -> None:
        while not tally.over.wait(PAUSE_S):
            with contextlib.suppress(CallFailed):
                deed()

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    return thread


class Life:
    """Carries cases from report to rating, with everybody who has a hand in it."""

    def __init__(self, city: TwoOfEach, tally: Tally) -> None:
        self._tally = tally
        logins = ("volunteer", "acceptor", "dispatcher", "municipal_works", "municipal_works.handler", "rv-999102-1")
        self._people = {login: Caller(city, tally, login) for login in logins}
        self._scene = self._people["volunteer"].upload()

    def tell(self) -> None:
        """One case, eleven steps by six people."""
        report = {**a_report(self._scene), "taskType": "manhole_cover_missing", "description": f"drill {uuid4().hex}"}
        body = {"requestId": uuid4().hex, "report": report}
        case = self._people["volunteer"].call("report", "POST", "/v1/cases", body)["case"]
        self._tally.reported.add(case["id"])
        after, seen = ({**self._scene, "kind": f"EVIDENCE_KIND_{kind}"} for kind in ("AFTER", "CHECK"))
        for login, *steps in (
            ("acceptor", {"event": "ACCEPT"}, {"event": "REGISTER", "filingCondition": "missing"}),
            ("dispatcher", {"event": "DISPATCH"}),
            ("municipal_works", {"event": "SIGN"}),
            ("municipal_works.handler", {"event": "DISPOSE", "opinion": "已更换井盖", "evidence": [after]}),
            ("municipal_works", {"event": "FEEDBACK", "opinion": "属实"}),
            ("acceptor", {"event": "SEND_CHECK", "assignee": CHECKER}),
            ("rv-999102-1", {"event": "CHECK_PASS", "opinion": "已恢复", "evidence": [seen]}),
            ("acceptor", {"event": "CLOSE", "opinion": "符合结案条件"}),
            ("volunteer", {"event": "RATE", "rating": 5}),
        ):
            body = {
                "requestId": uuid4().hex,
                "version": case["version"],
                "steps": [{**step, "event": f"CASE_EVENT_{step['event']}"} for step in steps],
            }
            what = "rate" if steps[0]["event"] == "RATE" else "step"
            case = self._people[login].call(what, "POST", f"/v1/cases/{case['id']}:advance", body)["case"]
        self._tally.rated.add(case["id"])


def crowd(city: TwoOfEach, tally: Tally) -> list[threading.Thread]:
    """Everybody, busy from now on; somebody watches from before the first report."""
    page = threading.Thread(target=Caller(city, tally, "chief").listen, daemon=True)
    page.start()
    assert tally.watching.wait(CALL_S_MAX)
    threads = [page]
    for _ in range(REPORTERS):
        worker = Caller(city, tally, "worker")
        evidence = worker.upload()

        def report(worker: Caller = worker, evidence: Json = evidence) -> None:
            answer = worker.call(
                "report", "POST", "/v1/cases", {"requestId": uuid4().hex, "report": a_report(evidence)}
            )
            tally.reported.add(answer["case"]["id"])

        threads.append(keep_on(tally, report))
    for _ in range(LOOKERS):
        looker, looks = Caller(city, tally, "chief"), itertools.cycle(LOOKS)
        threads.append(keep_on(tally, lambda looker=looker, looks=looks: looker.call("look", "GET", next(looks))))
    threads += [keep_on(tally, Life(city, tally).tell) for _ in range(TELLERS)]
    return threads


def run(*, rounds: int) -> int:
    """Every replica once a round; 1 when a call failed, or anything acknowledged is not there afterwards."""
    with two_of_each() as city:
        tally = Tally()
        threads = crowd(city, tally)
        try:
            time.sleep(WARM_S)
            began_s = time.monotonic()
            restarts = restart_all(city, rounds=rounds)
            took_s = time.monotonic() - began_s
            reported = set(tally.reported)
            all_heard = until(lambda: reported <= tally.heard, within_s=HEARD_WITHIN_S)
        finally:
            tally.over.set()
            for thread in threads:
                thread.join(30)
        lost = missing(city, tally)
    print(f"{restarts} restarts in {took_s:.0f} s; calls served {dict(tally.served)}, failed {len(tally.failed)}")
    print(
        f"slowest {tally.slowest_s:.1f} s; reported {len(tally.reported)}, rated {len(tally.rated)}, lost {len(lost)}"
    )
    print(f"live page: opened {tally.streams} times, heard of every report: {'yes' if all_heard else 'no'}")
    return 1 if tally.failed or lost or not all_heard else 0


def restart_all(city: TwoOfEach, *, rounds: int) -> int:
    """Every replica, one after the other; how many."""
    restarts = 0
    for _ in range(rounds):
        for name in (*SERVERS, PLUGINS, GATEWAY):
            for replica in city.replicas[name]:
                gone_s, well_s, cpu_s = city.restart(replica)
                restarts += 1
                took = f"gone after {gone_s:.1f} s, well after {well_s:.1f} s ({cpu_s:.1f} s of processor)"
                print(f"{name:10} {replica.host}: {took}", flush=True)
    return restarts


def missing(city: TwoOfEach, tally: Tally) -> list[str]:
    """Cases that were acknowledged and are not as they were left."""
    chief = Caller(city, tally, "chief")
    lost = []
    for case_id in tally.reported:
        answer = httpx.get(
            f"{chief.door()}/v1/cases/{case_id}", headers=chief.headers, timeout=CALL_S_MAX, trust_env=False
        )
        rating = answer.json().get("case", {}).get("rating", 0) if answer.status_code == 200 else -1
        if rating != (5 if case_id in tally.rated else 0):
            lost.append(case_id)
    return lost
