"""The drill that takes departments away finds the tests that can notice, and no others."""

from pathlib import Path

import pytest

from tests.drills import concerned

ROOT = Path(__file__).resolve().parents[3]
FILES = {
    "services/seeker.py": 'from importlib.metadata import entry_points\nGROUP = entry_points(group="gridward.plugins")\n',
    "services/between.py": "from services import seeker\n",
    "services/quiet.py": 'FOLDERS = ("plugins/", "services")\n',
    "tests/__init__.py": "",
    "tests/conftest.py": "from services import quiet\n",
    "tests/order.py": "",
    "tests/unit/test_through_others.py": "def test_it():\n    from services.between import seeker\n",
    "tests/unit/test_quiet.py": "import services.quiet\n",
    "tests/unit/test_relative.py": "from ..order import x\n",
    "tests/whole/conftest.py": 'COMMAND = ["-m", "services.machine"]\n',
    "tests/whole/test_city.py": 'def test_it():\n    assert "fire"\n',
    "plugins/fire/tests/test_own.py": 'from services import seeker\nNAME = "gridward.plugins"\n',
}


def test_a_test_looks_at_the_folders_by_what_it_and_its_conftests_import_and_start(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert concerned.tests_that_look(tmp_path) == {
        "tests/unit/test_through_others.py": "services.seeker",
        "tests/whole/test_city.py": "tests.whole.conftest",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [('TYPE = "fire"', True), ("import plugins.fire.rules", True), ("plugins/fire", True), ("fire = 1", False)],
)
def test_a_department_is_named_in_quotes_or_as_a_package(tmp_path: Path, text: str, said: bool) -> None:
    file = tmp_path / "test_x.py"
    file.write_text(text)
    assert concerned.names(file, "fire") is said


def test_nothing_that_every_test_imports_looks_at_the_folders() -> None:
    assert concerned.looks_through(ROOT, "tests/unit/platform/test_seal.py") == ""
    assert concerned.looks_through(ROOT, "tests/unit/host/test_loader.py") == "tests.unit.host.test_loader"
