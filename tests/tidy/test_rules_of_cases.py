"""The page that says what proves each rule of a case names tests, files and rooms that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules_of_cases.md").read_text()


def test_every_test_that_is_said_to_prove_a_rule_is_there() -> None:
    texts = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    known = {name for text in texts for name in re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE)}
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 40
    assert named - known == set()


def test_every_file_and_room_it_names_is_there() -> None:
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and " | " in line][1:]
    rooms = {room.strip() for _, code, _ in rows for room in code.split(",") if "`" not in room}
    inside = ROOT / "services" / "incidents"

    def there(room: str) -> bool:
        return any(path.exists() for path in (inside / room, inside / f"{room}.py", inside / "domain" / f"{room}.py"))

    assert {room for room in rooms if not there(room)} == set()
    files = set(re.findall(r"(?:unit|integration)/\w+/test_\w+\.py", PAGE))
    assert {name for name in files if not (ROOT / "tests" / name).exists()} == set()
