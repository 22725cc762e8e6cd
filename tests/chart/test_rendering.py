"""The chart renders: the same on two generations of helm, the same each time, and as it was agreed."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest

from tests.chart import golden, helm
from tests.chart.helm import NEWEST, OLDEST, PROFILES
from tests.chart.schemas import faults_of

VERSIONS = [f"1.{minor}" for minor in range(31, 38)]


@pytest.mark.parametrize("version", [NEWEST, OLDEST])
def test_helm_finds_nothing_to_complain_of(version: str) -> None:
    for profile in ("ci", "everything"):
        answer = helm.run(version, "lint", "--strict", str(helm.CHART), *helm.values_of(profile))
        assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("profile", PROFILES)
def test_both_generations_of_helm_render_the_same(profile: str) -> None:
    assert helm.rendered(profile, NEWEST) == helm.rendered(profile, OLDEST)


def test_rendering_twice_gives_the_same() -> None:
    again = helm.template(NEWEST, *helm.values_of("everything"))
    assert helm.rendered("everything") == tuple(helm.objects_in(again.stdout))


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_rendered_is_what_was_agreed(profile: str) -> None:
    agreed = golden.file_of(profile).read_text().splitlines()
    found = golden.text_of(helm.rendered(profile)).splitlines()
    difference = "\n".join(difflib.unified_diff(agreed, found, "agreed", "rendered", lineterm="", n=1))
    assert not difference, f"{difference}\nIf this is meant: python -m tests.chart.golden"


@pytest.mark.parametrize("kubernetes", VERSIONS)
def test_every_object_fits_the_schema_of_every_supported_kubernetes(kubernetes: str) -> None:
    profiles = PROFILES if kubernetes in {VERSIONS[0], VERSIONS[-1]} else ["everything"]
    faults = [f for profile in profiles for item in helm.rendered(profile) for f in faults_of(item, kubernetes)]
    assert not faults


def test_a_wrong_or_unknown_object_would_be_found() -> None:
    cluster = next(item for item in helm.rendered("everything") if item["kind"] == "Cluster")
    deployment = helm.of_kind(helm.rendered("ci"), "Deployment")[0]
    spec = deployment["spec"]
    assert faults_of({**cluster, "spec": {**cluster["spec"], "instancez": 3}}, "1.37")
    assert faults_of({**deployment, "spec": {**spec, "replicas": "three"}}, "1.31")
    assert faults_of({**deployment, "kind": "Deploiment"}, "1.31")


def test_every_name_is_taken_once() -> None:
    for profile in PROFILES:
        names = [(item["kind"], item["metadata"]["name"]) for item in helm.rendered(profile)]
        assert len(names) == len(set(names))


def test_the_chart_packs_without_tests_and_secrets(tmp_path: Path) -> None:
    answer = helm.run(NEWEST, "package", str(helm.CHART), "--destination", str(tmp_path))
    assert answer.returncode == 0, answer.stderr
    package = next(tmp_path.glob("gridward-*.tgz"))
    assert package.stat().st_size < 100_000


REFUSALS = {
    "a number where words belong": ("logLevel=3", "logLevel"),
    "a port that cannot be": ("database.port=99999", "database"),
    "a key nobody knows": ("services.points.prot=1", "prot"),
    "a key nobody knows at the top": ("databse.port=5432", "databse"),
    "an image that changes under its name": ("image.tag=latest", "tag"),
    "a digest cut short": ("image.digests.gateway=sha256:abc", "gateway"),
    "an address without a scheme": ("public.url=city.example", "url"),
    "an endpoint with a scheme": ("objects.endpoint=https://s3", "endpoint"),
    "no replica": ("services.points.replicas=0", "replicas"),
    "an amount that is none": ("services.points.resources.limits.memory=lots", "memory"),
    "a service that is called and is none": ("services.points.calls={nobody}", "nobody"),
    "a queue without a broker": ("services.points.autoscaling.queue=x", "rabbitmq"),
    "more at least than at most": ("services.points.autoscaling.min=9", "above max"),
    "a backup to nowhere": ("backup.enabled=true", "existingClaim"),
    "a release of whatever is installed": ("plugins.departments.releases.two.tag=2.0.0", "which programs"),
    "a release whose name is none": ("plugins.fire.releases.Two.tag=2.0.0", "Two"),
    "a release of a release": ("plugins.fire.releases.two.releases.three.tag=1", "releases"),
    "production without an issuer": ("environment=production", "oidc.issuer"),
    "a city without an address": ("public.url=", "public.url"),
    "a route to nothing": ("edge.httpRoute.enabled=true", "parentRefs"),
}


@pytest.mark.parametrize(("setting", "named"), REFUSALS.values(), ids=REFUSALS)
def test_values_that_make_no_sense_are_refused_by_name(setting: str, named: str) -> None:
    answer = helm.template(NEWEST, *helm.values_of("ci"), "--set", setting)
    assert answer.returncode != 0
    assert named in answer.stderr


def test_every_object_of_the_schema_refuses_unknown_keys() -> None:
    schema = json.loads((helm.CHART / "values.schema.json").read_text())

    def open_ones(node: object, path: str) -> list[str]:
        if not isinstance(node, dict):
            return []
        own = [path] if "properties" in node and node.get("additionalProperties") is not False else []
        return own + [found for key, child in node.items() for found in open_ones(child, f"{path}/{key}")]

    assert open_ones(schema, "") == []


def test_code_lengths_of_a_place_inside_reach_the_registry_as_it_reads_them() -> None:
    told = '{"430882": [6, 6, 9, 12, 16, 19]}'
    wanted = json.dumps({"registry": {"settings": {"area_code_lengths_of": told}}})
    answer = helm.template(NEWEST, *helm.values_of("ci"), "--set-json", f"services={wanted}")
    assert answer.returncode == 0, answer.stderr
    maps = [item for item in helm.objects_in(answer.stdout) if item["kind"] == "ConfigMap"]
    given = {item["data"].get("GRIDWARD_AREA_CODE_LENGTHS_OF") for item in maps}
    assert given == {None, told}


def test_a_second_release_of_a_department_runs_beside_the_first_with_what_is_its_own() -> None:
    found = {(item["kind"], item["metadata"]["name"]): item for item in helm.rendered("everything")}
    names = ("whole-host-heritage", "whole-host-heritage-two")
    containers = [found["Deployment", name]["spec"]["template"]["spec"]["containers"][0] for name in names]
    assert [each["image"].rpartition(":")[2] for each in containers] == ["1.2.0", "2.0.0"]
    assert [each["args"] for each in containers] == [["services.host", "heritage"]] * 2
    told = [found["ConfigMap", name]["data"] for name in names]
    assert [each.get("GRIDWARD_PLUGIN_RELEASE") for each in told] == [None, "two"]
    assert [each["GRIDWARD_HOOK_TIMEOUT_S"] for each in told] == ["2.5", "5"]


def test_a_release_goes_on_when_the_entry_it_stood_beside_is_switched_off(tmp_path: Path) -> None:
    entry = "{departments: [fire], digest: sha256:%s, autoscaling: {queue: host.fire}, enabled: false" % ("a" * 64)
    values = tmp_path / "values.yaml"
    values.write_text(
        f"departments: {{database: true}}\nrabbitmq: {{enabled: true}}\nplugins: {{fire: {entry}, releases: {{two: {{tag: 2.0.0}}}}}}}}\n"
    )
    answer = helm.template(NEWEST, *helm.values_of("ci"), "--values", str(values))
    assert answer.returncode == 0, answer.stderr
    fires = [item for item in helm.objects_in(answer.stdout) if "host-fire" in item["metadata"]["name"]]
    assert {item["metadata"]["name"] for item in fires} == {"city-host-fire-two"}
    [deployment] = [item for item in fires if item["kind"] == "Deployment"]
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"].endswith("gridward-host:2.0.0")
    [scaled] = [item for item in fires if item["kind"] == "ScaledObject"]
    assert scaled["spec"]["triggers"][0]["metadata"]["queueName"] == "host.fire@two"
