"""The order in which tests are begun names files that are there."""

from pathlib import Path

from tests.order import FIRST, FOLDERS, place_of

ROOT = Path(__file__).resolve().parents[2]


def test_every_file_and_folder_of_the_order_is_there() -> None:
    assert [name for name in (*FIRST, *FOLDERS) if not (ROOT / name).exists()] == []


def test_long_files_come_before_short_ones_and_the_nearest_folder_counts() -> None:
    files = ["tests/unit/x.py", "plugins/fire/tests/x.py", "tests/tidy/x.py", "tests/integration/host/x.py", FIRST[1]]
    assert sorted(files, key=place_of) == list(reversed(files))
