"""Events that come over the gRPC stream reach the department's hooks, whatever breaks on the way."""

import sqlite3
import time

from gridward.incidents.v1 import cases_pb2

from services.host.desk import Desk
from services.host.loader import installed
from services.platform.errors import Conflict
from tests.integration.host.conftest import HostProcess, MakeHost, eventually
from tests.support.core_double import CoreDouble, a_case_message, an_event, reported

GROUP = "host.heritage"


def test_a_hook_is_called_once_for_each_event_with_what_it_takes(host: HostProcess, core: CoreDouble) -> None:
    case = a_case_message()
    signed = a_case_message(case.id)
    signed.version = 2
    entry = cases_pb2.HistoryEntry(event=cases_pb2.CASE_EVENT_SIGN, opinion="我们来")
    red = a_case_message(case.id)
    red.version, red.signal = 3, cases_pb2.SIGNAL_RED
    core.tell(
        an_event(cases_pb2.IncidentReported(case=case), case=case),
        an_event(cases_pb2.CaseAdvanced(case=signed, entry=entry), case=case, type="case_advanced"),
        an_event(cases_pb2.SignalChanged(case=red, from_signal=cases_pb2.SIGNAL_YELLOW), case=case),
        an_event(cases_pb2.CaseRated(case=red, points=3), case=case),
        reported(task_type="somebody_else_s"),
    )
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == len(core.events), "the acknowledgement")
    assert [(line["hook"], line["version"]) for line in host.journal] == [
        ("incident_reported", 1),
        ("case_signed", 2),
        ("case_overdue", 3),
    ]
    assert host.journal[1]["opinion"] == "我们来"
    assert host.journal[2]["before"] == "yellow"


def test_a_plugin_joins_as_itself_and_renews_its_lease(host: HostProcess, core: CoreDouble) -> None:
    host.start_and_wait()
    caller, request = core.registrations[0]
    assert caller.subject == "plugin:heritage"
    assert [(grant.role, grant.department_code) for grant in caller.grants] == [("plugin", "D17")]
    assert (request.plugin, request.plugin_version, request.sdk_version) == ("heritage", "1.2.0", "1")
    assert [task_type.code for task_type in request.task_types] == ["old_wall_damage"]
    eventually(lambda: core.renewals >= 2, "two renewals")
    assert len(core.registrations) == 1


def test_a_lost_lease_is_taken_again(host: HostProcess, core: CoreDouble) -> None:
    host.start_and_wait()
    core.leases.clear()
    eventually(lambda: len(core.registrations) == 2, "a second registration")
    assert core.registrations[0][1].instance_id == core.registrations[1][1].instance_id
    eventually(lambda: host.health()[0] == 200, "health")


def test_a_refused_plugin_says_why_keeps_asking_and_joins_when_it_may(host: HostProcess, core: CoreDouble) -> None:
    refusal = Conflict()
    refusal.reason = "DEPARTMENT_UNKNOWN"
    core.refuse = lambda method: refusal if method == "RegisterPlugin" else None
    host.start()
    eventually(lambda: host.logged("not_registered"), "the refusal in the log")
    status, body = eventually(lambda: host.health()[0] and host.health(), "an answer")
    assert status == 503
    assert body["plugins"]["heritage"]["registered"] is False
    assert body["plugins"]["heritage"]["problem"]
    core.refuse = lambda _method: None
    eventually(lambda: host.health()[0] == 200, "health")


def test_a_host_that_starts_before_the_core_waits_for_it(make_host: MakeHost, core: CoreDouble) -> None:
    host = make_host("heritage")
    core.stop()
    host.start()
    eventually(lambda: host.logged("not_registered") and host.logged("event_stream_broken"), "both complaints")
    assert host.health()[0] == 503
    core.tell(reported())
    core.start()
    eventually(lambda: host.health()[0] == 200, "health")
    eventually(lambda: len(host.calls()) == 1, "the event")


