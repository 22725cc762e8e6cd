"""A lively morning in the demo city, for pages to show."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2

from tests.integration.gateway.fakes import CITY, FakeSuite, a_case, stamp

SAID = (
    (
        "manhole_cover_missing",
        "井盖缺失破损",
        "Manhole cover",
        "路中间的井盖不见了,晚上很危险",
        "D09",
        "市政公用服务中心",
    ),
    ("exposed_garbage", "暴露垃圾", "Litter", "垃圾桶满溢,周围散落生活垃圾", "D06", "城市管理局"),
    ("road_damage", "道路破损", "Damaged road", "人行道地砖松动,老人差点绊倒", "D09", "市政公用服务中心"),
    ("street_lamp", "路灯不亮", "Street lamp out", "整排路灯三天没亮了", "D09", "市政公用服务中心"),
    ("illegal_parking", "违规停车", "Illegal parking", "消防通道被私家车占用", "D06", "城市管理局"),
)
STATES = (
    cases_pb2.CASE_STATE_REPORTED,
    cases_pb2.CASE_STATE_ACCEPTED,
    cases_pb2.CASE_STATE_DISPATCHED,
    cases_pb2.CASE_STATE_DISPOSING,
    cases_pb2.CASE_STATE_CHECKING,
)
SIGNALS = (
    cases_pb2.SIGNAL_GREEN,
    cases_pb2.SIGNAL_GREEN,
    cases_pb2.SIGNAL_GREEN,
    cases_pb2.SIGNAL_YELLOW,
    cases_pb2.SIGNAL_RED,
)
LEFT_H = {cases_pb2.SIGNAL_GREEN: 7.0, cases_pb2.SIGNAL_YELLOW: 0.6, cases_pb2.SIGNAL_RED: -30.0}
Pictures = dict[str, place_pb2.Evidence]


def fill(suite: FakeSuite, data: Path, pictures: Pictures, *, count: int = 60) -> None:
    """Cases all over the city, the first with a long history."""
    chance = random.Random(7)
    grids = json.loads((data / "demo_city_grids.geojson").read_text())["features"]
    centroids = {grid["code"]: grid["centroid"] for grid in json.loads((data / "demo_city.json").read_text())["grids"]}
    suite.incidents.summary.clear()
    for number in range(1, count + 1):
        grid = chance.choice(grids[:80] if number % 2 else grids)["properties"]
        signal = chance.choice(SIGNALS) if number > 1 else cases_pb2.SIGNAL_YELLOW
        suite.incidents.put(_case(number, grid, centroids[grid["code"]], signal, chance))
        _count(suite.incidents.summary, grid["code"], signal)
    _tell_the_story(suite.incidents.cases[a_case(1).id], pictures)


def _case(
    number: int, grid: dict[str, str], centroid: list[float], signal: int, chance: random.Random
) -> cases_pb2.Case:
    kind, title, title_en, words, department, department_name = SAID[(number - 1) % len(SAID)]
    code = grid["code"]
    now = datetime.now(UTC)
    case = a_case(
        number,
        description=words,
        task_type=kind,
        task_type_title=title,
        task_type_title_en=title_en,
        department_code=department,
        state=chance.choice(STATES) if number > 1 else cases_pb2.CASE_STATE_DISPOSING,
        signal=signal,
        grid_code=code,
        grid_name=grid["name"],
        area_path=f"{CITY}.{code[:6]}.{code[:9]}.{code[:12]}.{code}",
        place=f"{grid['name'][:-4]}中心路{number}号门前",
        deadline_at=stamp(now + timedelta(hours=LEFT_H[signal] * chance.uniform(0.8, 1.2))),
        emergency=number in {1, 9},
    )
    case.point.longitude_deg = centroid[0] + chance.uniform(-0.001, 0.001)
    case.point.latitude_deg = centroid[1] + chance.uniform(-0.001, 0.001)
    case.route.department_name = department_name
    return case


def _count(summary: dict[str, incidents_pb2.AreaSummary], code: str, signal: int) -> None:
    row = summary.setdefault(code, incidents_pb2.AreaSummary(area_code=code))
    name = {
        cases_pb2.SIGNAL_GREEN: "green_count",
        cases_pb2.SIGNAL_YELLOW: "yellow_count",
        cases_pb2.SIGNAL_RED: "red_count",
    }[cases_pb2.Signal.ValueType(signal)]
    setattr(row, name, getattr(row, name) + 1)


def _tell_the_story(whole: incidents_pb2.GetCaseResponse, pictures: Pictures) -> None:
    began = datetime.now(UTC) - timedelta(hours=7)
    lines = (
        ("REPORT", "resident:r1", "resident", "", "", 0),
        ("ACCEPT", "staff:acceptor-999100", "acceptor", "", "情况属实,予以受理", 6),
        ("REGISTER", "staff:acceptor-999100", "acceptor", "", "符合立案条件:井盖缺失", 9),
        ("DISPATCH", "staff:dispatcher-999100", "dispatcher", "D09", "", 12),
        ("NOTE", "plugin:municipal_works", "plugin", "", "已通知道路养护一班,先行设置围挡", 13),
        ("SIGN", "staff:department_specialist-D09", "department_specialist", "", "", 40),
        (
            "ASSIGN",
            "staff:department_specialist-D09",
            "department_specialist",
            "staff:handler-D09",
            "请在下班前更换井盖",
            45,
        ),
    )
    for sequence, (event, actor, role, receiver, opinion, minutes) in enumerate(lines, start=1):
        entry = whole.history.add(
            sequence=sequence, event=cases_pb2.CaseEvent.Value(f"CASE_EVENT_{event}"), actor=actor, role=role,
            receiver=receiver, opinion=opinion, at=stamp(began + timedelta(minutes=minutes)), elapsed_s=60 * minutes,
            overdue=event == "ASSIGN",
        )  # fmt: skip
        if event == "REPORT":
            entry.evidence.append(pictures["scene"])
    whole.case.evidence.extend(pictures.values())
    whole.case.reported_at.CopyFrom(stamp(began))
    whole.case.registered_at.CopyFrom(stamp(began + timedelta(minutes=9)))
    whole.case.closing_condition = "井盖恢复,路面平整,现场清理完毕"
    whole.case.closing_condition_en = "Cover replaced, surface even, place cleared"
    whole.case.handler = "staff:handler-D09"
    whole.case.form_answers = '{"diameter_mm": 700, "barrier_set": true}'
    whole.legs.add(loop_level=1, receiver="staff:GW-02001001001", received_at=stamp(began), replied_at=stamp(began + timedelta(minutes=8)), reply="现场已围挡,需要专业更换")  # fmt: skip
    whole.legs.add(loop_level=2, receiver="staff:SA-02001", received_at=stamp(began + timedelta(minutes=8)))
    whole.legal_steps.add(
        event=cases_pb2.CASE_EVENT_DISPOSE,
        opinion_required=True,
        evidence_required=1,
        evidence_kind=place_pb2.EVIDENCE_KIND_AFTER,
    )
    whole.legal_steps.add(event=cases_pb2.CASE_EVENT_DISPATCH)
    whole.legal_steps.add(event=cases_pb2.CASE_EVENT_SEND_CHECK, fields_required=["assignee"])
    whole.legal_steps.add(event=cases_pb2.CASE_EVENT_REGISTER, fields_required=["filing_condition"])
    whole.legal_steps.add(event=cases_pb2.CASE_EVENT_RATE, fields_required=["rating"])
    whole.legal_steps.add(event=cases_pb2.CASE_EVENT_NOTE, opinion_required=True)
    whole.legal_steps.add(event=cases_pb2.CASE_EVENT_RETURN_BACK, opinion_required=True)
    whole.legal_steps.add(event=cases_pb2.CASE_EVENT_CANCEL, opinion_required=True)
