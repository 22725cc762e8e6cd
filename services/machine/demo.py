"""Fills an empty installation with the demo city, and goes on with a filling that was cut off."""

import asyncio
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gridward.registry.v1 import areas_pb2, areas_pb2_grpc

from services.machine import keys, logs, plan
from services.machine.faults import DemoFailed
from services.machine.home import Memory
from services.machine.plan import Surroundings
from services.machine.ports import LOOPBACK
from services.platform.grpc_client import connect
from services.platform.identity import TokenSigner, service_caller

BEGUN: Final = "begun"
LOADED: Final = "loaded"
ACCOUNTS_S_MAX: Final = 60.0
LOG: Final = "demo"

Account = Mapping[str, object]


def is_needed(memory: Memory, around: Surroundings) -> bool:
    """Whether to load: the city is empty, or an earlier loading did not come to its end."""
    return memory.demo == BEGUN or (memory.demo != LOADED and asyncio.run(_city_is_empty(around)))


def load(memory: Memory, around: Surroundings, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Load the city and its accounts, passing on what the loader says."""
    memory.demo = BEGUN
    memory.save()
    told = {**environment, **plan.demo_environment(around)}
    with around.home.log(LOG).open("ab") as words:
        loader = subprocess.Popen(
            plan.module("demo", "load"), env=told, cwd="/", stdout=subprocess.PIPE, stderr=words, text=True
        )
        try:
            assert loader.stdout is not None
            for line in loader.stdout:
                say(line.rstrip())
            if loader.wait():
                raise _failure(around)
        finally:
            loader.kill()
            loader.wait()
        _import_accounts(around, environment)
    memory.demo = LOADED
    memory.save()


def accounts(around: Surroundings, environment: Mapping[str, str]) -> Sequence[Account]:
    """The accounts that the demo city comes with."""
    with around.home.log(LOG).open("ab") as words:
        told = {**environment, **plan.demo_environment(around)}
        answer = subprocess.run(
            plan.module("demo", "accounts"),
            env=told,
            cwd="/",
            check=False,
            stdout=subprocess.PIPE,
            stderr=words,
            timeout=ACCOUNTS_S_MAX,
        )
    if answer.returncode:
        raise _failure(around)
    listed: list[Account] = json.loads(answer.stdout)
    return listed


def _import_accounts(around: Surroundings, environment: Mapping[str, str]) -> None:
    told = {**environment, **plan.service_environment(plan.GATEWAY, around)}
    with around.home.log(LOG).open("ab") as words:
        answer = subprocess.run(
            plan.module(plan.GATEWAY, "accounts", "import", "-"),
            env=told,
            cwd="/",
            check=False,
            input=json.dumps(accounts(around, environment)).encode(),
            stdout=words,
            stderr=words,
            timeout=ACCOUNTS_S_MAX,
        )
    if answer.returncode:
        raise _failure(around)


def _failure(around: Surroundings) -> DemoFailed:
    log = around.home.log(LOG)
    return DemoFailed(line=logs.last_error(log), log=log)


async def _city_is_empty(around: Surroundings) -> bool:
    signer = TokenSigner.from_file(keys.key_file(around.home.keys, "operator"))
    address = f"{LOOPBACK}:{around.ports['registry']}"
    async with connect(address, signer=signer, caller=service_caller(signer.name)) as channel:
        stub: areas_pb2_grpc.AreasServiceAsyncStub = areas_pb2_grpc.AreasServiceStub(channel)
        answer = await stub.ListAreas(areas_pb2.ListAreasRequest(page_size=1))
    return not answer.areas
