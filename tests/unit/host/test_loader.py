"""Departments are found by entry point, read before they are run, and refused one by one."""

import shutil
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from services.host import loader
from services.host.watchdog import Watchdog
from services.host.worker import service_class

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
EXTERNAL = Path(__file__).resolve().parents[2] / "fixtures" / "external_plugin"


SOUND = "from plugins.sdk import hookimpl\n@hookimpl\ndef case_closed(case): ...\n@hookimpl\ndef case_signed(case): ..."


def point(name: str, value: str | None = None) -> EntryPoint:
    return EntryPoint(name=name, value=value or name, group=loader.GROUP)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path in which a test lays out plugins."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def lay_out(site: Path, name: str, code: str, manifest: str | None = None) -> EntryPoint:
    shutil.copytree(EXTERNAL / "heritage" / "locale", site / name / "locale")
    text = (EXTERNAL / "heritage" / "manifest.toml").read_text().replace('name = "heritage"', f'name = "{name}"')
    (site / name / "manifest.toml").write_text(text if manifest is None else manifest)
    (site / name / "__init__.py").write_text(code)
    return point(name)


def test_the_departments_of_the_suite_are_installed() -> None:
    folders = {path.parent.name for path in PLUGINS.glob("*/manifest.toml")}
    assert folders <= {found.name for found in loader.installed()}
    loaded = loader.load(sorted(folders))
    assert loaded.problems == {}
    assert {department.name for department in loaded.departments} == folders
    assert all(department.task_types and department.hooks.names for department in loaded.departments)


def test_a_plugin_with_a_faulty_manifest_is_not_run(site: Path) -> None:
    plugin = lay_out(site, "faulty_one", "raise SystemExit('somebody ran me')", manifest='name = "other"\n')
    loaded = loader.load([], lambda: [plugin])
    assert loaded.departments == ()
    assert "manifest.toml:1: name: 'other' is not the name of the folder" in loaded.problems["faulty_one"]
    assert "manifest.toml:1: task_types" in loaded.problems["faulty_one"]


BROKEN = {
    "code that raises": ("raise ValueError('no')", "no"),
    "code that quits": ("raise SystemExit('away')", "SystemExit: away"),
    "code that ends everything": ("raise type('Out', (BaseException,), {})('gone')", "Out: gone"),
    "code without words": (
        "raise type('Mute', (Exception,), {'__str__': lambda self: 1 // 0})",
        "Mute: (it cannot say what is wrong)",
    ),
    "a misspelt hook": (
        "from plugins.sdk import hookimpl\n@hookimpl\ndef case_clozed(case): ...",
        "unknown hook 'case_clozed'",
    ),
    "a misspelt argument": ("from plugins.sdk import hookimpl\n@hookimpl\ndef case_closed(cass): ...", "cass"),
}


@pytest.mark.parametrize("how", BROKEN, ids=list(BROKEN))
def test_a_broken_plugin_is_refused_with_its_reason_and_the_good_one_runs(site: Path, how: str) -> None:
    code, reason = BROKEN[how]
    number = list(BROKEN).index(how)
    name, good = f"broken_{number}", f"good_{number}"
    loaded = loader.load([], lambda: [lay_out(site, name, code), lay_out(site, good, SOUND)])
    assert [department.name for department in loaded.departments] == [good]
    assert reason in loaded.problems[name]


def test_an_entry_point_without_a_package_is_refused() -> None:
    loaded = loader.load([], lambda: [point("ghost", "no_such_package")])
    assert loaded.problems == {"ghost": "there is no package no_such_package"}


def test_an_entry_point_under_another_name_is_refused(site: Path) -> None:
    lay_out(site, "ponds", SOUND)
    loaded = loader.load([], lambda: [point("parks", "ponds")])
    assert "the entry point is called 'parks', the plugin 'ponds'" in loaded.problems["parks"]


def test_a_name_that_is_not_installed_is_a_problem() -> None:
    assert loader.load(["nobody"], list).problems == {"nobody": "no such plugin is installed"}


def test_a_department_becomes_a_service_with_a_method_for_each_hook(site: Path) -> None:
    [department] = loader.load([], lambda: [lay_out(site, "old_walls", SOUND)]).departments
    service = service_class(department, hook_timeout_s=1.0, watchdog=Watchdog())
    assert service.__name__ == "OldWalls"
    assert service.name == "host.old_walls"  # type: ignore[attr-defined]  # nameko's own name
    methods = {name for name, member in vars(service).items() if hasattr(member, "nameko_entrypoints")}
    assert methods == {"case_closed", "case_signed"}
