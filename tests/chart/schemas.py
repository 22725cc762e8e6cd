"""Holds rendered objects against the schemas of Kubernetes and of the operators; a kind nobody knows is a fault."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry, Resource

from tests.chart.helm import Manifest

CUSTOM: Final = Path(__file__).parent / "custom_resources"


def faults_of(item: Manifest, kubernetes: str) -> list[str]:
    """Every fault of an object, for a version of Kubernetes."""
    validator = _validator(item["apiVersion"], item["kind"], kubernetes)
    where = f"{item['kind']}/{item['metadata']['name']}"
    if validator is None:
        return [f"{where}: nobody knows the kind {item['kind']} of {item['apiVersion']}"]
    return [f"{where}: {fault.json_path}: {fault.message}"[:400] for fault in validator.iter_errors(item)]


@cache
def _validator(api: str, kind: str, kubernetes: str) -> Any:
    own = CUSTOM / f"{kind.lower()}.json"
    if own.exists() and json.loads(own.read_text())["properties"]["apiVersion"]["const"] == api:
        return Draft7Validator(json.loads(own.read_text()))
    group = re.sub(r"^([^./]*)(?:[.][^/]*)?/", r"\1-", api)
    file = _folder(kubernetes) / f"{kind.lower()}-{group}.json"
    if not file.exists():
        return None
    schema = json.loads(file.read_text())
    return Draft202012Validator(schema, registry=_definitions(kubernetes))


@cache
def _definitions(kubernetes: str) -> Registry[Any]:
    definitions = Resource.from_contents(json.loads((_folder(kubernetes) / "_definitions.json").read_text()))
    return definitions @ Registry()


def _folder(kubernetes: str) -> Any:
    return files("kubernetes_validate") / "kubernetes-json-schema" / f"v{kubernetes}.0-local-strict"
