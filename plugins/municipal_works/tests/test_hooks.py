"""Municipal works says the right thing at the right moment, and nothing otherwise."""

import plugins.municipal_works as department
from plugins.sdk import Away, Case, CaseState, Component, Signal, Source
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, call


def test_hook_incident_reported_warns_of_an_open_hole_and_names_the_owner() -> None:
    case = a_case(form_answers={"cover_kind": "sewage", "fenced": False})
    [(case_id, text)] = call(department, "incident_reported", case=case).notes
    assert case_id == case.id
    assert text.zh == "紧急:可能有人坠落。请先到场围护并设警示,再恢复井盖。权属单位:排水公司。"
    assert "fence it off" in text.en
    assert text.en.endswith("Owned by the drainage company.")


def test_hook_incident_reported_says_nothing_of_fencing_when_the_hole_is_fenced() -> None:
    case = a_case(form_answers={"cover_kind": "gas", "fenced": True}, filing_condition="missing")
    [(_, text)] = call(department, "incident_reported", case=case).notes
    assert "keep the warning up" in text.en
    assert "燃气公司" in text.zh


def test_hook_incident_reported_only_names_the_owner_of_a_cover_that_rattles() -> None:
    case = a_case(filing_condition="rattling", form_answers={"cover_kind": "power"})
    [(_, text)] = call(department, "incident_reported", case=case).notes
    assert text.zh == "权属单位:供电公司。"


def test_hook_incident_reported_leaves_a_cover_nobody_knows_to_the_sub_district() -> None:
    [(_, text)] = call(department, "incident_reported", case=a_case()).notes
    assert "属地街道办" in text.zh


def a_thing(code: str, owner_unit: str) -> Component:
    return Component(code=code, class_code="0137", state="intact", owner_unit=owner_unit, point=a_case().point)


def test_hook_incident_reported_names_the_owner_of_a_lamp_as_the_registry_has_it() -> None:
    case = a_case(task_type="street_facility_fault", form_answers={"facility": "lamp", "count": 1})
    usual = call(department, "incident_reported", case=case)
    assert [text.zh for _, text in usual.notes] == ["权属单位:市政公用服务中心路灯所。"]
    entered = RecordingCity(things=[a_thing("9991020137000001", "U05")])
    [(_, text)] = call(department, "incident_reported", case=case, city=entered).notes
    assert text.en == "Owned by the power company."


def test_hook_incident_reported_goes_by_the_code_on_the_cover_and_not_by_what_stands_beside_it() -> None:
    case = a_case(form_answers={"cover_kind": "sewage", "fenced": True, "component_code": "9991020102000007"})
    beside, itself = a_thing("9991020101000001", "U01"), a_thing("9991020102000007", "U03")
    [(_, text)] = call(department, "incident_reported", case=case, city=RecordingCity(things=[beside, itself])).notes
    assert "燃气公司" in text.zh
    [(_, text)] = call(department, "incident_reported", case=case, city=RecordingCity(things=[beside])).notes
    assert "排水公司" in text.zh


def test_hook_incident_reported_does_not_wait_for_a_registry_that_is_away() -> None:
    class Alone(RecordingCity):
        def components(self, case: Case, within_m: float) -> tuple[Component, ...]:
            raise Away("registry")

    case = a_case(form_answers={"cover_kind": "gas", "fenced": False})
    [(_, text)] = call(department, "incident_reported", case=case, city=Alone()).notes
    assert "燃气公司" in text.zh


def test_hook_case_returned_sends_a_traffic_signal_to_the_traffic_police() -> None:
    case = a_case(state=CaseState.RETURNED, task_type="street_facility_fault", form_answers={"facility": "signal"})
    [(_, text)] = call(department, "case_returned", case=case).notes
    assert "D10" in text.en


def test_hook_case_returned_names_the_department_behind_the_owner() -> None:
    case = a_case(state=CaseState.RETURNED, form_answers={"cover_kind": "water"})
    [(_, text)] = call(department, "case_returned", case=case).notes
    assert "D11" in text.zh
    assert "water supply company" in text.en


def test_hook_case_returned_says_nothing_when_the_owner_is_ours_or_unknown() -> None:
    for kind in ("power", "unknown"):
        case = a_case(state=CaseState.RETURNED, form_answers={"cover_kind": kind})
        assert call(department, "case_returned", case=case).notes == []


def test_hook_case_overdue_calls_the_leader_to_an_emergency_that_turned_red() -> None:
    red = a_case(emergency=True, signal=Signal.RED)
    assert len(call(department, "case_overdue", case=red, before=Signal.YELLOW).notes) == 1
    assert call(department, "case_overdue", case=red, before=Signal.RED).notes == []
    yellow = a_case(emergency=True, signal=Signal.YELLOW)
    assert call(department, "case_overdue", case=yellow, before=Signal.GREEN).notes == []


def test_hook_case_closed_files_one_second_look_after_a_collapse() -> None:
    case = a_case(task_type="road_damage", filing_condition="collapsed", state=CaseState.CLOSED)
    [report] = call(department, "case_closed", case=case).reports
    assert (report.task_type, report.filing_condition, report.point) == ("road_damage", "surface", case.point)
    assert case.number in report.description.zh
    assert case.number in report.description.en


def test_hook_case_closed_files_nothing_after_a_second_look_or_a_pothole() -> None:
    again = a_case(task_type="road_damage", filing_condition="collapsed", source=Source.SYSTEM)
    pothole = a_case(task_type="road_damage", filing_condition="surface")
    assert call(department, "case_closed", case=again).reports == []
    assert call(department, "case_closed", case=pothole).reports == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
