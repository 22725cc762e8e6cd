"""What an operator may rely on, in every profile: nobody is root, everything has a limit, nothing talks to strangers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.gateway.routes.departments import HYPHENS
from tests.chart import helm
from tests.chart.helm import NEWEST, PROFILES, Manifest, of_kind, pods_of

Selector = dict[str, str]


@pytest.fixture(params=PROFILES)
def manifests(request: pytest.FixtureRequest) -> tuple[Manifest, ...]:
    return helm.rendered(request.param)


def containers_of(pod: Manifest) -> list[Manifest]:
    spec = pod["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def selects(selector: Selector, pod: Manifest) -> bool:
    return selector.items() <= pod["metadata"]["labels"].items()


def deployments(manifests: tuple[Manifest, ...]) -> list[Manifest]:
    return of_kind(manifests, "Deployment")


def test_every_pod_would_be_admitted_under_the_restricted_standard(manifests: tuple[Manifest, ...]) -> None:
    for where, pod in pods_of(manifests):
        spec = pod["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & spec.keys(), where
        assert {key for volume in spec.get("volumes", []) for key in volume} <= {
            *("name", "secret", "configMap", "emptyDir", "persistentVolumeClaim"),
        }, where
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers_of(pod):
            rights = container["securityContext"]
            assert rights["runAsNonRoot"] is True, where
            assert rights["allowPrivilegeEscalation"] is False, where
            assert rights["privileged"] is False, where
            assert rights["readOnlyRootFilesystem"] is True, where
            assert rights["capabilities"] == {"drop": ["ALL"]}, where
            assert "hostPort" not in str(container.get("ports", ""))
        assert spec["securityContext"]["runAsUser"] >= 10_000, where


def test_no_pod_holds_a_token_of_the_cluster(manifests: tuple[Manifest, ...]) -> None:
    for where, pod in pods_of(manifests):
        assert pod["spec"]["automountServiceAccountToken"] is False, where
        assert pod["spec"]["enableServiceLinks"] is False, where
    for account in of_kind(manifests, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
    assert not {item["kind"] for item in manifests} & {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}


def amount(quantity: object) -> float:
    number, unit = re.fullmatch(r"([0-9.]+)(m|Ki|Mi|Gi)?", str(quantity)).groups()  # type: ignore[union-attr]
    return float(number) * {"m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, None: 1}[unit]


def test_every_container_asks_for_what_it_needs_and_has_a_limit(manifests: tuple[Manifest, ...]) -> None:
    for where, pod in pods_of(manifests):
        for container in containers_of(pod):
            asked, limit = container["resources"]["requests"], container["resources"]["limits"]
            for kind in ("cpu", "memory"):
                assert 0 < amount(asked[kind]) <= amount(limit[kind]), where
        for volume in pod["spec"].get("volumes", []):
            assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"], where


def test_every_image_is_a_certain_one(manifests: tuple[Manifest, ...]) -> None:
    for where, pod in pods_of(manifests):
        for container in containers_of(pod):
            assert re.search(r"(@sha256:[0-9a-f]{64}|:[0-9][\w.-]+)$", container["image"]), where


SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|ACCESS_KEY|DATABASE_URL|AMQP_URL|ADMIN_URL|DSN")


def test_secrets_come_from_secrets_and_the_chart_makes_none(manifests: tuple[Manifest, ...]) -> None:
    assert not of_kind(manifests, "Secret")
    for where, pod in pods_of(manifests):
        for container in containers_of(pod):
            for told in container.get("env", []):
                if SECRET.search(told["name"]):
                    assert told.keys() == {"name", "valueFrom"}, where
                    assert told["valueFrom"].keys() == {"secretKeyRef"}, where
    for told in of_kind(manifests, "ConfigMap"):
        assert not [name for name in told["data"] if SECRET.search(name) and not name.endswith(("_DIR", "_FILE"))]


def test_each_selector_means_its_own_pods_and_no_others(manifests: tuple[Manifest, ...]) -> None:
    pods = pods_of(manifests)
    for item in deployments(manifests):
        name = item["metadata"]["name"]
        chosen = [where for where, pod in pods if selects(item["spec"]["selector"]["matchLabels"], pod)]
        assert chosen == [f"Deployment/{name}"]
        for container in item["spec"]["template"]["spec"]["containers"]:
            assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", container["name"])


def test_every_deployment_has_a_budget_that_lets_nodes_be_drained(manifests: tuple[Manifest, ...]) -> None:
    budgets = of_kind(manifests, "PodDisruptionBudget")
    for item in deployments(manifests):
        mine = [one for one in budgets if selects(one["spec"]["selector"]["matchLabels"], item["spec"]["template"])]
        assert len(mine) == 1, item["metadata"]["name"]
        assert mine[0]["spec"]["maxUnavailable"] >= 1
        assert "minAvailable" not in mine[0]["spec"]
        assert mine[0]["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_replicas_spread_over_zones_and_nodes(manifests: tuple[Manifest, ...]) -> None:
    for item in deployments(manifests):
        spread = item["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert [one["topologyKey"] for one in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        assert all(selects(one["labelSelector"]["matchLabels"], item["spec"]["template"]) for one in spread)
        assert all(one["matchLabelKeys"] == ["pod-template-hash"] for one in spread)


def test_one_thing_alone_decides_how_many_replicas_there_are(manifests: tuple[Manifest, ...]) -> None:
    scalers = [
        (item["spec"]["scaleTargetRef"]["name"], item)
        for item in manifests
        if item["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}
    ]
    targets = [name for name, _ in scalers]
    assert len(targets) == len(set(targets))
    for item in deployments(manifests):
        assert ("replicas" in item["spec"]) == (item["metadata"]["name"] not in targets)
    for _, item in scalers:
        spec = item["spec"]
        low = spec.get("minReplicas", spec.get("minReplicaCount"))
        assert low <= spec.get("maxReplicas", spec.get("maxReplicaCount"))


@pytest.mark.parametrize("profile", ["production", "everything"])
def test_in_production_nothing_stands_alone(profile: str) -> None:
    manifests = helm.rendered(profile)
    least = {
        i["spec"]["scaleTargetRef"]["name"]: i["spec"]["minReplicas"]
        for i in of_kind(manifests, "HorizontalPodAutoscaler")
    }
    least |= {
        i["spec"]["scaleTargetRef"]["name"]: i["spec"]["minReplicaCount"] for i in of_kind(manifests, "ScaledObject")
    }
    for item in deployments(manifests):
        assert least.get(item["metadata"]["name"], item["spec"].get("replicas", 0)) >= 2


def test_departments_that_share_a_database_have_a_second_pod_and_nothing_that_ties_them_to_a_place() -> None:
    hosts = [item for item in deployments(helm.rendered("production")) if "-host-" in item["metadata"]["name"]]
    assert len(hosts) >= 18
    for item in hosts:
        pod = item["spec"]["template"]["spec"]
        assert item["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
        assert not [volume for volume in pod["volumes"] if "persistentVolumeClaim" in volume]
        told = {each["name"]: each.get("valueFrom") for each in pod["containers"][0]["env"]}
        assert told["GRIDWARD_DATABASE_URL"]["secretKeyRef"]["key"] == "host"


@pytest.mark.parametrize("more", ["", "rabbitmq: {enabled: true}\n"], ids=["streams", "rabbitmq"])
def test_a_department_with_a_volume_stands_alone_whatever_carries_its_events(tmp_path: Path, more: str) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(f"{more}plugins: {{fire: {{departments: [fire], autoscaling: {{queue: host.fire}}}}}}\n")
    answer = helm.template(NEWEST, *helm.values_of("ci"), "--values", str(values))
    assert answer.returncode == 0, answer.stderr
    found = [item for item in helm.objects_in(answer.stdout) if item["metadata"]["name"] == "city-host-fire"]
    assert not [item for item in found if item["kind"] in {"ScaledObject", "HorizontalPodAutoscaler"}]
    [item] = [item for item in found if item["kind"] == "Deployment"]
    assert (item["spec"]["replicas"], item["spec"]["strategy"]["type"]) == (1, "Recreate")


def test_a_department_on_streams_stands_alone_and_keeps_what_it_put_aside() -> None:
    for item in deployments(helm.rendered("single")):
        if "-host-" in item["metadata"]["name"]:
            assert item["spec"]["replicas"] == 1
            assert item["spec"]["strategy"] == {"type": "Recreate"}
            volumes = {volume["name"]: volume for volume in item["spec"]["template"]["spec"]["volumes"]}
            assert "persistentVolumeClaim" in volumes["state"]


def test_services_and_probes_name_ports_that_are_there(manifests: tuple[Manifest, ...]) -> None:
    pods = [pod for _, pod in pods_of(manifests)]
    for service in of_kind(manifests, "Service"):
        chosen = [pod for pod in pods if selects(service["spec"]["selector"], pod)]
        assert len(chosen) == 1
        ports = {port["name"]: port for port in chosen[0]["spec"]["containers"][0]["ports"]}
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in ports
            assert 0 < ports[port["targetPort"]]["containerPort"] < 65536
    for where, pod in pods_of(manifests):
        for container in pod["spec"]["containers"]:
            ports = {p["name"]: p["containerPort"] for p in container.get("ports", [])}
            for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
                probe = container.get(kind, {})
                assert "grpc" not in probe or probe["grpc"]["port"] == ports["health"], where
                assert "httpGet" not in probe or probe["httpGet"]["port"] in ports, where


def test_the_gateway_finds_each_department_at_the_pod_that_runs_it(manifests: tuple[Manifest, ...]) -> None:
    told = {item["metadata"]["name"]: item["data"] for item in of_kind(manifests, "ConfigMap")}
    [where] = {data["GRIDWARD_HOST_URL"] for data in told.values() if "GRIDWARD_HOST_URL" in data}
    services = {item["metadata"]["name"]: item["spec"] for item in of_kind(manifests, "Service")}
    for item in deployments(manifests):
        name = item["metadata"]["name"]
        _, *departments = item["spec"]["template"]["spec"]["containers"][0]["args"]
        if "-host-" not in name:
            continue
        release = told[name].get("GRIDWARD_PLUGIN_RELEASE", "")
        asked = [f"{each}@{release}" if release else each for each in departments]
        found = {f"http://{name}"} if not asked else {_address(where, host) for host in asked if "{plugin}" in where}
        for address in found:
            assert services[address.removeprefix("http://")]["selector"].items() <= item["metadata"]["labels"].items()


def _address(where: str, host: str) -> str:
    return where.replace("{plugin}", host.translate(HYPHENS))


def test_whether_a_pod_lives_is_another_question_than_whether_it_is_ready(manifests: tuple[Manifest, ...]) -> None:
    for item in deployments(manifests):
        container = item["spec"]["template"]["spec"]["containers"][0]
        live, ready = container["livenessProbe"], container["readinessProbe"]
        if "grpc" in live:
            assert live["grpc"]["service"] == "live"
            assert "service" not in ready["grpc"]
        assert container["startupProbe"].get("grpc", container["startupProbe"].get("httpGet"))


def test_a_pod_gets_the_time_it_needs_to_finish(manifests: tuple[Manifest, ...]) -> None:
    told = {item["metadata"]["name"]: item["data"] for item in of_kind(manifests, "ConfigMap")}
    for item in deployments(manifests):
        spec = item["spec"]["template"]["spec"]
        pause_s = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        drain_s = float(told[item["metadata"]["name"]]["GRIDWARD_DRAIN_S"])
        assert spec["terminationGracePeriodSeconds"] >= pause_s + drain_s + 5


def rules(policies: list[Manifest], direction: str, pod: Manifest) -> Iterator[tuple[Any, int]]:
    """Each (peer, port) that a pod may talk to or hear from."""
    for policy in policies:
        if not selects(policy["spec"]["podSelector"]["matchLabels"], pod):
            continue
        for rule in policy["spec"].get(direction, []):
            for peer in rule["to" if direction == "egress" else "from"]:
                for port in rule["ports"]:
                    yield peer, port["port"]


def test_every_pod_is_closed_in_both_directions_until_a_rule_opens_it(manifests: tuple[Manifest, ...]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    closing = [p for p in policies if p["spec"]["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in p["spec"]]
    for where, pod in pods_of(manifests):
        assert any(selects(policy["spec"]["podSelector"]["matchLabels"], pod) for policy in closing), where
    for policy in policies:
        for rule in [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]:
            assert rule.get("from") or rule.get("to"), policy["metadata"]["name"]
            assert rule["ports"], policy["metadata"]["name"]


def test_each_way_between_two_pods_is_open_at_both_ends_or_at_none(manifests: tuple[Manifest, ...]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    pods = pods_of(manifests)

    def ways(direction: str) -> set[tuple[str, str, int]]:
        found = set()
        for where, pod in pods:
            for peer, port in rules(policies, direction, pod):
                for other, other_pod in pods if "podSelector" in peer else []:
                    if selects(peer["podSelector"]["matchLabels"], other_pod):
                        found.add((where, other, port) if direction == "egress" else (other, where, port))
        return found

    out, into = ways("egress"), ways("ingress")
    assert out == into
    assert len(out) > 10
    listening = {
        where: {p["containerPort"] for c in pod["spec"]["containers"] for p in c.get("ports", [])}
        for where, pod in pods
    }
    assert all(port in listening[server] for _, server, port in out)


def test_addresses_a_process_is_told_are_those_it_may_reach(manifests: tuple[Manifest, ...]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    services = {item["metadata"]["name"]: item for item in of_kind(manifests, "Service")}
    told = {item["metadata"]["name"]: item["data"] for item in of_kind(manifests, "ConfigMap")}
    for item in deployments(manifests):
        pod = item["spec"]["template"]
        open_to = list(rules(policies, "egress", pod))
        for name, value in told[item["metadata"]["name"]].items():
            if name.endswith("_ADDRESS"):
                service, port = value.removeprefix("dns:///").split(":")
                assert any(
                    number == int(port)
                    and peer.get("podSelector", {}).get("matchLabels") == services[service]["spec"]["selector"]
                    for peer, number in open_to
                ), (item["metadata"]["name"], name)


def test_the_migration_needs_nothing_that_is_not_there_before_the_chart(manifests: tuple[Manifest, ...]) -> None:
    job = of_kind(manifests, "Job")[0]
    hooks = job["metadata"]["annotations"]["helm.sh/hook"].split(",")
    assert "pre-upgrade" in hooks
    assert ("pre-install" in hooks) == (not of_kind(manifests, "Cluster"))
    assert job["metadata"]["annotations"]["helm.sh/hook-delete-policy"] == "before-hook-creation"
    spec = job["spec"]["template"]["spec"]
    assert "serviceAccountName" not in spec
    rendered = {
        item["metadata"]["name"] for item in manifests if item["kind"] in {"ConfigMap", "PersistentVolumeClaim"}
    }
    named = {
        volume.get("configMap", volume.get("persistentVolumeClaim", {})).get("name", "") for volume in spec["volumes"]
    }
    assert not rendered & named
    assert "envFrom" not in spec["containers"][0]
    assert job["spec"]["activeDeadlineSeconds"] > 0


def test_pods_are_replaced_when_what_they_are_told_changes_and_only_then() -> None:
    def stamps(*more: str) -> dict[str, str]:
        found = helm.objects_in(helm.template(NEWEST, *helm.values_of("ci"), *more).stdout)
        return {
            item["metadata"]["name"]: item["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]
            for item in found
            if item["kind"] == "Deployment"
        }

    before, after = stamps(), stamps("--set", "services.points.settings.database_connections_max=20")
    assert {name for name in before if before[name] != after[name]} == {f"{helm.RELEASE}-points"}


def test_a_new_service_needs_no_more_than_an_entry(tmp_path: Any) -> None:
    values = tmp_path / "more.yaml"
    values.write_text("services: {notices: {database: true, calls: [incidents], settings: {pace_s: 3}}}\n")
    answer = helm.template(NEWEST, *helm.values_of("ci"), "--values", str(values))
    assert answer.returncode == 0, answer.stderr
    kinds = [i["kind"] for i in helm.objects_in(answer.stdout) if i["metadata"]["name"] == f"{helm.RELEASE}-notices"]
    assert kinds == ["ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount"]


def test_large_whole_numbers_stay_whole() -> None:
    told = {item["metadata"]["name"]: item["data"] for item in of_kind(helm.rendered("production"), "ConfigMap")}
    assert told[f"{helm.RELEASE}-registry"]["GRIDWARD_IMPORT_BYTES_MAX"] == "134217728"
