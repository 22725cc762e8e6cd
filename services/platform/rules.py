"""Finds the access rule that each RPC declares in its .proto; an RPC without one keeps its server from starting."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from gridward.common.v1 import access_pb2


class RuleMissing(Exception):
    """An RPC declares no access rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may call one RPC: anyone, or holders of a permission."""

    method: str
    permission: str
    public: bool


def rules_of(services: Iterable[ServiceDescriptor]) -> Mapping[str, Rule]:
    """The rules of all methods by full name (/package.Service/Method)."""
    return {
        f"/{service.full_name}/{method.name}": _rule_of(service, method)
        for service in services
        for method in service.methods
    }


def _rule_of(service: ServiceDescriptor, method: MethodDescriptor) -> Rule:
    access = method.GetOptions().Extensions[access_pb2.access]
    if access.WhichOneof("rule") is None:
        raise RuleMissing(f"{service.full_name}/{method.name}")
    return Rule(method=method.name, permission=access.permission, public=access.public)
