"""Hears a department's events from RabbitMQ: for cities that run one. The hooks notice no difference."""

# mypy: disable-error-code="misc,no-untyped-call"
# kombu and nameko tell nothing of their types.

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final

import eventlet
from amqp.exceptions import AMQPError
from eventlet.event import Event
from google.protobuf.message import DecodeError
from gridward.events.v1 import events_pb2
from kombu.connection import Connection
from kombu.entity import Exchange, Queue, binding
from kombu.exceptions import OperationalError
from kombu.mixins import ConsumerMixin

from services.host.desk import PutAside
from services.host.feed import IN_FLIGHT_MAX, Delivery, Feed
from services.host.orders import line_name
from services.host.receipts import Receipts

EXCHANGE: Final = "gridward.events"
SERVICE: Final = "incidents"
#: As many as a department may have under way at once.
PREFETCH: Final = IN_FLIGHT_MAX
#: A machine that is gone without a word is noticed after two of them, and its events are given to another host.
HEARTBEAT_S: Final = 15
LISTEN_S: Final = 0.2
RECONNECT_S: Final = 1.0
#: How often what was put aside is counted.
COUNT_EVERY_S: Final = 2.0
PLACE: Final = "broker"
READY_S_MAX: Final = 5.0
PUBLISH_S_MAX: Final = 10.0
CLOSE_S_MAX: Final = 3.0
CONTENT_TYPE: Final = "application/x-protobuf"
TRIES: Final = "x-tries"
#: Set by a person who has an event told anew.
AGAIN: Final = "x-again"

#: What a lost or refusing broker raises; anything else is a fault of ours.
AWAY: Final = (AMQPError, OperationalError, OSError)

