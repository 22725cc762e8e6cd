"""Prints which of the 59 mechanisms of the field is proved by which test."""

import contextlib
import io
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


class Collector:
    """Remembers the rows that collected tests are marked with."""

    def __init__(self) -> None:
        self.tests: dict[int, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("mechanism"):
                for row in mark.args:
                    self.tests[int(row)].add(item.nodeid.partition("[")[0])


def main() -> None:
    """Collect all tests without running them, and print the table."""
    titles = tomllib.loads((ROOT / "docs" / "mechanisms.toml").read_text())["mechanisms"]
    collector = Collector()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-q", "--rootdir", str(ROOT)], plugins=[collector])
    for number, title in ((int(key), value) for key, value in titles.items()):
        proofs = sorted(collector.tests.get(number, ()))
        print(f"{'●' if proofs else '○'} {number:2d} {title}")
        for proof in proofs:
            print(f"       {proof}")
    print(f"\n{len(collector.tests)} of {len(titles)} proved")


if __name__ == "__main__":
    main()
