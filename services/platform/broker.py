"""Hands a service's events on to RabbitMQ, for cities that run one; each is confirmed before the next is forgotten."""

import asyncio

import aio_pika
import structlog
from aio_pika.abc import AbstractExchange
from gridward.events.v1 import events_pb2
from prometheus_client import Counter

from services.platform import outbox
from services.platform.database import Database
from services.platform.errors import GridwardError
from services.platform.tail import Wanted

log = structlog.get_logger()

EXCHANGE = "gridward.events"
READER = "amqp"
#: Handed over at once and confirmed together: the broker writes them down in one go, and a busy disk delays them once.
IN_FLIGHT = 500
RETRY_S = 2.0

EVENTS_RELAYED = Counter("events_relayed_total", "Events handed to RabbitMQ and confirmed by it")


async def relay(database: Database, sequencer: outbox.Sequencer, *, amqp_url: str) -> None:
    """Go on until cancelled; a broker that is away is waited for, and goes on where it had confirmed."""
    while True:
        try:
            connection = await aio_pika.connect(amqp_url, timeout=5.0)
            async with connection:
                channel = await connection.channel(publisher_confirms=True)
                exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
                with sequencer.reading():
                    await _relay_from(exchange, database, sequencer)
        except (aio_pika.exceptions.AMQPError, OSError, GridwardError) as error:
            log.warning("broker_away", error=str(error)[:200])
        await asyncio.sleep(RETRY_S)


async def _relay_from(exchange: AbstractExchange, database: Database, sequencer: outbox.Sequencer) -> None:
    position = await outbox.reader_position(database, READER)
    while True:
        if await sequencer.wait_beyond(position, 5.0) <= position:
            continue
        events, position = await sequencer.after(position, Wanted(), size=IN_FLIGHT)
        await asyncio.gather(*(_publish(exchange, event) for event in events))
        await outbox.move_reader(database, READER, position)
        EVENTS_RELAYED.inc(len(events))


async def _publish(exchange: AbstractExchange, event: events_pb2.Event) -> None:
    message = aio_pika.Message(
        event.SerializeToString(),
        message_id=event.id,
        content_type="application/x-protobuf",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await exchange.publish(message, f"{event.service}.{event.type}.{event.task_type or '_'}", mandatory=False)
