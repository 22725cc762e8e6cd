"""Events that come through RabbitMQ reach the same hooks, with the same care; the plugin notices no difference."""

from collections.abc import Callable, Iterator
from typing import Any

import kombu
import pytest
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2

from tests.integration.host.conftest import HostProcess, MakeHost, eventually
from tests.support.core_double import CoreDouble, reported
from tests.support.servers import Broker

QUEUE = "host.heritage"
DEAD = "host.heritage.dead"
EXCHANGE = kombu.Exchange("gridward.events", type="topic", durable=True)
Publish = Callable[..., None]


@pytest.fixture
def publish(broker: Broker) -> Publish:
    """Hands events to the broker as the relay of a service does."""

    def to_broker(*events: events_pb2.Event) -> None:
        with kombu.Connection(broker.amqp_url, transport_options={"confirm_publish": True}) as connection:
            producer = connection.Producer(exchange=EXCHANGE(connection.channel()))
            for event in events:
                send(producer, event.SerializeToString(), event)

    return to_broker


def send(producer: kombu.Producer, body: bytes, event: events_pb2.Event) -> None:
    producer.publish(
        body,
        routing_key=f"{event.service}.{event.type}.{event.task_type or '_'}",
        message_id=event.id,
        content_type="application/x-protobuf",
        content_encoding="binary",
        delivery_mode="persistent",
    )


def waiting(broker: Broker, queue: str) -> int:
    """Messages that nobody holds."""
    with kombu.Connection(broker.amqp_url) as connection:
        return int(connection.default_channel.queue_declare(queue, passive=True).message_count)


def caught_up(host: HostProcess, broker: Broker) -> bool:
    """Nothing waits, and nothing is under way: what is told again after a kill is done with as well."""
    return not waiting(broker, QUEUE) and 'host_events_in_flight{plugin="heritage"} 0.0' in host.page("/metrics")[1]


def dead_letters(broker: Broker) -> list[Any]:
    def take(channel: Any) -> Iterator[Any]:
        while message := channel.basic_get(DEAD, no_ack=True):
            yield message

    with kombu.Connection(broker.amqp_url) as connection:
        return list(take(connection.default_channel))


@pytest.fixture
def host(make_host: MakeHost, broker: Broker) -> HostProcess:
    return make_host("heritage", amqp_url=broker.amqp_url)


def test_a_hook_is_called_once_for_each_event_of_its_task_types(
    host: HostProcess, core: CoreDouble, publish: Publish, broker: Broker
) -> None:
    host.start_and_wait()
    mine = [reported() for _ in range(50)]
    publish(*mine, reported(task_type="somebody_else_s"))
    eventually(lambda: len(host.calls()) == 50, "the calls")
    assert host.calls() == [event.subject for event in mine]
    assert core.watches == []
    assert core.registrations
    assert host.terminate() == 0
    assert waiting(broker, QUEUE) == 0


def test_a_hook_that_raises_for_good_is_dead_lettered_after_its_tries_and_later_events_flow(
    host: HostProcess, publish: Publish, broker: Broker
) -> None:
    host.start_and_wait()
    bad, good = reported("raise"), [reported() for _ in range(20)]
    publish(bad, *good)
    eventually(lambda: host.logged("event_put_aside"), "the event to be put aside")
    assert host.calls().count(bad.subject) == 3
    assert sorted(set(host.calls()) - {bad.subject}) == sorted(event.subject for event in good)
    [letter] = dead_letters(broker)
    assert events_pb2.Event.FromString(bytes(letter.body)) == bad
    headers = letter.headers
    assert (headers["x-plugin"], headers["x-hook"], headers["x-tries"]) == ("heritage", "incident_reported", 3)
    assert headers["x-error"] == "ValueError: the wall fell"
    assert 'host_events_put_aside_total{plugin="heritage"} 1.0' in host.page("/metrics")[1]


def test_a_hook_that_raises_twice_is_called_a_third_time_after_growing_pauses(
    host: HostProcess, publish: Publish, broker: Broker
) -> None:
    host.start_and_wait()
    event = reported("raise twice")
    publish(event)
    eventually(lambda: len(host.calls()) == 3, "the third call")
    first, second, third = [line["at"] for line in host.journal]
    assert second - first >= 0.1
    assert third - second >= 0.2
    assert host.terminate() == 0
    assert [waiting(broker, queue) for queue in (QUEUE, f"{QUEUE}.retry", DEAD)] == [0, 0, 0]


def test_events_that_come_while_no_host_runs_are_kept(host: HostProcess, publish: Publish) -> None:
    host.start_and_wait()
    host.kill()
    events = [reported() for _ in range(30)]
    publish(*events)
    host.start_and_wait()
    eventually(lambda: len(host.calls()) == 30, "the calls")
    assert host.calls() == [event.subject for event in events]


