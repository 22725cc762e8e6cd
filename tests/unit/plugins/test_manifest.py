"""Whatever is wrong with a plugin's files is said at once, each fault with its place, and without running the plugin."""

import shutil
from pathlib import Path

import pytest

from plugins.sdk.manifest import ManifestInvalid, check, read

PLUGINS = Path(__file__).resolve().parents[2] / "fixtures" / "manifest_plugin"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a good department that a test may spoil."""
    copy = tmp_path / "municipal_works"
    shutil.copytree(PLUGINS / "municipal_works", copy, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    return copy


def spoil(folder: Path, old: str, new: str, file: str = "manifest.toml") -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def faults_of(folder: Path) -> list[str]:
    return [str(fault) for fault in check(folder)[1]]


def test_a_good_folder_has_no_faults_and_is_not_run(folder: Path) -> None:
    (folder / "__init__.py").write_text("raise SystemExit('somebody ran me')")
    manifest = read(folder)
    assert manifest.name == "municipal_works"
    assert manifest.department == "D09"


def test_a_folder_without_manifest_says_so(tmp_path: Path) -> None:
    assert faults_of(tmp_path) == ["manifest.toml: the file is missing"]


def test_a_file_that_is_no_toml_says_where(folder: Path) -> None:
    (folder / "manifest.toml").write_text('title = "x"\nname = ?\n')
    [fault] = faults_of(folder)
    assert fault.startswith("manifest.toml:2: Invalid value (at")


SPOILED = {
    "a name that is not the folder's": (
        'name = "municipal_works"',
        'name = "roads"',
        "name: 'roads' is not the name of the folder, 'municipal_works'",
    ),
    "another version of the kit": ('sdk = ">=1,<2"', 'sdk = ">=2"', "sdk: >=2 does not admit version 1"),
    "a range that is none": ('sdk = ">=1,<2"', 'sdk = "new"', "sdk: 'new' is not a comparison such as >=1"),
    "a missing key": ('owner = "', 'ownr = "', "owner: is missing"),
    "a key nobody knows": ('owner = "', 'ownr = "', "ownr: is not a key that means anything here"),
    "a quality that is none": ('"gold"', '"brilliant"', "quality: 'brilliant' is none of bronze, silver"),
    "a version that is none": ('version = "1.0.0"', 'version = "one"', "version: 'one' does not look like"),
    "a department that is none": ('department = "D09"', 'department = "roads"', "department: 'roads' does not look"),
    "a code twice": ('code = "road_damage"', 'code = "manhole_cover_missing"', "task_types: has manhole_cover_missing"),
    "a unit that is none": (
        'unit = "urgent_hour"',
        'unit = "fortnight"',
        "task_types[manhole_cover_missing].filing_conditions[missing].limit.unit: 'fortnight' is none of minute",
    ),
    "no time at all": (
        "limit = { value = 2, unit",
        "limit = { value = 0, unit",
        "task_types[manhole_cover_missing].filing_conditions[missing].limit.value: must be more than 0",
    ),
    "a limit left out": (
        'limit = { value = 2, unit = "urgent_hour" }',
        "",
        "task_types[manhole_cover_missing].filing_conditions[missing].limit: is missing",
    ),
    "a condition twice": ('code = "broken"', 'code = "missing"', "filing_conditions: has missing more than once"),
    "too many photos": ("min_photos = 1", "min_photos = 10", "min_photos: must be a whole number from 0 to 9"),
    "a check that is none": ('check_mode = "photo"', 'check_mode = "hope"', "check_mode: 'hope' is none of field"),
    "an assistant that is oneself": ('["D11"]', '["D09"]', "co_departments: D09 cannot assist itself"),
    "points for nobody": (
        'beneficiary = "reporter", base_points = 10',
        "base_points = 10",
        "points: needs both a beneficiary and base_points",
    ),
    "an emergency that is a text": ("emergency = true", 'emergency = "yes"', "emergency: must be true or false"),
    "keywords that are no list": ('keywords = ["井盖"', 'keywords = [1, "井盖"', "keywords: must be a list of texts"),
    "a field type that is none": (
        'type = "boolean"',
        'type = "maybe"',
        "fields[fenced].type: 'maybe' is none of string",
    ),
    "choices where none belong": (
        'type = "enum"',
        'type = "string"',
        "fields[cover_kind].options: are needed by enum and possible nowhere else",
    ),
    "a choice twice": ('value = "sewage"', 'value = "water"', "fields[cover_kind].options: has water more than once"),
    "bounds on words": (
        'label_en = "Component code"\ntype = "string"',
        'label_en = "Component code"\ntype = "string"\nmin = 1',
        "fields[component_code].min: bounds are possible for integer and decimal only",
    ),
    "bounds the wrong way round": ("min = 0\n", "min = 9\nmax = 1\n", "fields[area_m2].min: is more than max"),
    "English left out": ('title_en = "Damaged road surface"\n', "", "task_types[road_damage].title_en: is missing"),
    "a title that is too long": (
        'title = "道路破损"',
        f'title = "{"长" * 101}"',
        "title: is longer than 100 characters",
    ),
}


@pytest.mark.parametrize("how", SPOILED, ids=list(SPOILED))
def test_a_fault_is_named_with_its_place(folder: Path, how: str) -> None:
    old, new, expected = SPOILED[how]
    before = (folder / "manifest.toml").read_text()
    line = before[: before.index(old)].count("\n") + 1
    spoil(folder, old, new)
    [fault] = [fault for fault in check(folder)[1] if expected in str(fault)]
    assert fault.file == "manifest.toml"
    # What is left out is missed in its table; whatever is there is shown on its own line.
    there = not {"missing", "twice", "once", "needed"} & set(fault.problem.split()) and "\n" not in new
    assert fault.line == line if there else fault.line >= 1


def text_of(folder: Path, line: int) -> str:
    return (folder / "manifest.toml").read_text().splitlines()[line - 1]


def test_a_fault_deep_in_a_list_is_told_with_its_line(folder: Path) -> None:
    spoil(folder, '{ value = "gas", label = "燃气", label_en = "Gas" }', '{ value = "gas", label = "燃气" }')
    [fault] = check(folder)[1]
    assert 'value = "gas"' in text_of(folder, fault.line)
    assert fault.key == "task_types[manhole_cover_missing].fields[cover_kind].options[gas].label_en"


def test_what_a_plugin_asks_for_is_read_and_held_against_the_list(folder: Path) -> None:
    asked = 'permissions = ["cases.note", "cases.rule", "link.send", "data.low_income"]'
    spoil(folder, 'permissions = ["cases.note", "cases.report"]', asked)
    extra = """
