"""Which plugins may run: every reason is named, and secrets stay secret."""

from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from plugins.sdk.manifest import InspectionItem, Manifest, SecretField, SettingField, read
from services.host import loader
from services.host.admission import Operator, Policy, granted, problems, settings_in

HERITAGE = read(Path(__file__).resolve().parents[2] / "fixtures" / "external_plugin" / "heritage")
DAYS = SettingField(name="days", label="天", label_en="Days", type="integer", default=30, minimum=1, maximum=90)
URL = SettingField(name="url", label="址", label_en="URL", type="string")
KEY = SecretField(name="link_key", label="钥", label_en="Key")


def item(code: str) -> InspectionItem:
    return InspectionItem(
        code=code,
        line="FIRE",
        title="门",
        title_en="Door",
        severity="major",
        frequency="daily",
        target="shop",
        task_type="x",
        rectify_department="D14",
        photo_required=True,
    )


def test_a_plugin_that_asks_for_more_than_its_department_may_have_is_refused_by_name() -> None:
    policy = Policy('[all]\npermissions = ["cases.note"]\n[D17]\npermissions = ["files.keep"]\n')
    asking = replace(HERITAGE, permissions=("cases.note", "files.keep", "data.low_income"))
    assert problems(asking, policy, []) == ["asks for data.low_income, which department D17 may not have"]
    other = replace(asking, department="D01")
    assert len(problems(other, policy, [])) == 2


def test_two_plugins_that_claim_one_type_or_item_are_refused_by_name() -> None:
    policy = Policy.read(None)
    first = replace(HERITAGE, name="first", inspection_items=(item("FIRE-01"),))
    second = replace(HERITAGE, name="second", inspection_items=(item("FIRE-01"), item("FIRE-02")))
    assert problems(second, policy, [first]) == [
        "task type old_wall_damage is claimed by plugin first",
        "inspection item FIRE-01 is claimed by plugin first",
    ]


def test_what_the_operator_set_is_held_against_the_manifest() -> None:
    manifest = replace(HERITAGE, settings=(DAYS, URL))
    given, wrong = granted(manifest, {"url": "https://a.example"}, None)
    assert wrong == []
    assert dict(given.settings) == {"days": 30, "url": "https://a.example"}
    _, wrong = granted(manifest, {"days": 91, "colour": "red"}, None)
    assert wrong == [
        "settings: colour is not declared in the manifest",
        "settings: days must be at most 90",
        "settings: url must be set",
    ]


def test_secrets_lie_in_files_and_do_not_show(tmp_path: Path) -> None:
    (tmp_path / "heritage").mkdir()
    (tmp_path / "heritage" / "link_key").write_text("s3cret\n")
    (tmp_path / "heritage" / "other").write_text("not declared")
    given, wrong = granted(replace(HERITAGE, secrets=(KEY,)), {}, tmp_path)
    assert (dict(given.secrets), wrong) == ({"link_key": "s3cret"}, [])
    assert "s3cret" not in repr(given)


def test_settings_are_read_from_one_file_with_a_table_for_each_plugin(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    path.write_text("[heritage]\ndays = 5\n")
    assert settings_in(path) == {"heritage": {"days": 5}}
    assert settings_in(None) == {}


def test_the_loader_passes_over_whoever_may_not_run_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    external = Path(__file__).resolve().parents[2] / "fixtures" / "external_plugin"
    monkeypatch.syspath_prepend(str(external))
    point = EntryPoint(name="heritage", value="heritage", group=loader.GROUP)
    strict = Operator(policy=Policy("[all]\npermissions = []\n"))
    loaded = loader.load(["heritage"], lambda: [point], strict)
    assert loaded.departments == ()
    assert "asks for cases.note, which department D17 may not have" in loaded.problems["heritage"]


@pytest.mark.parametrize("manifest", [HERITAGE])
def test_the_policy_of_the_suite_lets_every_plugin_act_on_its_own_cases(manifest: Manifest) -> None:
    assert Policy.read(None).refused(manifest) == []
    assert Policy.read(None).refused(replace(manifest, permissions=("data.low_income",))) == ["data.low_income"]
