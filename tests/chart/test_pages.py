"""What docs/operations tells a person to type exists and does what it says, as far as no cluster is needed for that."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.chart import helm
from tests.chart.helm import NEWEST, OLDEST, ROOT

PAGES = sorted((ROOT / "docs" / "operations").glob("*.md"))
TEXT = "\n".join(page.read_text() for page in PAGES)
INSTALL = (ROOT / "docs" / "operations" / "install.md").read_text()
DIGEST = "sha256:" + "0" * 64


def objects_named(kind: str) -> set[str]:
    """Names without the release of all objects of a kind, of every profile."""
    found = [item for profile in helm.PROFILES for item in helm.of_kind(helm.rendered(profile), kind)]
    return {item["metadata"]["name"].removeprefix(f"{helm.RELEASE}-") for item in found}


@pytest.mark.parametrize(("word", "kind"), [("deploy", "Deployment"), ("cronjob", "CronJob"), ("job", "Job")])
def test_every_object_that_a_page_names_is_rendered(word: str, kind: str) -> None:
    named = set(re.findall(rf"\b{word}/(?:\$R|city)-([a-z<>-]+)", TEXT))
    assert named
    rendered = objects_named(kind)
    for name in named:
        pattern = re.sub(r"<\w+>", "[a-z-]+", name)
        assert any(re.fullmatch(pattern, each) for each in rendered), f"{word}/$R-{name}"


def test_every_verb_of_operations_that_a_page_uses_is_one() -> None:
    source = (ROOT / "services" / "operations" / "__main__.py").read_text()
    verbs = set(re.findall(r'\("(\w+)", (?:help=)?"', source))
    used = set(re.findall(r"services\.operations ([a-z]+)", TEXT)) | set(
        re.findall(r"`(verify|restore|retain)\b", TEXT)
    )
    assert {"backup", "migrate", "keys", "retain", "verify"} <= used <= verbs


@pytest.mark.parametrize("version", [NEWEST, OLDEST])
def test_the_values_of_the_page_render_with_the_profile_it_names(version: str, tmp_path: Path) -> None:
    block = re.search(r"```yaml\n# city.yaml\n(.*?)```", INSTALL, re.DOTALL)
    assert block is not None
    told = block.group(1).replace('"sha256:…", …', f'"{DIGEST}"')
    (tmp_path / "city.yaml").write_text(told)
    profile = helm.CHART / "profiles" / "production.yaml"
    answer = helm.run(
        version, "template", helm.RELEASE, str(helm.CHART), "-f", str(profile), "-f", str(tmp_path / "city.yaml")
    )
    assert answer.returncode == 0, answer.stderr
    (gateway,) = [
        item
        for item in helm.objects_in(answer.stdout)
        if item["kind"] == "Deployment" and item["metadata"]["name"].endswith("-gateway")
    ]
    image = gateway["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"registry.city.example/gridward-gateway@{DIGEST}"


def test_the_line_that_makes_a_restore_of_the_backup_job_does_so() -> None:
    page = (ROOT / "docs" / "operations" / "backup.md").read_text()
    script = re.search(r"\| sed '(.*?)'", page, re.DOTALL)
    assert script is not None
    (job,) = [
        item
        for item in helm.of_kind(helm.rendered("production"), "CronJob")
        if item["metadata"]["name"].endswith("-backup")
    ]
    text = yaml.safe_dump(job["spec"]["jobTemplate"]["spec"]["template"]["spec"])  # in the form kubectl prints it
    changed = subprocess.run(["sed", script.group(1)], input=text, capture_output=True, text=True, check=True).stdout
    (container,) = yaml.safe_load(changed)["containers"]
    folder = re.search(r"/backups/[\w.-]+Z", script.group(1))
    assert folder is not None
    assert container["args"] == ["services.operations", "restore", folder.group()]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/backups", "/etc/gridward/databases"}


def test_every_value_that_a_page_turns_is_one_of_the_chart() -> None:
    values = yaml.safe_load((helm.CHART / "values.yaml").read_text())
    roots = "|".join(values)
    for path in set(re.findall(rf"`((?:{roots})\.[a-zA-Z.<>]+?)`", TEXT)):
        if path.endswith((".dump", ".jsonl", ".py", ".md")):
            continue
        at = values
        for key in path.split("."):
            inside = {**values["defaults"], **at} if at in values["services"].values() else at
            assert "<" in key or key in inside, path
            at = next(iter(inside.values())) if "<" in key else inside[key]