[[settings]]
name = "repeat_days"
label = "重复天数"
label_en = "Days"
type = "integer"
default = 500
max = 365

[[task_types]]"""
    spoil(folder, "\n[[task_types]]", extra)
    faults = [str(fault) for fault in check(folder)[1]]
    assert any("'cases.rule' is none of cases.note, cases.advance" in fault for fault in faults)
    assert any("settings[repeat_days].default: must be at most 365" in fault for fault in faults)
    assert any("link.send needs a setting called link_url" in fault for fault in faults)
    assert any("a link needs a secret called link_key" in fault for fault in faults)
    assert len(faults) == 4


def test_stages_hints_and_notices_must_fit_their_task_type(folder: Path) -> None:
    extra = """
hints = [{ field = "cover_kind", value = "wood", department = "D11" }, { field = "colour", value = "x", department = "D11" }]
stages = [{ code = "begun", title = "始", title_en = "Begun", next = ["gone"] }]
notices = [{ at = "sign", to = "mayor", text = "已签收", text_en = "Signed" }]
check_mode = "photo\""""
    spoil(folder, '\ncheck_mode = "photo"', extra)
    faults = [str(fault) for fault in check(folder)[1]]
    assert any("hints[wood].value: 'wood' is no option of cover_kind" in fault for fault in faults)
    assert any("hints[x].field: 'colour' is no field of this task type" in fault for fault in faults)
    assert any("stages[begun].next: 'gone' is no stage" in fault for fault in faults)
    assert any("notices[0].to: 'mayor' is none of reporter, handler, leader" in fault for fault in faults)


def test_all_faults_are_listed_at_once(folder: Path) -> None:
    spoil(folder, 'name = "municipal_works"', 'name = "Roads!"')
    spoil(folder, 'quality = "gold"', 'quality = "brilliant"')
    spoil(folder, 'drainage = "the drainage company"\n', "", "locale/en.toml")
    with pytest.raises(ManifestInvalid) as caught:
        read(folder)
    assert [(fault.file, fault.key) for fault in caught.value.faults] == [
        ("manifest.toml", "name"),
        ("manifest.toml", "name"),
        ("manifest.toml", "quality"),
        ("locale/en.toml", "owner.drainage"),
    ]
    assert "municipal_works has 4 faults" in str(caught.value)


def test_languages_must_have_the_same_keys_and_placeholders(folder: Path) -> None:
    spoil(folder, 'gas = "the gas company"', 'fuel = "the gas company"', "locale/en.toml")
    spoil(folder, "case {number} was", "case {nummer} was", "locale/en.toml")
    assert faults_of(folder) == [
        "locale/en.toml: owner.gas: is there in zh but not here",
        "locale/zh.toml: owner.fuel: is there in en but not here",
        "locale/en.toml: second_look: has other placeholders than in zh",
    ]


def test_a_language_left_out_is_a_fault(folder: Path) -> None:
    (folder / "locale" / "en.toml").unlink()
    assert faults_of(folder) == ["locale/en.toml: the file is missing"]


def test_a_text_that_is_a_number_is_a_fault(folder: Path) -> None:
    (folder / "locale" / "en.toml").write_text("[owner]\ngas = 5\n")
    assert faults_of(folder) == ["locale/en.toml: owner.gas is not a text"]
