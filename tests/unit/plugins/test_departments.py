"""The departments that come with the suite: what they offer is what the city's data says, and each is complete."""

import importlib
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plugins.sdk.hooks import HOOKS, Hooks
from plugins.sdk.manifest import InspectionItem, Manifest, TaskType, check, read
from plugins.sdk.manifest.form import schema_of
from services.demo import city as demo_city
from services.demo import lending

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
DEMO = Path(__file__).resolve().parents[3] / "services" / "demo" / "data" / "demo_city.json"
CITY_PLUGINS = {row["plugin"] for row in json.loads(DEMO.read_text())["departments"]}
#: A folder that somebody adds or takes away concerns no test but its own.
NAMES = sorted(path.parent.name for path in PLUGINS.glob("*/manifest.toml") if path.parent.name in CITY_PLUGINS)
MANIFESTS = {name: read(PLUGINS / name) for name in NAMES}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def city(demo_data: Path) -> Json:
    return dict(json.loads((demo_data / "demo_city.json").read_text()))


def test_the_lines_of_inspection_are_those_of_the_city(city: Json) -> None:
    lines = {(line.code, line.title, line.title_en) for m in MANIFESTS.values() for line in m.inspection_lines}
    known = {(row["code"], row["name_zh"], row["name_en"]) for row in city["inspection_lines"]}
    assert lines <= known
    assert lines == known or set(NAMES) < CITY_PLUGINS


def test_departments_claim_nothing_twice() -> None:
    codes = [task_type.code for manifest in MANIFESTS.values() for task_type in manifest.task_types]
    items = [item.code for manifest in MANIFESTS.values() for item in manifest.inspection_items]
    assert len(set(codes)) == len(codes)
    assert len(set(items)) == len(items)


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=NAMES)
def test_a_department_brings_its_inspection_items_as_the_city_settled_them(manifest: Manifest, city: Json) -> None:
    settled = [row for row in city["inspection_items"] if row["department"] == manifest.department]
    assert [_item_row(item, manifest.department) for item in manifest.inspection_items] == settled


def _item_row(item: InspectionItem, department: str) -> Json:
    row = asdict(item)
    return {
        **{key: row[key] for key in ("code", "line", "severity", "rectify_department", "task_type", "frequency")},
        **{key: row[key] for key in ("target", "photo_required")},
        "title_zh": item.title,
        "title_en": item.title_en,
        "department": department,
    }


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_a_department(name: str) -> None:
    manifest, faults = check(PLUGINS / name)
    assert manifest is not None
    assert faults == ()


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=NAMES)
def test_a_department_speaks_for_itself_as_the_city_knows_it(manifest: Manifest, city: Json) -> None:
    [row] = [row for row in city["departments"] if row["plugin"] == manifest.name]
    assert (manifest.department, manifest.title, manifest.title_en) == (row["code"], row["name_zh"], row["name_en"])


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=NAMES)
def test_a_department_brings_all_of_its_task_types_as_the_city_settled_them(manifest: Manifest, city: Json) -> None:
    settled = [_settled(row) for row in city["task_types"] if row["department"] == manifest.department]
    assert [_offered(task_type) for task_type in manifest.task_types] == settled


def _settled(row: Json) -> Json:
    plain = ("code", "category_code", "check_mode", "min_photos", "emergency", "title_zh", "title_en")
    fields = [
        {
            "name": field["name"],
            "label": field["label_zh"],
            "type": field["type"],
            "required": field["required"],
            "masked": field.get("masked", False),
            "options": field.get("options", []),
            "bounds": (field.get("min"), field.get("max")),
        }
        for field in row["fields"]
    ]
    return {**{key: row[key] for key in plain}, "co": row["co_departments"], "sla": row["sla"], "fields": fields}


