"""The description of the API says what the API does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.gateway import contract, openapi
from services.gateway.routes import accounts, desk, guests, open311, photos, stream

DOCUMENT = openapi.document()
#: A page for people, the dialects' second names, and the Excel file of a list.
LEFT_OUT = {"/open311", "/open311/bulk", "/open311/v2/discovery.{format}", "/cases.xlsx"}


def every(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for inner in value.values():
            yield from every(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, key)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for verb, operation in item.items():
            yield path, verb, operation


def test_every_annotated_call_is_described() -> None:
    described = {(verb.upper(), path) for path, verb, _ in operations()}
    assert {(each.verb, openapi.shown(each.template)) for each in contract.addresses()} <= described


def test_every_call_of_the_gateway_s_own_that_programs_may_make_is_described() -> None:
    """Pages, the second proof and what departments' machines send stand elsewhere."""
    described = {path.replace("{login}:close", "{login}:{verb}") for path, _, _ in operations()}
    for module in (guests, desk, accounts, photos, stream, open311):
        for route in module.ROUTES:
            assert re.sub(r":(path|str)}", "}", route.path) in described | LEFT_OUT, route.path


def test_what_goes_wrong_with_open311_is_described_in_both_its_forms() -> None:
    for path, _, operation in operations():
        if path.startswith("/open311/"):
            for answer in operation["responses"].values():
                assert set(answer["content"]) == {"application/json", open311.markup.TYPES["xml"].partition(";")[0]}


def test_every_reference_leads_somewhere() -> None:
    for reference in every(DOCUMENT, "$ref"):
        here: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            here = here[part]
        assert here


def test_every_schema_is_a_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_name_in_a_path_is_declared_and_every_operation_has_its_own_id() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    for path, _, operation in operations():
        declared = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_descriptions_come_from_the_contract_s_comments() -> None:
    advance = DOCUMENT["paths"]["/v1/cases/{case_id}:advance"]["post"]
    assert "all or none" in advance["description"]
    assert "STALE" in advance["x-reasons"] or "STEP_NOT_LEGAL" in advance["x-reasons"]
    assert DOCUMENT["components"]["schemas"]["Case"]["properties"]["number"]["description"].startswith(
        "Number that people use"
    )
    silent = [(path, verb) for path, verb, operation in operations() if not operation["summary"].strip(".")]
    assert silent == []


def test_limits_of_fields_are_told() -> None:
    report = DOCUMENT["components"]["schemas"]["Report"]
    assert report["properties"]["description"]["maxLength"] == 2000
    assert "point" in report["required"]


def test_the_document_is_plain_json() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


def test_the_committed_image_is_what_the_contract_says(tmp_path: Path) -> None:
    fresh = tmp_path / "contract.binpb"
    contract.write_image(fresh)
    committed = Path(contract.__file__).with_name(contract.IMAGE)
    if fresh.read_bytes() != committed.read_bytes():
        pytest.fail("run `python -m services.gateway.contract`")
