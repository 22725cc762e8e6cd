"""Measures the live path through the whole suite: how soon others see a report, what a thousand watchers cost, lists at many cases.

`python -m tests.bench.console_live [--clients 1000] [--rate 10] [--seconds 20] [--cases 1000000]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.acceptance.suite import PASSWORD, Suite, running
from tests.bench.__main__ import ORIGINALS, Bench
from tests.bench.multiply import multiply
from tests.bench.reports import REPORTER
from tests.bench.spikes import seed
from tests.bench.timing import closed_loop

REPORTS = 200
PAUSE_S = 0.05
LINE_BYTES_MAX = 1024 * 1024


@dataclass(slots=True)
class Watcher:
    """One live page: which case events came, when, and how far it has got."""

    host: str
    port: int
    token: str
    seen: dict[str, float] = field(default_factory=dict)
    doubled: int = 0
    last_id: str = ""
    writer: asyncio.StreamWriter | None = None
    task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=LINE_BYTES_MAX)
        resume = f"last-event-id: {self.last_id}\r\n" if self.last_id else ""
        head = f"GET /v1/stream HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {self.token}\r\n{resume}\r\n"
        self.writer.write(head.encode())
        live = asyncio.Event()
        self.task = asyncio.create_task(self._read(reader, live))
        await live.wait()

    async def _read(self, reader: asyncio.StreamReader, live: asyncio.Event) -> None:
        while line := await reader.readline():
            if line.startswith(b"event: ping"):
                live.set()
            elif line.startswith(b"id: "):
                self.last_id = line[4:].strip().decode()
            elif line.startswith(b"data: ") and b'"incident_reported"' in line:
                number = json.loads(line[6:])["case"]["id"]
                self.doubled += number in self.seen
                self.seen.setdefault(number, time.perf_counter())

    async def close(self) -> None:
        if self.writer:
            self.writer.close()
        if self.task:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


class Live:
    """One run against a suite."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.bench = Bench(suite, 8.0)
        self.reports = self.bench.stub(REPORTER)
        answer = httpx.post(f"{suite.url}/v1/session", json={"login": "chief", "password": PASSWORD}, trust_env=False)
        self.token = str(answer.json()["token"])
        self.accepted: dict[str, float] = {}

    def watcher(self) -> Watcher:
        return Watcher(host="127.0.0.1", port=self.suite.port, token=self.token)

    async def report(self) -> None:
        answer = await self.reports.ReportIncident(self.bench._reports.request(), timeout=30)
        self.accepted[answer.case.id] = time.perf_counter()

    async def visible(self) -> None:
        """From the answer to a reporter until another operator's page has it."""
        watcher = self.watcher()
        await watcher.open()
        for _ in range(REPORTS):
            await self.report()
            await asyncio.sleep(PAUSE_S)
        while not self.accepted.keys() <= watcher.seen.keys():  # noqa: ASYNC110 what is waited for comes by a socket
            await asyncio.sleep(0.05)
        took_ms = sorted(max(0.0, watcher.seen[each] - at) * 1000 for each, at in self.accepted.items())
        await watcher.close()
        print(
            f"accepted to visible: p50 {statistics.median(took_ms):.0f} ms (aim 300), p99 {took_ms[int(0.99 * len(took_ms))]:.0f} ms (aim 1000)"
        )

    async def watched(self, clients: int, rate: float, seconds: float) -> None:
        """What each delivery costs the gateway, and whether a page that was away misses or doubles anything."""
        watchers = [self.watcher() for _ in range(clients)]
        for start in range(0, clients, 50):
            await asyncio.gather(*(each.open() for each in watchers[start : start + 50]))
        gateway = self.suite.child("services.gateway")
        self.accepted.clear()
        before = gateway.cpu_times()
        began = time.perf_counter()
        halfway = False
        while (passed := time.perf_counter() - began) < seconds:
            if not halfway and passed > seconds / 2:
                halfway = True
                await asyncio.gather(*(each.close() for each in watchers[::2]))
            await self.report()
            await asyncio.sleep(max(0.0, len(self.accepted) / rate - (time.perf_counter() - began)))
        middle = gateway.cpu_times()
        delivered = sum(len(self.accepted.keys() & each.seen.keys()) for each in watchers)
        for start in range(0, clients, 100):
            await asyncio.gather(*(each.open() for each in watchers[start : start + 100 : 2]))
        within = time.perf_counter() + 30
        while time.perf_counter() < within and self._missed(watchers):  # noqa: ASYNC110 as above
            await asyncio.sleep(0.2)
        used_s = middle.user + middle.system - before.user - before.system
        missed = self._missed(watchers)
        doubled = sum(each.doubled for each in watchers)
        await asyncio.gather(*(each.close() for each in watchers))
        print(
            f"{clients:,} watchers, {len(self.accepted) / seconds:.1f} reports/s: {used_s / max(1, delivered) * 1e6:.0f} µs CPU a delivery "
            f"(aim 60), {delivered:,} delivered; after coming back missed {missed}, doubled {doubled}"
        )

    def _missed(self, watchers: list[Watcher]) -> int:
        return sum(len(self.accepted.keys() - each.seen.keys()) for each in watchers)

    async def lists(self, cases: int) -> None:
        """The first rows of a list by HTTP, with so many cases behind it."""
        if cases:
            await seed(self.bench)
            with self.bench.database() as connection:
                cases = multiply(connection, originals=ORIGINALS, wanted=cases)
        async with httpx.AsyncClient(
            base_url=self.suite.url, headers={"authorization": f"Bearer {self.token}"}, trust_env=False, timeout=30
        ) as client:
            for name, asked in (
                ("newest", {}),
                ("open", {"openOnly": "true"}),
                ("in view", {"openOnly": "true", "within": "119.8,38.55;119.83,38.55;119.83,38.6;119.8,38.6"}),
            ):
                timing = await closed_loop(
                    f"list by HTTP, {name}, {cases:,} cases",
                    lambda _, asked=asked: client.get("/v1/cases", params={"pageSize": 100, **asked}),
                    callers=1,
                    seconds=4.0,
                )
                print(timing.line(), "(aim 200 ms)")


async def measure(suite: Suite, *, clients: int, rate: float, seconds: float, cases: int) -> None:
    live = Live(suite)
    await live.visible()
    await live.watched(clients, rate, seconds)
    await live.lists(cases)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--cases", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with contextmanager(running)() as suite:
        asyncio.run(
            measure(suite, clients=chosen.clients, rate=chosen.rate, seconds=chosen.seconds, cases=chosen.cases)
        )
