"""The RabbitMQ that tests use: kept messages survive kill -9 and a restart on the same port.

A classic queue, since RabbitMQ 3.10 writes down the members of a fresh quorum queue only after some seconds.
"""

import aio_pika

from tests.support.servers import Broker


async def test_a_kept_message_survives_a_power_cut(rabbitmq: Broker) -> None:
    connection = await aio_pika.connect(rabbitmq.amqp_url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.declare_queue("kept", durable=True)
        message = aio_pika.Message(b"a manhole cover", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key="kept")
    rabbitmq.kill()
    rabbitmq.restart()
    connection = await aio_pika.connect(rabbitmq.amqp_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", durable=True)
        found = await queue.get(timeout=30)
        assert found is not None
        assert found.body == b"a manhole cover"
        await found.ack()
        await queue.delete()