def test_a_hook_that_raises_for_good_is_put_aside_and_later_events_flow(host: HostProcess, core: CoreDouble) -> None:
    bad, *good = core.tell(reported("raise"), *(reported() for _ in range(20)))
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == len(core.events), "the acknowledgement")
    assert host.calls().count(bad.subject) == 3
    assert sorted(set(host.calls()) - {bad.subject}) == sorted(event.subject for event in good)
    [letter] = host.letters
    assert (letter["event_id"], letter["hook"], letter["tries"]) == (bad.id, "incident_reported", 3)
    assert letter["error"] == "ValueError: the wall fell"
    [told] = host.logged("event_put_aside")
    assert (told["plugin"], told["event_id"]) == ("heritage", bad.id)
    metrics = host.page("/metrics")[1]
    assert 'host_events_put_aside_total{plugin="heritage"} 1.0' in metrics
    assert 'host_hook_calls_total{hook="incident_reported",outcome="failed",plugin="heritage"} 3.0' in metrics


def test_a_hook_that_raises_twice_is_called_a_third_time_after_growing_pauses(
    host: HostProcess, core: CoreDouble
) -> None:
    [event] = core.tell(reported("raise twice"))
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    first, second, third = [line["at"] for line in host.journal if line["case"] == event.subject]
    assert third - second > second - first
    assert host.letters == []


def test_events_of_one_case_wait_for_one_another_while_one_is_tried_again(host: HostProcess, core: CoreDouble) -> None:
    case = a_case_message(description="raise twice")
    later = a_case_message(case.id)
    later.version = 2
    entry = cases_pb2.HistoryEntry(event=cases_pb2.CASE_EVENT_SIGN)
    core.tell(
        an_event(cases_pb2.IncidentReported(case=case), case=case),
        an_event(cases_pb2.CaseAdvanced(case=later, entry=entry), case=case),
        reported(),
    )
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 3, "the acknowledgement")
    of_case = [line["hook"] for line in host.journal if line["case"] == case.id]
    assert of_case == ["incident_reported"] * 3 + ["case_signed"]
    hooks = [line["case"] for line in host.journal]
    assert hooks.index(core.events[2].subject) < len(hooks) - 1, "another case must not wait"


def test_whatever_a_hook_does_it_fails_like_any_other_and_the_rest_goes_on(
    make_host: MakeHost, core: CoreDouble
) -> None:
    host = make_host("heritage", hook_timeout_s="0.3", hook_tries="2")
    ill = {
        "hang": "HookTooSlow: incident_reported took more than",
        "quit": "HookQuit: incident_reported raised SystemExit: 3",
        "own timer": "HookQuit: incident_reported raised Timeout: 0.01 second",
        "mute": "_Rubbish: (it cannot say what is wrong)",
        "torn": "ValueError: half a sign: ??",
    }
    events = {deed: reported(deed) for deed in [*ill, "rubbish", ""]}
    core.tell(*events.values())
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == len(events), "the acknowledgement")
    errors = {str(letter["event_id"]): str(letter["error"]) for letter in host.letters}
    assert errors.keys() == {events[deed].id for deed in ill}
    for deed, error in ill.items():
        assert errors[events[deed].id].startswith(error)
    assert host.calls().count(events["rubbish"].subject) == 1
    assert not host.ended


def test_an_event_that_cannot_be_put_aside_is_held_until_it_can(host: HostProcess, core: CoreDouble) -> None:
    desk = Desk.in_folder(host.folder / "state")
    holder = sqlite3.connect(desk.drawers.place)
    holder.execute("BEGIN EXCLUSIVE")
    bad, good = core.tell(reported("raise"), reported())
    host.start_and_wait()
    eventually(lambda: host.logged("put_aside_failed"), "the complaint")
    eventually(lambda: good.subject in host.calls(), "the other case")
    assert core.acks.get(GROUP, 0) == 0
    holder.rollback()
    holder.close()
    eventually(lambda: core.acks.get(GROUP) == 2, "the acknowledgement")
    assert [letter["event_id"] for letter in host.letters] == [bad.id]
    assert host.calls().count(bad.subject) == 3


def test_an_event_whose_content_is_broken_is_put_aside_at_once(host: HostProcess, core: CoreDouble) -> None:
    broken = reported()
    broken.payload.value = b"\xff\xff\xff"
    core.tell(broken, reported())
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 2, "the acknowledgement")
    [letter] = host.letters
    assert (letter["event_id"], letter["tries"]) == (broken.id, 0)


