"""Finds in the contract which call stands behind which address, and what its comments say.

`python -m services.gateway.contract` writes contract.binpb afresh: our files with their comments, nothing else.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.descriptor import Descriptor, FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from gridward.common.v1 import access_pb2

IMAGE = "contract.binpb"
#: A field in the path, perhaps within a message; routes cannot have dots in a name.
IN_PATH = re.compile(r"\{([\w.]+)\}")
INWARD = "__"
VERBS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One RPC of a service behind the door."""

    service: str
    name: str
    path: str
    permission: str
    request: type[Message]
    response: type[Message]
    takes: Descriptor
    gives: Descriptor

    @property
    def key(self) -> str:
        """The name of the RPC within the suite, for example IncidentsService.GetCase."""
        return f"{self.path.split('.')[-1].replace('/', '.')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a call is reached by HTTP."""

    verb: str
    template: str
    takes_body: bool
    full_name: str
    call: Call

    @property
    def route(self) -> str:
        """The template as routes are named: a dot that leads into a message becomes two underscores."""
        return IN_PATH.sub(lambda hole: "{" + hole[1].replace(".", INWARD) + "}", self.template)


def message_class(descriptor: Descriptor) -> type[Message]:
    """The generated class of a message."""
    return message_factory.GetMessageClass(descriptor)


def call_of(method: MethodDescriptor) -> Call:
    """How an RPC is called."""
    package = method.containing_service.full_name.split(".")
    return Call(
        service=package[1],
        name=method.name,
        path=f"/{method.containing_service.full_name}/{method.name}",
        permission=method.GetOptions().Extensions[access_pb2.access].permission,
        request=message_class(method.input_type),
        response=message_class(method.output_type),
        takes=method.input_type,
        gives=method.output_type,
    )


def call_named(file: FileDescriptor, service: str, method: str) -> Call:
    """A call of the contract by its names."""
    return call_of(file.services_by_name[service].methods_by_name[method])


@cache
def _image() -> descriptor_pb2.FileDescriptorSet:
    return descriptor_pb2.FileDescriptorSet.FromString(files(__package__).joinpath(IMAGE).read_bytes())


@cache
def files_of_contract() -> tuple[FileDescriptor, ...]:
    """Every file of the contract, in the order of their names."""
    modules = sorted(f"{each.name.removesuffix('.proto').replace('/', '.')}_pb2" for each in _image().file)
    return tuple(import_module(module).DESCRIPTOR for module in modules)


@cache
def addresses() -> tuple[Address, ...]:
    """Every address the contract declares; those that end in a :verb first, so that no name swallows it."""
    found = [address for file in files_of_contract() for address in _addresses_in(file)]
    return tuple(sorted(found, key=lambda address: (":" not in address.template, address.template, address.verb)))


def _addresses_in(file: FileDescriptor) -> Iterator[Address]:
    for service in file.services_by_name.values():
        for method in service.methods:
            rule = method.GetOptions().Extensions[annotations_pb2.http]
            for each in (rule, *rule.additional_bindings):
                verb = each.WhichOneof("pattern")
                if verb not in VERBS:
                    continue
                yield Address(
                    verb=verb.upper(),
                    template=getattr(each, verb),
                    takes_body=each.body == "*",
                    full_name=method.full_name,
                    call=call_of(method),
                )


@cache
def comments() -> Mapping[str, str]:
    """The comment above everything in the contract, by full name."""
    return {name: text for file in _image().file for name, text in _comments_in(file)}


def _comments_in(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for location in file.source_code_info.location:
        name = _name_at(file, list(location.path))
        if name and location.leading_comments:
            yield f"{file.package}.{name}", " ".join(location.leading_comments.split())


def _name_at(file: descriptor_pb2.FileDescriptorProto, path: list[int]) -> str:
    """The dotted name of what lies at a path of field numbers and indexes; empty for what has no name."""
    names: list[str] = []
    here: Any = file
    while len(path) >= 2:
        number, index, *path = path
        field = here.DESCRIPTOR.fields_by_number.get(number)
        if field is None or not field.is_repeated:
            return ""
        here = getattr(here, field.name)[index]
        if not hasattr(here, "name"):
            return ""
        names.append(here.name)
    return "" if path else ".".join(names)


def write_image(target: Path) -> None:
    """Make the image from the .proto files."""
    protos = Path(__file__).resolve().parents[2] / "protos"
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.binpb"
        subprocess.run([sys.executable, str(protos / "generate.py"), "image", str(whole)], check=True)  # noqa: S603
        image = descriptor_pb2.FileDescriptorSet.FromString(whole.read_bytes())
    own = [file for file in image.file if file.name.startswith("gridward/")]
    target.write_bytes(descriptor_pb2.FileDescriptorSet(file=own).SerializeToString(deterministic=True))


if __name__ == "__main__":
    write_image(Path(__file__).with_name(IMAGE))
