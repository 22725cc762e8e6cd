"""The story of a department that is made while the city runs, from the scaffold to a case its people have solved.

As plugins/README.md tells it, and without a process started anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx

from tests.acceptance.suite import PASSWORD, Json, Person, Suite, eventually

ROOT = Path(__file__).resolve().parents[2]
POINT = {"longitudeDeg": 119.8133967, "latitudeDeg": 38.5903833, "accuracyM": 6}
CHECKER = "rv-999102-1"
OWN = "C9-known-to-me-alone"


def run(folder: Path, *command: str) -> None:
    """One line of the page."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def installed(city: Suite, folder: Path) -> None:
    """A wheel made of what the scaffold wrote, installed beside the departments that run."""
    run(folder, "plugins.sdk.scaffold", "parks", "--department", "D19", "--outside", str(folder))
    run(folder, "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist"))
    [wheel] = (folder / "dist").glob("*.whl")
    into = str(city.home / "plugins")
    run(folder, "pip", "install", "-q", "--no-deps", "--no-index", "--target", into, str(wheel))


def settle(city: Suite, folder: Path, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """The line of the page that makes the department known, as an administrator types it."""
    command = [sys.executable, "-m", "plugins.sdk.settle", "parks", "--city", city.url]
    environment = {**os.environ, "GRIDWARD_PASSWORD": password}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def staffed(city: Suite, folder: Path) -> Person:
    """The city knows the department, a post of it, and somebody who stands there."""
    stranger = settle(city, folder, password="not the administrator's")
    assert (stranger.returncode, "SIGN_IN_FAILED" in stranger.stderr) == (1, True), stranger.stderr
    done = settle(city, folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "parks 0.1.0 has joined" in done.stdout
    [given] = re.findall(r"account parks, .* first password (\S+)", done.stdout)
    again = settle(city, folder)
    assert (again.returncode, again.stdout.count("已在")) == (0, 3), again.stdout + again.stderr
    client = httpx.Client(base_url=city.url, timeout=15.0, trust_env=False)
    with client:
        first = client.post("/v1/session", json={"login": "parks", "password": given, "newPassword": OWN})
    assert first.status_code == httpx.codes.OK, first.text
    return Person(city, "parks", password=OWN)


def program(person: Person) -> Json | None:
    """What is told of the newcomer's program, as soon as it is seen."""
    states: list[Json] = person.get("/v1/plugin-states").get("states", [])
    return next((state for state in states if state["plugin"] == "parks"), None)


def tell_the_story_of_a_newcomer(city: Suite, folder: Path) -> None:
    chief, acceptor = Person(city, "chief"), Person(city, "acceptor")
    worker, checker = Person(city, "worker"), Person(city, CHECKER)
    before = city.child("services.host")

    # Installed, it is seen at once; until the city knows the department, it is told why it has not joined.
    installed(city, folder)
    health = eventually(lambda: chief.get("/v1/departments/health")["plugins"].get("parks"))
    assert health["state"] in {"refused", "offline"}
    parks = staffed(city, folder)
    assert eventually(lambda: (state := program(chief)) and state.get("attending") and state)["releases"]

    # Its type waits for admission; then anybody may report it.
    report = {
        "taskType": "parks_matter", "description": "长椅坏了十二张", "point": POINT,
        "formAnswers": '{"count": 12}',
        "evidence": [{**worker.upload("parks_matter"), "kind": "EVIDENCE_KIND_SCENE"}],
    }  # fmt: skip
    assert worker.report(report).json()["reason"] in {"TASK_TYPE_NOT_ADMITTED", "TASK_TYPE_UNKNOWN"}
    decision = {"requestId": uuid4().hex, "admission": "ADMISSION_STATE_ADMITTED", "reason": "新部门"}
    assert chief.post("/v1/task-types/parks_matter:decide", decision).status_code == 200
    request_id = uuid4().hex
    reported = eventually(lambda: (answer := worker.report(report, request_id)).status_code == 200 and answer)
    case = reported.json()["case"]
    assert case["departmentCode"] == "D19"

    # Its hook is heard, and the case travels to its people and back.
    def history() -> list[Json]:
        return list(acceptor.get(f"/v1/cases/{case['id']}")["history"])

    [said] = eventually(lambda: [entry for entry in history() if entry["actor"] == "plugin:parks"])
    assert (said["opinion"], said["opinionEn"]) == ("请派3人到场。", "Please send 3 to the place.")
    case = acceptor.get(f"/v1/cases/{case['id']}")["case"]
    case = acceptor.must_advance(
        case, {"event": "CASE_EVENT_ACCEPT"}, {"event": "CASE_EVENT_REGISTER", "filingCondition": "usual"}
    )
    case = Person(city, "dispatcher").must_advance(case, {"event": "CASE_EVENT_DISPATCH"})
    assert case["deadlineAt"]
    after = {**parks.upload("parks_matter", repaired=True, seed=2), "kind": "EVIDENCE_KIND_AFTER"}
    solved = {"event": "CASE_EVENT_DISPOSE", "opinion": "已修好", "evidence": [after]}
    feedback = {"event": "CASE_EVENT_FEEDBACK", "opinion": "属实"}
    case = parks.must_advance(case, {"event": "CASE_EVENT_SIGN"}, solved, feedback)
    case = acceptor.must_advance(case, {"event": "CASE_EVENT_SEND_CHECK", "assignee": "staff:RV-999102-1"})
    seen = {**checker.upload("parks_matter", repaired=True, seed=3), "kind": "EVIDENCE_KIND_CHECK"}
    passed = {"event": "CASE_EVENT_CHECK_PASS", "opinion": "已恢复", "evidence": [seen]}
    case = checker.must_advance(case, passed)
    case = acceptor.must_advance(case, {"event": "CASE_EVENT_CLOSE", "opinion": "符合结案条件"})
    assert case["state"] == "CASE_STATE_CLOSED"
    assert city.child("services.host") == before, "nothing was started anew"
