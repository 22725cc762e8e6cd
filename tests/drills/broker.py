"""The broker is killed and started again while events pour in: every event reaches its hook once, none is lost.

    python -m tests.drills broker --rate 1000 --seconds 30 --kills 2

A real RabbitMQ, a real host with the department from outside the tree, and a publisher that does as the services' own
relay does: it goes on with whatever is due, and what was not confirmed is published again. The rate is held when what
piled up while the broker was away is gone again before the end. Tells as well how much of a core each of the three took
for an event, which a busy machine does not change: together they say what rate two cores can hold.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aio_pika
import psutil
from aio_pika.exceptions import AMQPError, DeliveryError

from services.platform import broker as relay
from tests.integration.host.conftest import HostProcess, eventually, host_environment
from tests.support.core_double import CoreDouble, reported
from tests.support.servers import Broker, start_rabbitmq
from tests.support.tokens import TestTokens

if TYPE_CHECKING:
    from aio_pika.abc import AbstractExchange
    from gridward.events.v1 import events_pb2

EXCHANGE = "gridward.events"
#: As many as the relay has under way at once.
GROUP_SIZE = relay.IN_FLIGHT
CONFIRM_S_MAX = 5.0
RECONNECT_S = 0.2
#: Between two groups, as the relay rests while nothing new is there.
PACE_S = 0.01
LOOK_S = 0.1
NOT_SURE = (AMQPError, DeliveryError, OSError, TimeoutError, RuntimeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the events."""

    published: int
    again: int
    seconds: float
    #: How long after the last event was due the last hook had heard.
    late_s: float
    #: The most that hooks heard in any one second.
    peak: int
    #: Seconds from each restart until no more than a second's events were behind; None when it was not so by the end.
    behind_s: list[float | None]
    lost: int
    doubled: int
    #: Microseconds of a core for each event, by who took them.
    cpu_us: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.published} events published and heard in {self.seconds:.1f} s"
            f" ({self.published / self.seconds:,.0f}/s, at most {self.peak:,}/s), the last {self.late_s:.1f} s after it was due,"
            f" after each restart caught up within {', '.join(map(_told, self.behind_s))}; {self.again} published again,"
            f" lost {self.lost}, doubled {self.doubled}; CPU µs an event: "
            + ", ".join(f"{who} {spent:,.0f}" for who, spent in self.cpu_us.items())
        )


def _told(seconds: float | None) -> str:
    return "the end" if seconds is None else f"{seconds:.1f} s"


@dataclass(kw_only=True)
class Publisher:
    """Publishes at a steady rate; what is not confirmed is published again, as the relay of a service does."""

    url: str
    rate: int
    count: int
    #: What the hook of the department from outside the tree is to do; nothing but writing it down, if empty.
    description: str = ""
    again: int = 0
    cpu_s: float = 0.0
    subjects: list[str] = field(default_factory=list)

    def run_alone(self) -> None:
        """Publish everything, on a thread that does nothing else."""
        asyncio.run(self.run())
        self.cpu_s = time.thread_time()

    async def run(self) -> None:
        """Publish everything."""
        began_s = time.monotonic()
        waiting: list[events_pb2.Event] = []
        while waiting or len(self.subjects) < self.count:
            try:
                connection = await aio_pika.connect(self.url, timeout=CONFIRM_S_MAX)
                async with connection:
                    channel = await connection.channel(publisher_confirms=True)
                    exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
                    while waiting or len(self.subjects) < self.count:
                        waiting = waiting or self._next_group(time.monotonic() - began_s)
                        waiting = await self._unsure(exchange, waiting)
                        if waiting:
                            self.again += len(waiting)
                            break
                        await asyncio.sleep(PACE_S)
            except NOT_SURE:
                pass
            await asyncio.sleep(RECONNECT_S)

    def _next_group(self, passed_s: float) -> list[events_pb2.Event]:
        """What is due and was not yet published, as much of it as may be under way at once."""
        due = min(self.count, int(passed_s * self.rate))
        group = [reported(self.description) for _ in range(min(GROUP_SIZE, due - len(self.subjects)))]
        self.subjects += [event.subject for event in group]
        return group

    @staticmethod
    async def _unsure(exchange: AbstractExchange, group: list[events_pb2.Event]) -> list[events_pb2.Event]:
        """Those of a group that the broker did not confirm."""
        results = await asyncio.gather(*(_publish(exchange, event) for event in group), return_exceptions=True)
        return [event for event, result in zip(group, results, strict=True) if isinstance(result, BaseException)]


class Journal:
    """How many calls of hooks were written down; looks only at what is new, for the host needs the core."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._lines = 0

    def count(self) -> int:
        """Lines so far."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            self._read += len(new)
            self._lines += new.count(b"\n")
        return self._lines