QUORUM: Final = {"x-queue-type": "quorum"}
#: A message leaves such a queue only when the next one has it for certain.
CERTAIN: Final = {**QUORUM, "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}


class BrokerFeed(Feed, ConsumerMixin):
    """Three queues: one to listen to, `.retry` from which an event comes back after its pause, `.dead` for a person.

    nameko's own consumer would acknowledge an event whose hook raised, that is: lose it. Here an event is
    acknowledged when it was handled, or when `.retry` or `.dead` has confirmed that it holds it.
    """

    def setup(self) -> None:
        """Called by nameko before anything starts."""
        super().setup()
        url = self.context.settings.amqp_url
        if url is None:
            raise RuntimeError("no broker was named")
        self.connection = Connection(
            url.get_secret_value(), heartbeat=HEARTBEAT_S, transport_options={"confirm_publish": True}
        )
        self._consumer: Any = None
        self._channel: Any = None
        self._receipts: Receipts | None = None
        self._counted_at_s = 0.0
        self._patience_with_broker: Any = None
        self._ended = Event()
        self.queue_name = line_name(self.department.name, self.context.settings.plugin_release)
        exchange = Exchange(EXCHANGE, type="topic", durable=True)
        bindings = [
            binding(exchange, routing_key=f"{SERVICE}.*.{task_type}") for task_type in self.department.task_types
        ]
        self.dead = Queue(f"{self.queue_name}.dead", queue_arguments=QUORUM)
        self.retry = Queue(f"{self.queue_name}.retry", queue_arguments={**CERTAIN, **_to(self.queue_name)})
        # One process listens at a time, so that the events of a case are not handled side by side.
        # A broker that gives up redelivering by itself puts the event where a person finds it.
        single = {**CERTAIN, **_to(self.dead.name), "x-single-active-consumer": True}
        self.queue = Queue(self.queue_name, exchange=exchange, bindings=bindings, queue_arguments=single)

    def _run(self) -> None:
        while not self.should_stop:
            try:
                for _ in self.consume(limit=None, safety_interval=LISTEN_S):
                    pass
            except AWAY as error:
                self._lost(error)
                self.rest(RECONNECT_S)
                self.should_stop = self.stopping
        self._ended.send(None)

    @contextlib.contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """Called by kombu; one attempt, for its own pauses between attempts grow to half a minute.

        A broker that is just starting takes the connection and may then never answer what it is asked on it. So
        the time until events can come is limited, and a connection that failed is dropped without a farewell.
        """
        connection = self.connection.clone()
        self._patience_with_broker = eventlet.Timeout(READY_S_MAX, OperationalError("the broker does not answer"))
        try:
            connection.connect()
            yield connection
        except BaseException:
            connection.collect()
            raise
        else:
            connection.release()
        finally:
            self._patience_with_broker.cancel()

    def get_consumers(self, consumer_class: Any, channel: Any) -> list[Any]:
        """Called by kombu on every new connection."""
        for queue in (self.dead, self.retry):
            queue(channel).declare()
        self._channel, self._receipts = channel, Receipts(channel)
        self._consumer = consumer_class(queues=[self.queue], on_message=self._hear, prefetch_count=PREFETCH)
        return [self._consumer]

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **_rest: Any) -> None:
        """Called by kombu when events can come."""
        del connection, channel, consumers
        self._patience_with_broker.cancel()
        self.context.health.following(self.department.name, hears=True)
        self.log.info("following", queue=self.queue_name)

    def on_iteration(self) -> None:
        """Called by kombu every so often; the only place from which a consumer may be cancelled."""
        if self.stopping and self._consumer is not None:
            self._consumer.cancel()
            self._consumer = None
        self.should_stop = self.stopping and not self._lanes
        if self.should_stop and self._receipts is not None:
            self._receipts.tell()
        now_s = time.monotonic()
        if now_s - self._counted_at_s > COUNT_EVERY_S:
            self._counted_at_s = now_s
            counted = self._channel.queue_declare(self.dead.name, passive=True)
            self.context.health.aside(self.department.name, int(counted.message_count), place=PLACE)

    def _lost(self, error: BaseException) -> None:
        self.context.health.following(self.department.name, hears=False)
        self.log.warning("broker_away", error=f"{type(error).__name__}: {error}"[:200])

    def _hear(self, message: Any) -> None:
        event = events_pb2.Event()
        body = message.body if isinstance(message.body, bytes) else bytes(message.body)
        try:
            event.ParseFromString(body)
        except DecodeError as error:
            event.Clear()
            self._give_up(Delivery(event=event, receipt=message), "unreadable", error)
            return
        if message.headers.get(AGAIN):
            # A person wants it told anew; that it was put aside before must not stand in the way.
            self._seen.forget(event.id)
        tries = message.headers.get(TRIES, 0)
        self.take(Delivery(event=event, receipt=message, tries=tries if isinstance(tries, int) else 0))

    def _settle(self, delivery: Delivery) -> None:
        # What came over a connection that is gone is told again by the broker, and known by its id.
        message, receipts = delivery.receipt, self._receipts
        if receipts is not None and message.channel is receipts.channel:
            receipts.handled(message.delivery_tag)

    def _again_here(self, delivery: Delivery) -> bool:
        pause_s = self.patience.pause_after(delivery.tries)
        if self._publish(self.retry.name, delivery, {TRIES: delivery.tries}, expiration=pause_s):
            self._settle(delivery)
        return False

    def _put_aside(self, delivery: Delivery, letter: PutAside) -> bool:
        return self._publish(self.dead.name, delivery, {f"x-{key}": value for key, value in letter.facts().items()})

    def _publish(
        self, queue_name: str, delivery: Delivery, headers: dict[str, Any], expiration: float | None = None
    ) -> bool:
        """Whether the broker confirmed that it holds the event; if not, it still has it where it was."""
        try:
            with self.connection.clone() as connection:
                connection.Producer().publish(
                    delivery.receipt.body,
                    exchange="",
                    routing_key=queue_name,
                    headers=headers,
                    expiration=expiration,
                    message_id=delivery.event.id,
                    content_type=CONTENT_TYPE,
                    content_encoding="binary",
                    delivery_mode="persistent",
                    confirm_timeout=PUBLISH_S_MAX,
                )
        except AWAY as error:
            self._lost(error)
            return False
        return True

    def _close(self) -> None:
        with eventlet.Timeout(CLOSE_S_MAX, exception=False):
            self._ended.wait()
        self.context.health.following(self.department.name, hears=False)


def _to(queue_name: str) -> dict[str, str]:
    return {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue_name}
