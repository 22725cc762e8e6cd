"""Two versions of a department run side by side against a real registry: each case stays with the one it began under."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.registry.v1 import plugins_pb2, plugins_pb2_grpc, staff_pb2, staff_pb2_grpc, tasks_pb2, tasks_pb2_grpc
from pydantic import SecretStr

from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from services.registry.__main__ import wire
from services.registry.neighbours import CallingNeighbours
from services.registry.settings import RegistrySettings
from tests.conftest import MakeDatabase
from tests.integration.host.conftest import EXTERNAL, HostProcess, MakeHost, eventually
from tests.integration.host.test_wheels import run, wheel_of
from tests.support.core_double import CoreDouble, a_case_message, an_event
from tests.support.tokens import TestTokens

LEASE_S = 4


class Town:
    """A registry that runs for real, and its administrator."""

    def __init__(self, address: str, channel: Any) -> None:
        self.address = address
        self.plugins: plugins_pb2_grpc.PluginsServiceAsyncStub = plugins_pb2_grpc.PluginsServiceStub(channel)
        self.tasks: tasks_pb2_grpc.TasksServiceAsyncStub = tasks_pb2_grpc.TasksServiceStub(channel)
        self.staff: staff_pb2_grpc.StaffServiceAsyncStub = staff_pb2_grpc.StaffServiceStub(channel)

    async def state(self) -> plugins_pb2.PluginState:
        (state,) = (await self.plugins.ListPluginStates(plugins_pb2.ListPluginStatesRequest())).states
        return state

    async def decide(self, standing: plugins_pb2.PluginStanding.ValueType) -> None:
        await self.plugins.DecidePlugin(
            plugins_pb2.DecidePluginRequest(
                request_id=uuid4().hex, plugin="heritage", standing=standing, reason="it is decided"
            )
        )


@pytest.fixture
async def town(make_database: MakeDatabase, tokens: TestTokens) -> AsyncIterator[Town]:
    settings = RegistrySettings(
        trust_file=tokens.trust_file,
        signing_key_file=tokens.key_file("registry"),
        seal_file=tokens.seal_file("registry"),
        database_url=SecretStr(make_database("registry")),
        lease_s=LEASE_S,
        drain_s=1,
    )
    database = await open_database(settings.database_url.get_secret_value(), service="registry")
    process = wire(database, settings, SystemClock(), CallingNeighbours(incidents=None, video=None))
    address = f"127.0.0.1:{await process.start()}"
    async with connect(address, signer=tokens.signer("demo"), caller=service_caller("demo")) as channel:
        town = Town(address, channel)
        department = staff_pb2.Department(code="D17", name="文物", plugin="heritage")
        await town.staff.ImportDepartments(
            staff_pb2.ImportDepartmentsRequest(request_id=uuid4().hex, departments=[department])
        )
        yield town
    await process.stop()


@pytest.fixture
def first(make_host: MakeHost, town: Town) -> HostProcess:
    """Version 1.2.0, as it has always run."""
    return make_host("heritage", registry_address=town.address)


@pytest.fixture
def second(make_host: MakeHost, town: Town, tmp_path: Path) -> HostProcess:
    """Version 2.0.0 from a wheel of its own, with another condition to file by, beside the first."""
    project, site, folder = tmp_path / "project", tmp_path / "site-2", tmp_path / "two"
    folder.mkdir()
    shutil.copytree(EXTERNAL, project, ignore=shutil.ignore_patterns("__pycache__"))
    _change(
        project / "heritage" / "manifest.toml", ('version = "1.2.0"', 'version = "2.0.0"'), ("墙体破损", "墙体开裂")
    )
    _change(project / "heritage" / "__init__.py", ('{"hook": hook,', '{"program": 2, "hook": hook,'))
    _change(project / "pyproject.toml", ('version = "1.2.0"', 'version = "2.0.0"'))
    wheel = wheel_of(project, tmp_path / "dist")
    run("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site), str(wheel), cwd=tmp_path)
    host = make_host("heritage", registry_address=town.address, plugin_release="two", state_dir=str(folder / "state"))
    host.environment |= {"PYTHONPATH": str(site), "HERITAGE_JOURNAL": str(folder / "journal.jsonl")}
    host.folder = folder
    return host


def _change(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


async def soon(look: Callable[[], Any], what: str) -> Any:
    return await asyncio.to_thread(eventually, look, what)


def a_new_case() -> cases_pb2.Case:
    case = a_case_message()
    case.reported_at.FromDatetime(datetime.now(UTC))
    return case


def reports(case: cases_pb2.Case) -> events_pb2.Event:
    return _now(an_event(cases_pb2.IncidentReported(case=case), case=case))


def signs(case: cases_pb2.Case) -> events_pb2.Event:
    entry = cases_pb2.HistoryEntry(event=cases_pb2.CASE_EVENT_SIGN, opinion="我们来")
    return _now(an_event(cases_pb2.CaseAdvanced(case=case, entry=entry), case=case, type="case_advanced"))


def _now(event: events_pb2.Event) -> events_pb2.Event:
    event.occurred_at.FromDatetime(datetime.now(UTC))
    return event


def heard(host: HostProcess) -> list[tuple[str, str, int]]:
    return [(line["hook"], line["case"], line.get("program", 1)) for line in host.journal]


async def test_running_cases_finish_under_the_version_they_began_with_while_new_ones_go_to_the_next(
    first: HostProcess, second: HostProcess, core: CoreDouble, town: Town
) -> None:
    await asyncio.to_thread(first.start_and_wait)
    old_case = a_new_case()
    core.tell(reports(old_case))
    await soon(lambda: len(first.journal) == 1, "the first version to hear of its case")
    await asyncio.to_thread(second.start_and_wait)
    releases = (await town.state()).releases
    assert [(each.name, each.version, each.online) for each in releases] == [
        ("", "1.2.0", True),
        ("two", "2.0.0", True),
    ]
    [task_type] = (await town.tasks.ListTaskTypes(tasks_pb2.ListTaskTypesRequest())).task_types
    assert (task_type.version, task_type.filing_conditions[0].title) == (2, "墙体开裂")
    begins_s = releases[1].from_at.ToDatetime(UTC).timestamp()
    await soon(lambda: time.time() > begins_s, "the second version to take cases")
    await soon(lambda: any(line["releases"] == ["", "two"] for line in first.logged("orders_taken")), "the news")
    new_case = a_new_case()
    core.tell(signs(old_case), reports(new_case), signs(new_case), signs(old_case))
    await soon(lambda: (len(first.journal), len(second.journal)) == (3, 2), "both to hear their own")
    await soon(lambda: {core.acks.get(f"host.heritage{which}") for which in ("", "@two")} == {5}, "both to be done")
    assert heard(first) == [
        ("incident_reported", old_case.id, 1),
        ("case_signed", old_case.id, 1),
        ("case_signed", old_case.id, 1),
    ]
    assert heard(second) == [("incident_reported", new_case.id, 2), ("case_signed", new_case.id, 2)]


async def test_an_older_version_that_is_away_keeps_its_cases_until_it_is_ended(
    first: HostProcess, second: HostProcess, core: CoreDouble, town: Town
) -> None:
    await asyncio.to_thread(first.start_and_wait)
    old_case = a_new_case()
    await asyncio.to_thread(second.start_and_wait)
    assert await asyncio.to_thread(first.terminate) == 0
    for _ in range(400):
        state = await town.state()
        if [each.online for each in state.releases] == [False, True]:
            break
        await asyncio.sleep(0.05)
    assert (state.releases[0].online, state.releases[1].online, state.attending) == (False, True, False)
    core.tell(signs(old_case))
    await asyncio.to_thread(first.start_and_wait)
    await soon(lambda: len(first.journal) == 1, "the old version to hear what it missed")
    assert second.journal == []
    taken = [len(host.logged("orders_taken")) for host in (first, second)]
    request = plugins_pb2.EndReleaseRequest(request_id=uuid4().hex, plugin="heritage", release="", reason="all done")
    ended = (await town.plugins.EndRelease(request)).state.releases[0].ended_at.ToDatetime(UTC).timestamp()
    await soon(lambda: time.time() > ended, "the old version to be ended")
    await soon(
        lambda: all(len(host.logged("orders_taken")) > n for host, n in zip((first, second), taken, strict=True)),
        "both to know of it",
    )
    core.tell(signs(old_case))
    await soon(lambda: len(second.journal) == 1, "the new version to hear of the old case")
    await soon(lambda: core.acks.get("host.heritage") == len(core.events), "the old version to pass it over")
    assert len(first.journal) == 1


async def test_a_suspended_department_is_silent_and_hears_what_it_missed_when_it_is_resumed(
    first: HostProcess, core: CoreDouble, town: Town
) -> None:
    await asyncio.to_thread(first.start_and_wait)
    await town.decide(plugins_pb2.PLUGIN_STANDING_SUSPENDED)
    await soon(lambda: first.health()[1]["plugins"]["heritage"]["state"] == "suspended", "the suspension to arrive")
    case = a_new_case()
    core.tell(reports(case))
    renewals = len(first.logged("orders_taken"))
    assert 'host_plugin_halted{plugin="heritage"} 1.0' in first.page("/metrics")[1]
    await soon(lambda: 'host_events_in_flight{plugin="heritage"} 1.0' in first.page("/metrics")[1], "the event")
    assert (first.journal, core.acks.get("host.heritage", 0)) == ([], 0)
    await town.decide(plugins_pb2.PLUGIN_STANDING_ENABLED)
    await soon(lambda: heard(first) == [("incident_reported", case.id, 1)], "what it missed")
    assert len(first.logged("orders_taken")) == renewals + 1
    await town.decide(plugins_pb2.PLUGIN_STANDING_WITHDRAWN)
    await soon(lambda: first.health()[1]["plugins"]["heritage"]["state"] == "withdrawn", "the withdrawal to arrive")
    core.tell(signs(case))
    await soon(lambda: 'host_events_in_flight{plugin="heritage"} 1.0' in first.page("/metrics")[1], "the event")
    assert len(first.journal) == 1
    assert await asyncio.to_thread(first.terminate) == 0
