"""The host that serves a department is killed again and again under load: the other takes over, each case is noted once.

    python -m tests.drills relief --rate 300 --seconds 20 --kills 3

A real RabbitMQ, a real PostgreSQL that holds the hosts' desk, two real hosts with the department from outside the tree,
and a publisher that does as the services' own relay does. Whoever was killed is started again and stands by, so that
they serve in turns. Tells how long no hook was heard after each kill.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import kombu

from tests.drills.broker import Publisher
from tests.integration.host.conftest import HostProcess, eventually, host_environment
from tests.support.core_double import CoreDouble
from tests.support.servers import Broker, start_postgres, start_rabbitmq
from tests.support.tokens import TestTokens

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE = "host.heritage"
Pair = tuple[HostProcess, HostProcess]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the events."""

    published: int
    #: Hooks that were called again because nobody knows what a killed host had done.
    again: int
    #: Events whose hook left no note, those whose hook left more than one, and those that wait for a person.
    lost: int
    doubled: int
    aside: int
    #: How long after each kill the first hook was heard by the other host.
    silent_s: list[float]

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.published} events, the serving host killed {len(self.silent_s)} times; heard again after"
            f" {', '.join(f'{each_s:.2f} s' for each_s in self.silent_s)}; {self.again} hooks called again,"
            f" lost {self.lost}, doubled {self.doubled}, put aside {self.aside}"
        )


def serves(host: HostProcess) -> bool:
    """Whether it sits in the department's chair."""
    return bool(host.logged("chair_taken"))


def trial(pair: Pair, core: CoreDouble, broker: Broker, *, rate: int, count: int, kills: int) -> Outcome:
    """Publish so many events, kill whoever serves so often meanwhile, and count the notes on the cases in the end."""
    serving, other = pair
    serving.start_and_wait()
    other.start_and_wait()
    publisher = Publisher(url=broker.amqp_url, rate=rate, count=count, description="note")
    thread = threading.Thread(target=publisher.run_alone, daemon=True)
    thread.start()
    silent_s = list[float]()
    for number in range(1, kills + 1):
        due = count * number // (kills + 1)
        eventually(lambda due=due: len(core.history) >= due, "the moment to kill it")
        before = len(other.calls())
        serving.kill()
        killed_s = time.monotonic()
        eventually(lambda other=other, before=before: len(other.calls()) > before, "the other host's first hook")
        silent_s.append(time.monotonic() - killed_s)
        if number < kills:
            serving.start_and_wait()
            serving, other = other, serving
    eventually(lambda: not thread.is_alive(), "everything to be published")
    eventually(lambda: len(core.history) >= count, "everything to be noted")
    # What the killed one had under way is told again, also where its note was left already.
    eventually(_idle(other, broker), "nothing to be under way")
    notes = [len(core.history.get(subject, ())) for subject in publisher.subjects]
    return Outcome(
        published=count,
        again=sum(len(host.calls()) for host in pair) - count,
        lost=notes.count(0),
        doubled=sum(number > 1 for number in notes),
        aside=_waiting(broker, f"{QUEUE}.dead"),
        silent_s=silent_s,
    )


def _idle(host: HostProcess, broker: Broker) -> Callable[[], bool]:
    none = 'host_events_in_flight{plugin="heritage"} 0.0'
    return lambda: not _waiting(broker, QUEUE) and none in host.page("/metrics")[1]


def _waiting(broker: Broker, queue: str) -> int:
    with kombu.Connection(broker.amqp_url) as connection:
        return int(connection.default_channel.queue_declare(queue, passive=True).message_count)


def run(*, rate: int, seconds: float, kills: int) -> int:
    """The drill with everything it needs; 0 when nothing was lost or doubled."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        for name in ("postgres", "rabbitmq", "keys", "first", "second"):
            (folder / name).mkdir()
        tokens = TestTokens(folder / "keys")
        core = CoreDouble(trust_file=tokens.trust_file)
        core.start()
        postgres, broker = start_postgres(folder / "postgres"), start_rabbitmq(folder / "rabbitmq")
        postgres.create_database("desk")

        def a_host(name: str) -> HostProcess:
            told = {"amqp_url": broker.amqp_url, "database_url": postgres.dsn("desk")}
            return HostProcess(folder / name, host_environment(folder / name, core, tokens, **told), ["heritage"])

        pair = a_host("first"), a_host("second")
        try:
            outcome = trial(pair, core, broker, rate=rate, count=round(rate * seconds), kills=kills)
        finally:
            for host in pair:
                if not host.ended:
                    host.kill()
            broker.stop()
            postgres.stop()
            core.stop()
    sys.stdout.write(f"{outcome}\n")
    return int(outcome.lost + outcome.doubled + outcome.aside > 0)
