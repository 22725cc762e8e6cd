"""The story of a department that is made while the city runs, from the scaffold to a case its people have solved.

As plugins/README.md tells it, and without a process started anew.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from tests.acceptance.suite import Json, Person, Suite, eventually

ROOT = Path(__file__).resolve().parents[2]
POINT = {"longitudeDeg": 119.8133967, "latitudeDeg": 38.5903833, "accuracyM": 6}
CHECKER = "rv-999102-1"
GIVEN, OWN = "A7-kept-for-the-first-day", "C9-known-to-me-alone"


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


def staffed(city: Suite, admin: Person) -> Person:
    """The city knows the department, a post of it, and somebody who stands there."""
    department = {"code": "D19", "name": "公园管理中心", "nameEn": "Parks", "plugin": "parks"}
    post = {
        "code": "parks-desk", "role": "department_specialist", "areaCode": "999100", "departmentCode": "D19",
        "staffCode": "staff:parks-desk", "title": "公园专员", "titleEn": "Parks desk",
    }  # fmt: skip
    account = {"login": "parks", "password": GIVEN, "subject": "staff:parks-desk", "kind": "staff", "name": "公园专员"}
    for path, body in (
        ("/v1/departments:import", {"requestId": uuid4().hex, "departments": [department]}),
        ("/v1/posts:import", {"requestId": uuid4().hex, "posts": [post]}),
        ("/v1/accounts", account),
    ):
        answer = admin.post(path, body)
        assert answer.status_code in {200, 201}, (path, answer.text)
    first = admin.client.post("/v1/session", json={"login": "parks", "password": GIVEN, "newPassword": OWN})
    assert first.status_code == 200, first.text
    return Person(city, "parks", password=OWN)


def program(person: Person) -> Json | None:
    """What is told of the newcomer's program, as soon as it is seen."""
    states: list[Json] = person.get("/v1/plugin-states").get("states", [])
    return next((state for state in states if state["plugin"] == "parks"), None)


def tell_the_story_of_a_newcomer(city: Suite, folder: Path) -> None:
    chief, admin, acceptor = Person(city, "chief"), Person(city, "admin"), Person(city, "acceptor")
    worker, checker = Person(city, "worker"), Person(city, CHECKER)
    before = {child.pid for child in city.children()}

    # Installed, it is seen at once; until the city knows the department, it is told why it has not joined.
    installed(city, folder)
    health = eventually(lambda: chief.get("/v1/departments/health")["plugins"].get("parks"))
    assert health["state"] in {"refused", "offline"}
    parks = staffed(city, admin)
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
    assert {child.pid for child in city.children()} >= before, "nothing was started anew"