def _offered(task_type: TaskType) -> Json:
    usual = task_type.filing_conditions[0]
    fields = [
        {
            "name": field.name,
            "label": field.label,
            "type": field.type,
            "required": field.required,
            "masked": field.masked,
            "options": [option.value for option in field.options],
            "bounds": (field.minimum, field.maximum),
        }
        for field in task_type.fields
    ]
    return {
        "code": task_type.code,
        "category_code": task_type.category,
        "check_mode": task_type.check_mode,
        "min_photos": task_type.min_photos,
        "emergency": task_type.emergency,
        "title_zh": task_type.title,
        "title_en": task_type.title_en,
        "co": list(task_type.co_departments),
        "sla": {"value": usual.limit.value, "unit": usual.limit.unit},
        "fields": fields,
    }


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=NAMES)
def test_forms_are_json_schemas_that_take_what_they_ask_for(manifest: Manifest) -> None:
    for task_type in manifest.task_types:
        schema = json.loads(schema_of(task_type.fields))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        assert validator.is_valid({})
        assert not validator.is_valid({"no_such_field": 1})


@pytest.mark.parametrize("name", NAMES)
def test_a_department_has_its_words_readme_and_one_test_for_each_hook(name: str) -> None:
    hooks = Hooks(name, importlib.import_module(f"plugins.{name}")).names
    folder = PLUGINS / name
    tests = "\n".join(path.read_text() for path in (folder / "tests").glob("test_*.py"))
    readme = (folder / "README.md").read_text()
    for hook in hooks:
        assert f"def test_hook_{hook}" in tests, f"{name} has no test of {hook}"
        assert f"`{hook}`" in readme, f"{name} does not say what it does at {hook}"
    for task_type in MANIFESTS[name].task_types:
        assert f"`{task_type.code}`" in readme


@pytest.mark.parametrize("name", NAMES)
def test_without_its_plugin_a_form_takes_the_same_answers_and_hides_the_same(name: str) -> None:
    in_its_place = {each.code: each for each in demo_city.task_types(without_departments=frozenset())}
    words = {"title", "x-title-en", "x-labels", "x-labels-en"}
    for task_type in MANIFESTS[name].task_types:
        forms = [json.loads(text) for text in (schema_of(task_type.fields), in_its_place[task_type.code].form_schema)]
        for form in forms:
            form["properties"] = {
                field: {key: value for key, value in shape.items() if key not in words}
                for field, shape in form["properties"].items()
            }
        assert forms[0] == forms[1], task_type.code


@pytest.mark.parametrize("name", NAMES)
def test_what_a_department_wants_to_be_lent_is_lent_in_the_demo_city(name: str) -> None:
    wanted = set(getattr(importlib.import_module(f"plugins.{name}.rules"), "LENT_FIELDS", ()))
    code = MANIFESTS[name].department
    lent = [set(wish.items) for wish in lending.WISHES if wish.borrower == code and wish.decision == "granted"]
    assert not wanted or any(wanted <= items for items in lent)


def test_every_hook_is_documented_and_used_by_a_department() -> None:
    used = {hook for name in NAMES for hook in Hooks(name, importlib.import_module(f"plugins.{name}")).names}
    assert used <= set(HOOKS)
    # Whoever takes a department away takes its example away, and breaks nothing.
    assert used == set(HOOKS) or set(NAMES) < CITY_PLUGINS


@pytest.mark.parametrize("name", NAMES)
def test_a_department_imports_nothing_but_the_kit_and_itself(name: str) -> None:
    allowed = re.compile(rf"^(plugins\.sdk|plugins\.{name})(\.|$)")
    for path in (PLUGINS / name).rglob("*.py"):
        for module in re.findall(r"^(?:from|import) (\S+)", path.read_text(), re.MULTILINE):
            root = module.split(".")[0]
            assert root not in {"services", "gridward", "grpc", "nameko", "eventlet", "psycopg"}, f"{path}: {module}"
            assert root != "plugins" or allowed.match(module), f"{path}: {module}"