class Watch:
    """Looks ten times a second how many were heard, on a thread of its own."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._began_s = time.monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.seen: list[tuple[float, int]] = [(0.0, 0)]
        self._thread.start()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_S):
            self.seen.append((time.monotonic() - self._began_s, self._journal.count()))

    def end(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join()

    def peak(self) -> int:
        """The most that were heard in any one second."""
        pairs = [(heard - before) / (at_s - from_s) for from_s, before in self.seen for at_s, heard in self.seen
                 if 1.0 <= at_s - from_s < 1.5]  # fmt: skip
        return round(max(pairs, default=0.0))

    def behind_s(self, back_s: float, *, rate: int, count: int) -> float | None:
        """Seconds from a moment until no more than a second's events were behind."""
        for at_s, heard in self.seen:
            if back_s <= at_s <= count / rate and at_s * rate - heard <= rate:
                return at_s - back_s
        return None


def _process_of(broker: Broker) -> subprocess.Popen[bytes] | None:
    return broker.leashed.process if broker.leashed is not None else None


def _cpu_s(process: subprocess.Popen[bytes] | None) -> float:
    """What a process and those below it have taken of a core so far."""
    if process is None or process.poll() is not None:
        return 0.0
    own = psutil.Process(process.pid)
    times = [each.cpu_times() for each in (own, *own.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


async def _publish(exchange: AbstractExchange, event: events_pb2.Event) -> None:
    message = aio_pika.Message(
        event.SerializeToString(),
        message_id=event.id,
        content_type="application/x-protobuf",
        content_encoding="binary",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await exchange.publish(message, f"incidents.{event.type}.{event.task_type}", timeout=CONFIRM_S_MAX)


def trial(host: HostProcess, broker: Broker, *, rate: int, count: int, kills: int) -> Outcome:
    """Publish so many events, kill the broker so often meanwhile, and count what the hooks heard in the end."""
    host.start_and_wait()
    # RabbitMQ 3.10 writes down the name of a new quorum queue some seconds late; an orderly restart does it at once.
    broker.restart()
    eventually(lambda: len(host.logged("following")) > 1, "the host to be back")
    publisher = Publisher(url=broker.amqp_url, rate=rate, count=count)
    journal = Journal(host.folder / "journal.jsonl")
    began_s, back_s = time.monotonic(), list[float]()
    watch = Watch(journal)
    host_s, broker_s = -_cpu_s(host.process), -_cpu_s(_process_of(broker))
    thread = threading.Thread(target=publisher.run_alone, daemon=True)
    thread.start()
    for number in range(1, kills + 1):
        due = count * number // (kills + 1)
        eventually(lambda due=due: len(publisher.subjects) >= due, "the moment to kill it")
        broker_s += _cpu_s(_process_of(broker))
        broker.kill()
        broker.start()
        back_s.append(time.monotonic() - began_s)
    eventually(lambda: not thread.is_alive(), "everything to be published")
    eventually(lambda: watch.seen[-1][1] >= count and len(set(host.calls())) >= count, "everything to be heard")
    seconds = time.monotonic() - began_s
    watch.end()
    spent_s = {
        "publisher": publisher.cpu_s,
        "broker": broker_s + _cpu_s(_process_of(broker)),
        "host": host_s + _cpu_s(host.process),
    }
    heard = Counter(host.calls())
    return Outcome(
        published=count,
        again=publisher.again,
        seconds=seconds,
        late_s=seconds - count / rate,
        peak=watch.peak(),
        behind_s=[watch.behind_s(each_s, rate=rate, count=count) for each_s in back_s],
        lost=len(set(publisher.subjects) - heard.keys()),
        doubled=sum(times - 1 for times in heard.values()),
        cpu_us={who: each_s / count * 1e6 for who, each_s in spent_s.items()},
    )


def run(*, rate: int, seconds: float, kills: int) -> int:
    """The drill with everything it needs; 0 when nothing was lost or doubled."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        for name in ("rabbitmq", "keys", "host"):
            (folder / name).mkdir()
        tokens = TestTokens(folder / "keys")
        core = CoreDouble(trust_file=tokens.trust_file)
        core.start()
        broker = start_rabbitmq(folder / "rabbitmq")
        environment = host_environment(folder / "host", core, tokens, amqp_url=broker.amqp_url)
        host = HostProcess(folder / "host", environment, ["heritage"])
        try:
            outcome = trial(host, broker, rate=rate, count=round(rate * seconds), kills=kills)
        finally:
            if not host.ended:
                host.kill()
            broker.stop()
            core.stop()
    sys.stdout.write(f"{outcome}, broker killed {kills} times\n")
    return int(outcome.lost > 0 or outcome.doubled > 0)
