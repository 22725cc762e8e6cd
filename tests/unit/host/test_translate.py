"""The kit's plain words and the contract's messages say the same."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import tasks_pb2

from plugins import sdk
from plugins.sdk.manifest import Hint, Notice, Photos, Stage, read
from services.host import offer, translate
from services.platform.validation import check
from tests.support.core_double import a_case_message

KINDS = (sdk.CaseState, sdk.StepKind, sdk.Signal, sdk.Source, sdk.EvidenceKind, sdk.LimitUnit)
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
EXTERNAL = Path(__file__).resolve().parents[2] / "fixtures" / "external_plugin" / "heritage"
PLUGINS = Path(__file__).resolve().parents[3] / "plugins"


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_of_the_kit_is_one_of_the_contract_and_back(kind: type[StrEnum]) -> None:
    known = [word for word in kind if word.name != "UNKNOWN"]
    assert [translate.word_of(kind, translate.number_of(word)) for word in known] == known
    descriptor, _ = translate._PREFIXES[kind]
    assert len(known) == len(descriptor.values) - 1, "the contract has words that the kit lacks"


@pytest.mark.parametrize("kind", KINDS)
def test_a_word_newer_than_the_kit_is_unknown_and_breaks_nothing(kind: type[StrEnum]) -> None:
    assert translate.word_of(kind, 9999).value == "unknown"
    assert translate.word_of(kind, 0).value == "unknown"


def test_a_case_comes_over_whole_but_for_who_reported_it() -> None:
    message = a_case_message("case-1", description="墙裂了")
    message.limit.value, message.limit.unit = 2, tasks_pb2.LIMIT_UNIT_URGENT_HOUR
    message.deadline_at.FromDatetime(AT)
    message.point.longitude_deg, message.point.latitude_deg = 119.8, 38.6
    message.evidence.add(object_key="k", sha256="0" * 64, content_type="image/jpeg", kind=place_pb2.EVIDENCE_KIND_AFTER)
    case = translate.case_of(message)
    assert case == sdk.Case(
        id="case-1",
        number="9991-20260302-00001",
        version=1,
        state=sdk.CaseState.REPORTED,
        signal=sdk.Signal.GREEN,
        task_type="old_wall_damage",
        task_type_version=1,
        description="墙裂了",
        place="北门",
        point=sdk.Point(longitude_deg=119.8, latitude_deg=38.6),
        grid_code="",
        area_path="",
        department_code="D17",
        source=sdk.Source.RESIDENT,
        loop_level=0,
        reported_at=AT,
        deadline_at=AT,
        limit=sdk.Limit(value=2, unit=sdk.LimitUnit.URGENT_HOUR),
        form_answers={"fenced": True},
        evidence=(
            sdk.Evidence(object_key="k", sha256="0" * 64, content_type="image/jpeg", kind=sdk.EvidenceKind.AFTER),
        ),
    )
    assert "resident@home" not in repr(case)


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "null"])
def test_answers_that_are_no_object_are_none(text: str) -> None:
    assert dict(translate.answers_of(text)) == {}


def test_answers_cannot_be_changed_and_hold_plain_values_only() -> None:
    answers = translate.answers_of('{"a": 1, "b": [1], "c": null, "d": {"e": 2}}')
    assert dict(answers) == {"a": 1, "c": None}
    with pytest.raises(TypeError):
        answers["a"] = 2  # type: ignore[index]  # the point of the test


def test_a_whole_file_comes_over() -> None:
    answer = incidents_pb2.GetCaseResponse(case=a_case_message())
    line = answer.history.add(sequence=2, event=cases_pb2.CASE_EVENT_SIGN, actor="a", opinion="ok", elapsed_s=5)
    line.at.FromDatetime(AT)
    answer.legs.add(loop_level=2, receiver="desk").received_at.FromDatetime(AT)
    answer.legal_steps.add(event=cases_pb2.CASE_EVENT_ASSIGN, fields_required=["assignee"])
    file = translate.file_of(answer)
    assert (file.history[0].step, file.history[0].at, file.history[0].elapsed_s) == (sdk.StepKind.SIGN, AT, 5)
    assert file.legs == (sdk.Leg(loop_level=2, receiver="desk", received_at=AT),)
    assert file.allows(sdk.StepKind.ASSIGN)
    assert not file.allows(sdk.StepKind.SIGN)


def test_a_step_goes_out_with_all_it_says_and_shows() -> None:
    shown = sdk.Evidence(
        object_key="k", sha256="0" * 64, content_type="image/jpeg", kind=sdk.EvidenceKind.AFTER, taken_at=AT
    )
    step = translate.step_to(sdk.Step(kind=sdk.StepKind.DISPOSE, opinion="done", evidence=(shown,), assignee="p1"))
    assert (step.event, step.opinion, step.assignee) == (cases_pb2.CASE_EVENT_DISPOSE, "done", "p1")
    assert translate.evidence_of(step.evidence[0]) == shown


@pytest.mark.parametrize("name", sorted(path.parent.name for path in PLUGINS.glob("*/manifest.toml")))
def test_what_a_department_offers_passes_the_contract_s_own_rules(name: str) -> None:
    manifest = read(PLUGINS / name)
    request = tasks_pb2.RegisterPluginRequest(
        plugin=manifest.name,
        plugin_version=manifest.version,
        sdk_version=sdk.SDK_VERSION,
        department_code=manifest.department,
        task_types=[offer.task_type_to(task_type, manifest.department) for task_type in manifest.task_types],
        instance_id="here",
    )
    check(request)
    items = offer.items_to(manifest)
    check(items)
    assert items == offer.items_to(manifest), "the same words are the same wish"
    assert {line.department_code for line in items.lines} <= {manifest.department}
    assert len(items.items) == len(manifest.inspection_items)
    first = request.task_types[0]
    assert first.department_code == manifest.department
    assert len(first.filing_conditions) == len(manifest.task_types[0].filing_conditions)
    assert json.loads(first.form_schema)["properties"].keys() == {field.name for field in manifest.task_types[0].fields}


def test_what_a_type_has_beyond_the_usual_goes_along_and_nothing_else_does() -> None:
    plain = read(EXTERNAL).task_types[0]
    assert not offer.task_type_to(plain, "D17").HasField("traits")
    special = replace(
        plain,
        photos=Photos(check=2),
        hints=(Hint(field="kind", value="tree", department="D08"),),
        stages=(Stage(code="seen", title="看", title_en="Seen", next=("fixed",)),),
        notices=(Notice(at="sign", to="reporter", text="已签收", text_en="Signed"),),
    )
    traits = offer.task_type_to(special, "D17").traits
    check(traits)
    assert not traits.HasField("photos_at_disposal")
    assert traits.photos_at_check == 2
    assert (traits.hints[0].department_code, traits.stages[0].next, traits.notices[0].text_en) == (
        "D08",
        ["fixed"],
        "Signed",
    )
