"""Measures the host: events a second with and without a broker, against a bare nameko consumer of the same events.

`python -m tests.bench.host [--events 3000]`: one department with one hook that counts, one process each. Reports CPU
time of the consumer for each event as well, which a busy machine does not change, and the time from telling an event to
its hook; and the time from the commit of an event in a database to its hook. Prints ratios and judges nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import kombu
import psutil

from tests.bench import commits
from tests.integration.host.conftest import lay_out_distribution
from tests.support.core_double import CoreDouble, reported
from tests.support.servers import Broker, start_rabbitmq
from tests.support.tokens import TestTokens

WAIT_S_MAX = 60.0
COMMITS_A_SECOND = 20
EXCHANGE = kombu.Exchange("gridward.events", type="topic", durable=True)

#: Counts and says when: the same work in all three.
COUNTER = """
import time
from pathlib import Path
OUT = Path({out!r}).open("a", buffering=1)
def count(told_s):
    OUT.write(f"{{time.time() - told_s:.6f}}\\n")
"""
PLUGIN = """
from plugins.sdk import Case, hookimpl
@hookimpl
def incident_reported(case: Case) -> None:
    count(float(case.description))
"""
BARE = """
import eventlet
eventlet.monkey_patch()
import sys
import kombu.serialization
from nameko.messaging import consume
from nameko.runners import ServiceRunner
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from kombu import Exchange, Queue
class Bare:
    name = "bare"
    @consume(Queue("bare", exchange=Exchange("gridward.events", type="topic", durable=True),
                   routing_key="incidents.*.old_wall_damage", durable=True))
    def incident_reported(self, body):
        event, reported = events_pb2.Event(), cases_pb2.IncidentReported()
        event.ParseFromString(body if isinstance(body, bytes) else bytes(body))
        event.payload.Unpack(reported)
        count(float(reported.case.description))