def test_an_event_told_twice_is_handled_once(host: HostProcess, core: CoreDouble) -> None:
    event = reported()
    again = type(event)()
    again.CopyFrom(event)
    core.tell(event, again)
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 2, "the acknowledgement")
    assert host.calls() == [event.subject]


def test_killing_the_host_in_mid_stream_loses_nothing(host: HostProcess, core: CoreDouble) -> None:
    events = core.tell(*(reported("slow" if number % 3 else "") for number in range(400)))
    for enough in (60, 180):
        host.start()
        eventually(lambda enough=enough: len(set(host.calls())) > enough, "some calls")
        host.kill()
    host.start()
    eventually(lambda: core.acks.get(GROUP) == len(events), "the last acknowledgement")
    calls = host.calls()
    assert set(calls) == {event.subject for event in events}
    assert len(calls) < 2 * len(events)


def test_killing_the_core_in_mid_stream_loses_and_doubles_nothing(host: HostProcess, core: CoreDouble) -> None:
    first = core.tell(*(reported("slow") for _ in range(100)))
    host.start_and_wait()
    eventually(lambda: len(host.calls()) > 10, "some calls")
    core.stop()
    eventually(lambda: host.health()[0] == 503, "the break to be noticed")
    second = core.tell(*(reported() for _ in range(50)))
    core.start()
    eventually(lambda: core.acks.get(GROUP) == 150, "the last acknowledgement")
    assert sorted(host.calls()) == sorted(event.subject for event in [*first, *second])
    eventually(lambda: host.health()[0] == 200, "health")


def test_a_host_told_to_stop_finishes_what_runs_and_says_how_far_it_came(host: HostProcess, core: CoreDouble) -> None:
    core.tell(*(reported("slow") for _ in range(400)))
    host.start_and_wait()
    eventually(lambda: len(host.calls()) > 20, "some calls")
    assert host.terminate() == 0
    handled = len(host.calls())
    acknowledged = core.acks.get(GROUP, 0)  # the first may wait for leave, and then none can be said to be done
    assert handled < 400
    host.start()
    eventually(lambda: core.acks.get(GROUP) == 400, "the last acknowledgement")
    assert len(set(host.calls())) == 400
    assert len(host.calls()) - 400 <= handled - acknowledged


def test_a_note_is_made_once_however_often_its_event_is_told(host: HostProcess, core: CoreDouble) -> None:
    event = reported("note")
    core.cases[event.subject] = cases_pb2.Case(id=event.subject, version=1)
    core.tell(event)
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    host.kill()
    core.acks.clear()
    host.start()
    eventually(lambda: core.acks.get(GROUP) == 1, "the second acknowledgement")
    assert len(core.wishes) == 2
    assert core.wishes[0] == core.wishes[1]
    [entry] = core.history[event.subject]
    assert entry.opinion == "请先联系文物部门:北门。"
    assert entry.opinion_en == "Ask the heritage centre first: 北门."
    assert entry.actor == "plugin:heritage"


def test_a_note_reaches_a_case_that_moved_on_meanwhile_and_is_not_said_twice(
    host: HostProcess, core: CoreDouble
) -> None:
    event = reported("note")
    core.cases[event.subject] = cases_pb2.Case(id=event.subject, version=7)
    core.tell(event)
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    assert core.cases[event.subject].version == 8
    host.kill()
    core.acks.clear()
    core.cases[event.subject].version = 9
    host.start()
    eventually(lambda: core.acks.get(GROUP) == 1, "the second acknowledgement")
    assert len(core.history[event.subject]) == 1
    assert len({wish.request_id for wish in core.wishes}) == 1


def test_a_step_on_a_case_that_moved_shows_the_fresh_case(host: HostProcess, core: CoreDouble) -> None:
    event = reported("advance")
    core.cases[event.subject] = a_case_message(event.subject)
    core.cases[event.subject].version = 5
    core.tell(event)
    host.start_and_wait()
    eventually(lambda: host.calls("moved"), "the answer")
    assert host.journal[-1]["version"] == 5