def test_killing_the_host_in_mid_stream_loses_nothing(host: HostProcess, publish: Publish, broker: Broker) -> None:
    host.start_and_wait()
    events = [reported("slow" if number % 3 else "") for number in range(400)]
    publish(*events)
    for enough in (60, 180):
        eventually(lambda enough=enough: len(set(host.calls())) > enough, "some calls")
        host.kill()
        host.start()
    eventually(lambda: len(set(host.calls())) == 400, "the last call")
    assert set(host.calls()) == {event.subject for event in events}
    assert len(host.calls()) < 800
    eventually(lambda: host.health()[0] == 200, "health")
    eventually(lambda: caught_up(host, broker), "what is told again to be done with")
    assert host.terminate() == 0
    assert waiting(broker, QUEUE) == 0


def test_killing_the_broker_in_mid_stream_loses_nothing(host: HostProcess, publish: Publish, broker: Broker) -> None:
    host.start_and_wait()
    # RabbitMQ 3.10 writes down a new quorum queue's name some seconds late, and does not find it again after a power
    # cut within them. An orderly restart writes it down at once, and is to be survived as well.
    broker.restart()
    eventually(lambda: len(host.logged("following")) == 2, "the host to be back")
    events = [reported("slow") for _ in range(200)]
    publish(*events)
    eventually(lambda: len(host.calls()) > 20, "some calls")
    broker.kill()
    eventually(lambda: host.health()[0] == 503, "the break to be noticed")
    broker.start()
    eventually(lambda: len(set(host.calls())) == 200, "the last call")
    eventually(lambda: host.health()[0] == 200, "health")
    eventually(lambda: caught_up(host, broker), "what is told again to be done with")
    assert host.terminate() == 0
    assert waiting(broker, QUEUE) == 0


def test_a_message_nobody_can_read_is_put_aside(host: HostProcess, publish: Publish, broker: Broker) -> None:
    host.start_and_wait()
    event = reported()
    with kombu.Connection(broker.amqp_url) as connection:
        send(connection.Producer(exchange=EXCHANGE(connection.channel())), b"\xff\xff", event)
    publish(event)
    eventually(lambda: host.calls() == [event.subject], "the event after it")
    [letter] = eventually(lambda: dead_letters(broker), "the letter")
    assert bytes(letter.body) == b"\xff\xff"
    assert letter.headers["x-hook"] == "unreadable"


def test_a_host_told_to_stop_finishes_what_runs_and_gives_the_rest_back(
    host: HostProcess, publish: Publish, broker: Broker
) -> None:
    host.start_and_wait()
    # So many that whoever is slow to tell it to stop still comes in the middle.
    publish(*(reported("long") for _ in range(1000)))
    eventually(lambda: len(host.calls()) > 5, "some calls")
    assert host.terminate() == 0
    handled = len(host.calls())
    assert handled < 1000
    assert waiting(broker, QUEUE) == 1000 - handled


def test_a_core_that_is_away_costs_no_try(
    make_host: MakeHost, core: CoreDouble, publish: Publish, broker: Broker
) -> None:
    from services.platform.errors import Unavailable

    host = make_host("heritage", amqp_url=broker.amqp_url, hook_tries="1")
    core.refuse = lambda method: Unavailable(part="incidents") if method == "AdvanceCase" else None
    host.start_and_wait()
    event = reported("note")
    core.cases[event.subject] = cases_pb2.Case(id=event.subject, version=1)
    publish(event)
    eventually(lambda: len(host.calls()) >= 4, "some calls")
    core.refuse = lambda _method: None
    eventually(lambda: core.history.get(event.subject), "the note")
    assert dead_letters(broker) == []


def test_what_was_put_aside_in_the_broker_is_looked_at_and_told_anew_by_the_same_command(
    host: HostProcess, publish: Publish, broker: Broker
) -> None:
    host.environment["GRIDWARD_HOOK_TRIES"] = "2"
    host.start_and_wait()
    bad, event, other = reported("raise"), reported("raise twice"), reported("raise")
    publish(bad, event, other)
    eventually(lambda: len(host.logged("event_put_aside")) == 3, "the events to be put aside")
    eventually(lambda: waiting(broker, DEAD) == 3, "the queue")
    listed = host.letters_command("list", "--plugin", "heritage").stdout
    assert all(each.id in listed for each in (bad, event, other))
    assert waiting(broker, DEAD) == 3, "looking takes nothing away"
    assert host.letters_command("redeliver", event.id).stdout == "redeliver: 1\n"
    eventually(lambda: host.calls().count(event.subject) == 3, "the third call")
    assert host.letters_command("drop", bad.id, other.id).stdout == "drop: 2\n"
    assert [waiting(broker, queue) for queue in (QUEUE, f"{QUEUE}.retry", DEAD)] == [0, 0, 0]


def test_a_broker_that_restarts_under_a_thousand_events_loses_none_and_shows_none_twice(
    host: HostProcess, publish: Publish, broker: Broker
) -> None:
    host.start_and_wait()
    events = [reported() for _ in range(1000)]
    publish(*events)
    broker.restart()
    eventually(lambda: len(set(host.calls())) == len(events), "the last call")
    assert sorted(host.calls()) == sorted(event.subject for event in events)