kombu.serialization.register("protobuf", bytes, bytes, content_type="application/x-protobuf", content_encoding="binary")
config = {"AMQP_URI": sys.argv[1], "max_workers": 8, "serializer": "json", "ACCEPT": ["json", "protobuf"]}
runner = ServiceRunner(config)
runner.add_service(Bare)
runner.start()
print("following", flush=True)
runner.wait()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one consumer took for the events."""

    name: str
    seconds: float
    cpu_us: float
    waits_s: list[float]

    def row(self, events: int, reference: Figures) -> str:
        ordered = sorted(self.waits_s)
        p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99) - 1]
        rate, ratio = events / self.seconds, reference.seconds / self.seconds
        return (
            f"| {self.name} | {rate:,.0f} | {ratio:.2f} | {self.cpu_us:,.0f} | {self.cpu_us / reference.cpu_us:.2f} |"
            f" {p50 * 1000:,.0f} / {p99 * 1000:,.0f} |"
        )


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[psutil.Process]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def until(done: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + WAIT_S_MAX
    while not done():
        if time.monotonic() > ends_s:
            raise TimeoutError("nothing was counted in time")
        time.sleep(0.01)


def lines_in(path: Path) -> list[float]:
    return [float(line) for line in path.read_text().split()] if path.exists() else []


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def measure(name: str, process: psutil.Process, out: Path, tell: Callable[[int], None], events: int) -> Figures:
    tell(50)
    until(lambda: len(lines_in(out)) == 50)
    before_s, began_s = cpu_s(process), time.monotonic()
    tell(events)
    until(lambda: len(lines_in(out)) == events + 50)
    took_s, used_s = time.monotonic() - began_s, cpu_s(process) - before_s
    slow_out = len(lines_in(out))
    waits: list[float] = []
    for _ in range(100):
        tell(1)
        slow_out += 1
        until(lambda count=slow_out: len(lines_in(out)) == count)
        waits.append(lines_in(out)[-1])
    return Figures(name=name, seconds=took_s, cpu_us=used_s / events * 1e6, waits_s=waits)


def publisher(broker: Broker) -> Callable[[int], None]:
    def tell(count: int) -> None:
        with kombu.Connection(broker.amqp_url) as connection:
            producer = connection.Producer(exchange=EXCHANGE(connection.channel()))
            for _ in range(count):
                event = reported(f"{time.time():.6f}")
                producer.publish(
                    event.SerializeToString(),
                    routing_key="incidents.incident_reported.old_wall_damage",
                    content_type="application/x-protobuf",
                    content_encoding="binary",
                    delivery_mode="persistent",
                )

    return tell


def host_environment(
    folder: Path, core: CoreDouble, tokens: TestTokens, *, hook: str = COUNTER + PLUGIN, **settings: str
) -> dict[str, str]:
    site = folder / "site"
    lay_out_distribution(site)
    (site / "heritage" / "__init__.py").write_text(hook.format(out=str(folder / "out")))
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("GRIDWARD_")},
        "PYTHONPATH": str(site),
        "GRIDWARD_TRUST_FILE": str(tokens.trust_file),
        "GRIDWARD_SIGNING_KEY_FILE": str(tokens.key_file("host")),
        "GRIDWARD_REGISTRY_ADDRESS": core.address,
        "GRIDWARD_INCIDENTS_ADDRESS": core.address,
        "GRIDWARD_STATE_DIR": str(folder / "state"),
        **settings,
    }


def bare(folder: Path, broker: Broker, events: int) -> Figures:
    script = folder / "bare.py"
    script.write_text(COUNTER.format(out=str(folder / "out")) + BARE)
    with running([sys.executable, str(script), broker.amqp_url], dict(os.environ), folder / "log") as process:
        until(lambda: "following" in (folder / "log").read_text())
        time.sleep(1)
        return measure("bare nameko, AMQP", process, folder / "out", publisher(broker), events)


def hosted(name: str, folder: Path, environment: dict[str, str], tell: Callable[[int], None], events: int) -> Figures:
    command = [sys.executable, "-m", "services.host", "heritage"]
    with running(command, environment, folder / "log") as process:
        until(lambda: '"following"' in (folder / "log").read_text())
        return measure(name, process, folder / "out", tell, events)


async def from_commit(
    folder: Path, core: CoreDouble, tokens: TestTokens, broker: Broker | None, count: int
) -> commits.Waits:
    """From the commit to the hook, over AMQP when there is a broker."""
    (folder / "postgres").mkdir()
    settings = {"GRIDWARD_AMQP_URL": broker.amqp_url} if broker else {}
    async with commits.telling(folder / "postgres", tokens, broker) as (database, address):
        environment = host_environment(folder, core, tokens, hook=commits.HOOK, **settings)
        environment["GRIDWARD_INCIDENTS_ADDRESS"] = address
        with running([sys.executable, "-m", "services.host", "heritage"], environment, folder / "log"):
            await asyncio.to_thread(until, lambda: '"following"' in (folder / "log").read_text())
            name = "host, AMQP" if broker else "host, gRPC stream"
            return await commits.waits(name, database, folder / "out", count=count, rate=COMMITS_A_SECOND)


def main() -> None:
    """Measure all three and print a table, then the time from commit to hook."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--commits", type=int, default=400)
    chosen = parser.parse_args()
    events: int = chosen.events
    with tempfile.TemporaryDirectory() as root:
        folders = [Path(root) / name for name in ("bare", "amqp", "stream", "rabbitmq", "keys", "told", "relayed")]
        for folder in folders:
            folder.mkdir()
        tokens = TestTokens(folders[4])
        core = CoreDouble(trust_file=tokens.trust_file)
        core.start()
        broker = start_rabbitmq(folders[3])
        try:
            reference = bare(folders[0], broker, events)
            over_amqp = host_environment(folders[1], core, tokens, GRIDWARD_AMQP_URL=broker.amqp_url)
            amqp = hosted("host, AMQP", folders[1], over_amqp, publisher(broker), events)
            over_stream = host_environment(folders[2], core, tokens)

            def tell(count: int) -> None:
                core.tell(*(reported(f"{time.time():.6f}") for _ in range(count)))

            stream = hosted("host, gRPC stream", folders[2], over_stream, tell, events)
            told = asyncio.run(from_commit(folders[5], core, tokens, None, chosen.commits))
            relayed = asyncio.run(from_commit(folders[6], core, tokens, broker, chosen.commits))
        finally:
            broker.stop()
            core.stop()
    sys.stdout.write(
        "| consumer | events/s | × bare | CPU µs/event | × bare | event to hook p50 / p99 ms |\n|---|---|---|---|---|---|\n"
    )
    for figures in (reference, amqp, stream):
        sys.stdout.write(figures.row(events, reference) + "\n")
    commits.table([told, relayed])


if __name__ == "__main__":
    main()
