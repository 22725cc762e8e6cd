"""Whoever is installed while the host runs is taken in, refused with reasons, and judged anew once it is mended."""

import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from services.host import loader
from services.host.admission import Operator
from services.host.health import Health
from services.host.loader import Department
from services.host.newcomers import LOOKS_AFTER_CHANGE, Newcomers
from tests.unit.host.test_loader import EXTERNAL, SOUND, lay_out, point


class Town:
    """A folder into which departments are installed, and the host that looks at it."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.health = Health()
        self.taken: list[Department] = []
        self.newcomers = Newcomers(
            [], operator=Operator.usual(), health=self.health, take_in=self.taken.append, discover=self.installed
        )

    def installed(self) -> Iterator[EntryPoint]:
        return (point(path.parent.name) for path in sorted(self.site.glob("*/__init__.py")))

    def look_around(self) -> list[str]:
        """As often as the host looks until nothing new can come of it; the names of all that run."""
        for _ in range(LOOKS_AFTER_CHANGE + 2):
            self.newcomers.look()
        return [department.name for department in self.taken]

    def problem(self, name: str) -> str:
        return self.health.plugins[name].problem


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield Town(tmp_path)
    for name in set(sys.modules) - before:
        if name.startswith("late_"):
            del sys.modules[name]


def test_one_that_is_installed_while_the_host_runs_is_taken_in_once(town: Town) -> None:
    assert town.look_around() == []
    lay_out(town.site, "late_walls", SOUND)
    assert town.look_around() == ["late_walls"]
    assert town.look_around() == ["late_walls"]
    assert town.taken[0].hooks.names == ("case_closed", "case_signed")


def test_nothing_half_written_is_read(town: Town) -> None:
    lay_out(town.site, "late_ponds", SOUND)
    manifest = town.site / "late_ponds" / "manifest.toml"
    whole = manifest.read_text()
    for length in (10, 200, len(whole)):
        manifest.write_text(whole[:length])
        town.newcomers.look()
    assert "late_ponds" not in town.health.plugins
    assert town.look_around() == ["late_ponds"]


def test_one_that_is_refused_is_judged_anew_when_it_has_changed_and_only_then(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[list[str]] = []
    load = loader.load
    monkeypatch.setattr(loader, "load", lambda names, *rest: judged.append(names) or load(names, *rest))
    lay_out(town.site, "late_trees", "raise ValueError('no leaves')", manifest='name = "late_trees"\n')
    assert town.look_around() == town.look_around() == []
    assert "manifest.toml:1: task_types" in town.problem("late_trees")
    text = (EXTERNAL / "heritage" / "manifest.toml").read_text().replace('"heritage"', '"late_trees"')
    (town.site / "late_trees" / "manifest.toml").write_text(text)
    assert town.look_around() == []
    assert town.problem("late_trees") == "ValueError: no leaves"
    (town.site / "late_trees" / "__init__.py").write_text(SOUND + "\n")
    assert town.look_around() == ["late_trees"]
    assert len(judged) == 3


def test_one_that_claims_what_another_has_is_refused_by_its_name_and_forgotten_when_it_is_taken_away(
    town: Town,
) -> None:
    lay_out(town.site, "late_first", SOUND)
    assert town.look_around() == ["late_first"]
    lay_out(town.site, "late_second", SOUND)
    assert town.look_around() == ["late_first"]
    assert "task type old_wall_damage is claimed by plugin late_first" in town.problem("late_second")
    assert town.health.plugins["late_second"].state == "refused"
    shutil.rmtree(town.site / "late_second")
    assert town.look_around() == ["late_first"]
    assert "late_second" not in town.health.plugins


def test_another_version_of_one_that_runs_is_told_of_until_it_is_gone(town: Town) -> None:
    lay_out(town.site, "late_walls", SOUND)
    assert town.look_around() == ["late_walls"]
    town.health.runs("late_walls", version="1.2.0", release="")
    for version, told in (("1.3.0", "1.3.0"), ("1.2.0", "")):
        manifest = town.site / "late_walls" / "manifest.toml"
        words = re.sub(r'^version = ".*"$', f'version = "{version}"', manifest.read_text(), flags=re.MULTILINE)
        shutil.rmtree(town.site / "late_walls")
        lay_out(town.site, "late_walls", SOUND, manifest=words)
        assert town.look_around() == ["late_walls"]
        assert town.health.plugins["late_walls"].told()["installed"] == told
