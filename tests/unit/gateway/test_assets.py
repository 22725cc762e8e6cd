"""What pages load is what was committed, speaks both languages, and styles itself by tokens alone."""

import json
import re
from pathlib import Path

import pytest

from services.gateway import rendering, vendor
from services.gateway.words import NAMES, words_in

SCRIPTS = sorted((rendering.STATIC / "js").rglob("*.mjs"))
STYLES = sorted((rendering.STATIC / "css").rglob("*.css"))
TEMPLATES = sorted(rendering.FOLDER.rglob("*.html"))
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgba?\(")


def test_vendored_files_are_those_of_the_lock() -> None:
    assert vendor.digests() == vendor.locked()
    assert "://" not in vendor.LOCK.read_text()


#: How the keys of texts begin that scripts put together from a code.
COMPOSED = (
    "absence_cause_",
    "admin_",
    "books_",
    "camera_fault_",
    "care_",
    "category_",
    "channel_",
    "claim_",
    "classes_",
    "day_",
    "daykind_",
    "deed_",
    "ending_",
    "fault_",
    "folk_",
    "hook_event_",
    "hook_state_",
    "key_",
    "kind_",
    "loop_",
    "mood_",
    "nearness_",
    "need_",
    "next_",
    "none_",
    "notice_",
    "occasion_",
    "order_",
    "owed_",
    "own_",
    "part_",
    "petition_",
    "plugin_deed_",
    "plugin_state_",
    "problem_",
    "reason_",
    "redemption_",
    "right_",
    "room_",
    "severity_",
    "steer_",
    "tab_",
    "times_",
    "unmask_",
    "verb_",
    "waits_",
    "weekday_",
    "when_",
    "zone_",
)
#: Sections that are not the texts of pages.
CODES = {*NAMES, "errors", "rules", "problems", "fields", "parts", "standing", "told"}


def texts_of_pages() -> set[str]:
    return {key for section, table in words_in("zh").tables.items() if section not in CODES for key in table}


def test_no_feature_says_what_another_says_under_the_same_key() -> None:
    keys = [key for section, table in words_in("zh").tables.items() if section not in CODES for key in table]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_every_text_a_script_asks_for_exists() -> None:
    known = texts_of_pages()
    asked = {key for script in SCRIPTS for key in re.findall(r'\bt\("(\w+)"', script.read_text())}
    assert asked - known == set()


def test_every_text_a_template_asks_for_exists() -> None:
    asked = {
        key for template in TEMPLATES for key in re.findall(r"(?:words\['ui'\]|\bsay)\.(\w+)", template.read_text())
    }
    assert asked - texts_of_pages() == set()


def test_no_text_of_the_pages_is_left_over() -> None:
    package = Path(rendering.__file__).parent
    files = (*SCRIPTS, *TEMPLATES, *package.rglob("*.py"))
    said = {word for path in files for word in re.findall(r"\w+", path.read_text())}
    unused = texts_of_pages() - said
    assert [key for key in unused if not key.startswith(COMPOSED)] == []


@pytest.mark.parametrize("style", [path for path in STYLES if path.name != "tokens.css"], ids=lambda path: path.name)
def test_colours_are_named_in_one_place(style: Path) -> None:
    text = style.read_text().partition("@media print")[0]
    assert set(COLOUR.findall(text)) <= {"#fff", "rgb("}


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES, *TEMPLATES], ids=lambda path: path.name)
def test_pages_load_nothing_from_elsewhere_and_carry_no_inline_code(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert "://" not in text
    assert not re.search(r"\sstyle=|\son\w+=|<script>|innerHTML|outerHTML|insertAdjacentHTML|eval\(", text)


def test_nothing_in_a_data_block_can_end_it() -> None:
    hostile = {"name": "</script><script>alert(1)</script>", "other": "<!-- & \u2028"}
    text = str(rendering.as_json(hostile))
    assert "<" not in text
    assert "&" not in text
    assert json.loads(text) == hostile