def test_a_step_that_is_refused_is_not_tried_again(host: HostProcess, core: CoreDouble) -> None:
    refusal = Conflict()
    refusal.reason = "STEP_NOT_LEGAL"
    core.refuse = lambda method: refusal if method == "AdvanceCase" else None
    [event] = core.tell(reported("advance"))
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    [letter] = host.letters
    assert (letter["event_id"], letter["tries"]) == (event.id, 1)
    assert "STEP_NOT_LEGAL" in letter["error"]


def test_a_note_that_comes_too_late_is_not_missed(host: HostProcess, core: CoreDouble) -> None:
    refusal = Conflict()
    refusal.reason = "STEP_NOT_LEGAL"
    core.refuse = lambda method: refusal if method == "AdvanceCase" else None
    [event] = core.tell(reported("note"))
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    assert host.letters == []
    assert [line["case_id"] for line in host.logged("note_too_late")] == [event.subject]


def test_a_core_that_is_away_costs_no_try(make_host: MakeHost, core: CoreDouble) -> None:
    from services.platform.errors import Unavailable

    host = make_host("heritage", hook_tries="1")
    core.refuse = lambda method: Unavailable(part="incidents") if method == "AdvanceCase" else None
    event = reported("note")
    core.cases[event.subject] = cases_pb2.Case(id=event.subject, version=1)
    core.tell(event)
    host.start_and_wait()
    eventually(lambda: len(host.calls()) >= 4, "some calls")
    core.refuse = lambda _method: None
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    assert len(core.history[event.subject]) == 1
    assert host.letters == []


def test_every_installed_department_runs_in_one_process_and_hears_its_own(
    make_host: MakeHost, core: CoreDouble
) -> None:
    host = make_host()
    core.tell(reported(), reported("x", task_type="manhole_cover_missing"), reported(task_type="nobody_s"))
    host.start_and_wait()
    groups = {f"host.{point.name}" for point in installed()} | {"host.heritage"}
    eventually(lambda: {group for group, at in core.acks.items() if at == 3} == groups, "all acknowledgements")
    assert {request.plugin for _, request in core.registrations} == {group.removeprefix("host.") for group in groups}
    for wish in core.wishes:
        assert wish.steps[0].event == cases_pb2.CASE_EVENT_NOTE
        assert wish.steps[0].opinion != wish.steps[0].opinion_en
    assert len(host.calls()) == 1


def test_a_broken_department_is_named_and_disturbs_no_other(make_host: MakeHost, core: CoreDouble) -> None:
    from tests.integration.host.conftest import lay_out_distribution

    host = make_host("heritage", "ruin", "nobody")
    site = host.folder / "site"
    lay_out_distribution(site, "ruin", "ruin")
    (site / "ruin").mkdir()
    (site / "ruin" / "__init__.py").write_text("raise SystemExit('somebody ran me')")
    (site / "ruin" / "manifest.toml").write_text('name = "ruins"\n')
    core.tell(reported())
    host.start()
    eventually(lambda: len(host.calls()) == 1, "the event")
    refused = {line["plugin"]: line["problem"] for line in host.logged("plugin_refused")}
    assert refused["nobody"] == ["no such plugin is installed"]
    assert "manifest.toml:1: name: 'ruins' is not the name of the folder, 'ruin'" in refused["ruin"]
    assert "manifest.toml:1: department: is missing" in refused["ruin"]
    status, body = host.health()
    assert status == 200
    assert body["plugins"]["heritage"]["state"] == "well"
    assert body["plugins"]["ruin"]["state"] == "refused"
    assert "faults" in body["plugins"]["ruin"]["problem"]


def test_a_host_with_nothing_to_run_says_so_and_ends(make_host: MakeHost) -> None:
    host = make_host("nobody")
    host.start()
    assert host.process is not None
    assert host.process.wait(60) == 1
    assert host.logged("no_plugin_to_run")


def test_a_hook_that_waits_for_the_core_holds_up_no_other_hook(make_host: MakeHost, core: CoreDouble) -> None:
    host = make_host("heritage")

    def slowly(method: str) -> None:
        if method == "AdvanceCase":
            time.sleep(1.0)

    core.refuse = slowly
    core.tell(reported("note"), *(reported() for _ in range(50)))
    host.start_and_wait()
    eventually(lambda: core.history, "the note")
    assert len(host.calls()) == 51
