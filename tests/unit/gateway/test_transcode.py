"""JSON in, messages out, and back."""

import json
import re
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.gateway import contract, transcode
from services.gateway.contract import Address
from services.gateway.domain import BodyNotJson, ParameterUnknown
from services.platform.errors import FieldInvalid

ADDRESSES = contract.addresses()
NUMBERS = {FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT32}


def address(template: str, verb: str = "GET") -> Address:
    return next(each for each in ADDRESSES if (each.template, each.verb) == (template, verb))


def parsed(template: str, query: list[tuple[str, str]]) -> Any:
    return transcode.request_of(address(template), path={}, query=query, body=b"")


def sample(field: FieldDescriptor, depth: int) -> Any:
    """A value other than the default, for any field."""
    if field.message_type is not None:
        if field.message_type.full_name == "google.protobuf.Timestamp":
            return "2026-03-02T02:00:00Z"
        if field.message_type.full_name == "google.protobuf.Any":
            return None
        return filled_values(field.message_type, depth + 1) if depth < 4 else None
    if field.enum_type is not None:
        return field.enum_type.values[-1].name
    if field.cpp_type in NUMBERS:
        return 3
    kinds: dict[int, Any] = {
        FieldDescriptor.CPPTYPE_STRING: "AQID" if field.type == FieldDescriptor.TYPE_BYTES else "字 text",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_DOUBLE: 1.5,
    }
    return kinds[field.cpp_type]


def filled_values(descriptor: Descriptor, depth: int = 0) -> dict[str, Any]:
    values = {field.json_name: sample(field, depth) for field in descriptor.fields if not field.containing_oneof}
    fields = descriptor.fields_by_camelcase_name
    return {name: several(fields[name], value) for name, value in values.items() if value is not None}


def several(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {str(value["key"]): value["value"]}
    return [value] if field.is_repeated else value


def filled_message(kind: type[Message], descriptor: Descriptor) -> Message:
    return json_format.ParseDict(filled_values(descriptor), kind())


@pytest.mark.parametrize("each", ADDRESSES, ids=lambda each: f"{each.verb} {each.template}")
def test_every_annotated_call_takes_its_request_from_path_query_and_body(each: Address) -> None:
    values = filled_values(each.call.takes)
    expected = json_format.ParseDict(values, each.call.request())
    in_path = re.findall(r"\{(\w+)\}", each.template)
    path = {name: str(getattr(expected, name)) for name in in_path}
    rest = {
        name: value
        for name, value in values.items()
        if each.call.takes.fields_by_camelcase_name[name].name not in in_path
    }
    query = [
        (name, str(one).lower() if isinstance(one, bool) else str(one))
        for name, value in rest.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    body = json.dumps(rest).encode() if each.takes_body else b""
    assert transcode.request_of(each, path=path, query=[] if each.takes_body else query, body=body) == expected


@pytest.mark.parametrize("each", ADDRESSES, ids=lambda each: f"{each.verb} {each.template}")
def test_every_answer_can_be_sent_as_json_and_read_back(each: Address) -> None:
    message = filled_message(each.call.response, each.call.gives)
    sent = json.loads(json.dumps(transcode.to_json(message)))
    assert json_format.ParseDict(sent, each.call.response()) == message


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    score=st.floats(allow_nan=False, allow_infinity=False),
    count=st.integers(-(2**63), 2**63 - 1),
    state=st.sampled_from(list(cases_pb2.CaseState.values())),
)
def test_any_value_survives_the_way_there_and_back(text: str, score: float, count: int, state: int) -> None:
    answer = incidents_pb2.PreviewRouteResponse(task_type=text)
    answer.duplicates.add(case_id=text, score=score)
    entry = cases_pb2.HistoryEntry(elapsed_s=count, to_state=cases_pb2.CaseState.ValueType(state))
    for message in (answer, entry):
        assert transcode.filled(type(message)(), json.loads(json.dumps(transcode.to_json(message)))) == message


def test_both_spellings_of_a_field_are_understood() -> None:
    for spelling in ("openOnly", "open_only"):
        assert parsed("/v1/cases", [(spelling, "true")]).open_only
    body = b'{"request_id": "12345678", "report": {"taskType": "x", "description": "y"}}'
    request: Any = transcode.request_of(address("/v1/cases", "POST"), path={}, query=[], body=body)
    assert (request.request_id, request.report.task_type) == ("12345678", "x")


def test_a_parameter_may_come_several_times_where_the_contract_allows_it() -> None:
    request = parsed("/v1/cases", [("signals", "SIGNAL_RED"), ("signals", "SIGNAL_YELLOW")])
    assert list(request.signals) == [cases_pb2.SIGNAL_RED, cases_pb2.SIGNAL_YELLOW]
    with pytest.raises(FieldInvalid):
        parsed("/v1/cases", [("areaCode", "1"), ("areaCode", "2")])


def test_times_are_read_from_parameters() -> None:
    request = parsed("/v1/cases", [("reportedFrom", "2026-03-02T10:00:00+08:00")])
    assert request.reported_from.ToJsonString() == "2026-03-02T02:00:00Z"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pageSize", "many"),
        ("openOnly", "perhaps"),
        ("signals", "PURPLE"),
        ("reportedFrom", "yesterday"),
        ("pageSize", "9" * 30),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_named(name: str, value: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        parsed("/v1/cases", [(name, value)])
    assert refused.value.details["field"]


@pytest.mark.parametrize("name", ["nonsense", "states.deep", "reportedFrom.seconds", "", "."])
def test_a_parameter_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises((ParameterUnknown, FieldInvalid)):
        parsed("/v1/cases", [(name, "1")])


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"nonsense",
        b'{"a": NaN}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"\xff\xfe",
        b'"text"',
        b'{"a":"\\ud800"}',
    ],
    ids=["list", "null", "nonsense", "NaN", "deep", "bytes", "text", "half a character"],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises((BodyNotJson, FieldInvalid)):
        transcode.request_of(address("/v1/cases", "POST"), path={}, query=[], body=body)


def test_a_field_nobody_knows_is_refused_by_name() -> None:
    body = b'{"report": {"descriptionn": "x"}}'
    with pytest.raises(FieldInvalid) as refused:
        transcode.request_of(address("/v1/cases", "POST"), path={}, query=[], body=body)
    assert "descriptionn" in refused.value.details["problem"]


def test_a_body_that_contradicts_the_address_is_refused() -> None:
    advance = address("/v1/cases/{case_id}:advance", "POST")
    for spelling in ("caseId", "case_id"):
        with pytest.raises(FieldInvalid):
            transcode.request_of(advance, path={"case_id": "a"}, query=[], body=json.dumps({spelling: "b"}).encode())
    same: Any = transcode.request_of(advance, path={"case_id": "a"}, query=[], body=b'{"caseId": "a"}')
    assert same.case_id == "a"


def test_addresses_with_a_verb_come_before_those_that_would_swallow_it() -> None:
    templates = [each.template for each in ADDRESSES]
    assert templates.index("/v1/cases:summary") < templates.index("/v1/cases/{case_id}")
