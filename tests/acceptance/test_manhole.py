"""The story of one manhole cover, from the photo to the rating to the points, through the gateway alone."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.newcomer_story import tell_the_story_of_a_newcomer
from tests.acceptance.order_story import tell_the_story_of_an_order
from tests.acceptance.suite import Json, Live, Person, Suite, eventually

POINT = {"longitudeDeg": 119.8133967, "latitudeDeg": 38.5903833, "accuracyM": 6}
GRID = "999102001001001"
CHECKER = "staff:RV-999102-1"


def manhole_report(person: Person, words: str) -> Json:
    return {
        "taskType": "manhole_cover_missing",
        "description": words,
        "place": "松风路口东侧",
        "point": POINT,
        "evidence": [{**person.upload("manhole_cover_missing"), "kind": "EVIDENCE_KIND_SCENE"}],
    }


def balance(person: Person) -> int:
    return int(person.get("/v1/points/me/balance").get("balance", 0))


@pytest.fixture(params=["suite", "suite_with_broker"], ids=["streams", "rabbitmq"])
def city(request: pytest.FixtureRequest) -> Suite:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Suite)
    return found


@pytest.mark.department("municipal_works")
@pytest.mark.mechanism(47)
def test_a_missing_cover_is_reported_replaced_checked_rated_and_rewarded(city: Suite) -> None:  # noqa: PLR0915 one story
    volunteer = Person(city, "volunteer")
    before = balance(volunteer)

    # The report: located, routed, timed, explained.
    report = manhole_report(volunteer, "路中间的井盖不见了,晚上很危险")
    preview = volunteer.post("/v1/cases:preview", {"report": report}).json()
    assert preview["areas"][-1]["code"] == GRID
    assert preview["route"]["departmentCode"] == "D09"
    answer = volunteer.report(report, "story-of-a-cover-1" + city.url[-5:])
    assert answer.status_code == 200, answer.text
    case = answer.json()["case"]
    assert case["gridCode"] == GRID
    assert case["departmentCode"] == "D09"
    assert case["source"] == "SOURCE_VOLUNTEER"
    assert [rule["rule"] for rule in case["route"]["rules"] if rule.get("matched")]

    # Sent twice, it is one case; the same id with other words is refused.
    again = volunteer.report(report, "story-of-a-cover-1" + city.url[-5:])
    assert again.json()["case"]["id"] == case["id"]
    other = volunteer.report({**report, "description": "别的话"}, "story-of-a-cover-1" + city.url[-5:])
    assert other.status_code == 409
    assert other.json()["reason"] == "REQUEST_ID_REUSED"

    # The department's plugin has something to say of its own accord.
    acceptor = Person(city, "acceptor")
    noted = eventually(lambda: _entries_by(acceptor, case["id"], "plugin:municipal_works"))
    assert noted[0]["opinion"]

    # The centre takes it in, opens it and sends it to the department.
    case = acceptor.get(f"/v1/cases/{case['id']}")["case"]
    case = acceptor.must_advance(
        case, {"event": "CASE_EVENT_ACCEPT"}, {"event": "CASE_EVENT_REGISTER", "filingCondition": "missing"}
    )
    case = Person(city, "dispatcher").must_advance(case, {"event": "CASE_EVENT_DISPATCH"})
    left = datetime.fromisoformat(case["deadlineAt"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=58) < left <= timedelta(hours=2)
    assert case["signal"] == "SIGNAL_GREEN"

    # The department signs, repairs with a photo afterwards, and confirms.
    desk, handler = Person(city, "municipal_works"), Person(city, "municipal_works.handler")
    case = desk.must_advance(case, {"event": "CASE_EVENT_SIGN"})
    refused = handler.advance(case, {"event": "CASE_EVENT_DISPOSE", "opinion": "已修好"})
    assert refused.json()["reason"] == "EVIDENCE_REQUIRED"
    after = {**handler.upload("manhole_cover_missing", repaired=True, seed=2), "kind": "EVIDENCE_KIND_AFTER"}
    case = handler.must_advance(case, {"event": "CASE_EVENT_DISPOSE", "opinion": "已更换井盖", "evidence": [after]})
    case = desk.must_advance(case, {"event": "CASE_EVENT_FEEDBACK", "opinion": "处置结果属实"})

    # Somebody else than the solver looks at the place.
    case = acceptor.must_advance(case, {"event": "CASE_EVENT_SEND_CHECK", "assignee": CHECKER})
    checker = Person(city, "rv-999102-1")
    seen = {**checker.upload("manhole_cover_missing", repaired=True, seed=3), "kind": "EVIDENCE_KIND_CHECK"}
    case = checker.must_advance(case, {"event": "CASE_EVENT_CHECK_PASS", "opinion": "现场已恢复", "evidence": [seen]})
    case = acceptor.must_advance(case, {"event": "CASE_EVENT_CLOSE", "opinion": "符合结案条件"})
    assert case["state"] == "CASE_STATE_CLOSED"

    # The reporter rates, and earns exactly once.
    mine = volunteer.get(f"/v1/cases/{case['id']}")
    assert "CASE_EVENT_RATE" in [step["event"] for step in mine["legalSteps"]]
    case = volunteer.must_advance(mine["case"], {"event": "CASE_EVENT_RATE", "rating": 5, "opinion": "很快,谢谢"})
    assert case["rating"] == 5
    eventually(lambda: balance(volunteer) == before + 10)
    statement = volunteer.get("/v1/points/me/transfers")["transfers"][0]
    assert statement["cause"] == case["id"]

    # The history tells it all, with two sets of pictures and a rating.
    whole = acceptor.get(f"/v1/cases/{case['id']}")
    told = [
        entry["event"].removeprefix("CASE_EVENT_") for entry in whole["history"] if entry["event"] != "CASE_EVENT_NOTE"
    ]
    assert told == [
        "REPORT", "ACCEPT", "REGISTER", "DISPATCH", "SIGN", "DISPOSE", "FEEDBACK", "SEND_CHECK", "CHECK_PASS", "CLOSE", "RATE",
    ]  # fmt: skip
    kinds = {evidence["kind"] for evidence in whole["case"]["evidence"]}
    assert kinds >= {"EVIDENCE_KIND_SCENE", "EVIDENCE_KIND_AFTER"}


def _entries_by(person: Person, case_id: str, actor: str) -> list[Json]:
    history: list[Json] = person.get(f"/v1/cases/{case_id}")["history"]
    return [entry for entry in history if entry["actor"] == actor]


def test_a_camera_s_picture_becomes_evidence_on_a_report(city: Suite) -> None:
    patroller = Person(city, "video")
    camera = patroller.get("/v1/cameras", pageSize=1)["cameras"][0]
    taken = patroller.post(f"/v1/cameras/{camera['id']}:snapshot", {"requestId": "snapshot-" + city.url[-5:]})
    assert taken.status_code == 200, taken.text
    snapshot = taken.json()["snapshot"]
    body = {"requestId": "report-" + city.url[-5:], "taskType": "exposed_garbage", "description": "垃圾桶满溢"}
    filed = patroller.post(f"/v1/snapshots/{snapshot['id']}:report", body)
    assert filed.status_code == 200, filed.text
    assert patroller.post(f"/v1/snapshots/{snapshot['id']}:report", body).json()["caseId"] == filed.json()["caseId"]
    case = patroller.get(f"/v1/cases/{filed.json()['caseId']}")["case"]
    assert case["source"] == "SOURCE_VIDEO"
    assert case["gridCode"] == camera["gridCode"]
    evidence = case["evidence"][0]
    assert evidence["cameraId"] == camera["id"]
    picture = patroller.client.get(f"/v1/evidence/{evidence['objectKey']}?{evidence['lent']}")
    assert picture.status_code == 200
    assert picture.headers["content-type"].startswith("image/")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a class nobody knows": ({"taskType": "no_such_type"}, "TASK_TYPE_UNKNOWN"),
    "a point outside the city": ({"point": {"longitudeDeg": 10.0, "latitudeDeg": 10.0}}, "OUT_OF_AREA"),
    "no words": ({"description": ""}, "FIELD_INVALID"),
    "no photo where one is due": ({"evidence": []}, "EVIDENCE_REQUIRED"),
    "answers that do not fit the form": ({"formAnswers": '{"no_such_field": 1}'}, "FORM_ANSWERS_INVALID"),
    "a latitude that is none": ({"point": {"longitudeDeg": 1.0, "latitudeDeg": 95.0}}, "FIELD_INVALID"),
}


@pytest.mark.parametrize("wrong", WRONG, ids=list(WRONG))
def test_a_wrong_report_is_refused_in_the_reporter_s_language_and_leaves_nothing(suite: Suite, wrong: str) -> None:
    change, reason = WRONG[wrong]
    resident = Person(suite, "resident")
    words = f"不应留下: {wrong}"
    report = {**manhole_report(resident, words), **change}
    answer = resident.report(report)
    assert 400 <= answer.status_code < 500
    assert answer.json()["reason"] == reason
    assert any("一" <= character <= "鿿" for character in answer.json()["message"])
    english = Person(suite, "resident", "en").report(report).json()
    assert not any("一" <= character <= "鿿" for character in english["message"])
    assert Person(suite, "chief").get("/v1/cases", text="不应留下").get("cases", []) == []


def test_a_file_that_is_no_photo_is_refused(suite: Suite) -> None:
    resident = Person(suite, "resident")
    answer = resident.client.post("/v1/photos", content=b"GIF89a<script>", headers={"content-type": "image/jpeg"})
    assert answer.status_code == 400
    assert answer.json()["reason"] == "PHOTO_NOT_AN_IMAGE"


def test_a_stale_step_gets_the_fresh_case_and_changes_nothing(suite: Suite) -> None:
    worker, acceptor = Person(suite, "worker"), Person(suite, "acceptor")
    case = worker.report(manhole_report(worker, "井盖移位")).json()["case"]
    acceptor.must_advance(case, {"event": "CASE_EVENT_ACCEPT"})
    late = Person(suite, "chief").advance(case, {"event": "CASE_EVENT_ACCEPT"})
    assert late.status_code == 409
    assert late.json()["reason"] == "STALE"
    assert late.json()["fresh"]["case"]["state"] == "CASE_STATE_ACCEPTED"


def test_a_report_is_told_at_once_to_whom_it_concerns_and_to_nobody_else(suite: Suite) -> None:
    chief, stranger = Live(Person(suite, "chief")), Live(Person(suite, "police"))
    worker = Person(suite, "worker")
    case = worker.report(manhole_report(worker, "井盖松动")).json()["case"]
    eventually(lambda: any(case["number"] in json.dumps(event) for event in chief.told))
    assert not any(case["number"] in json.dumps(event) for event in stranger.told)


def test_nobody_sees_what_lies_outside_his_area_and_department(suite: Suite) -> None:
    worker = Person(suite, "worker")
    case = worker.report(manhole_report(worker, "井盖破损")).json()["case"]
    assert Person(suite, "municipal_works").client.get(f"/v1/cases/{case['id']}").status_code == 200
    for stranger in ("police", "rv-999103-1", "resident"):
        assert Person(suite, stranger).client.get(f"/v1/cases/{case['id']}").status_code == 404


def test_an_expired_or_made_up_token_is_told_to_sign_in(suite: Suite) -> None:
    worker = Person(suite, "worker")
    worker.client.headers["authorization"] = "Bearer made-up"
    answer = worker.client.get("/v1/cases")
    assert answer.status_code == 401
    assert answer.json()["reason"] == "UNAUTHENTICATED"


@pytest.mark.mechanism(35)
def test_an_order_is_opened_served_rated_and_turned_into_rice(suite: Suite) -> None:
    tell_the_story_of_an_order(suite)


def test_a_department_that_is_installed_while_the_city_runs_solves_a_case(suite: Suite, tmp_path: Path) -> None:
    tell_the_story_of_a_newcomer(suite, tmp_path)
