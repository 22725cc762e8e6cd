"""One running suite for the stories, with events by gRPC streams; another with RabbitMQ."""

from collections.abc import Iterator

import pytest

from tests.acceptance.suite import Suite, close_clients, running
from tests.support.servers import Broker


@pytest.fixture(autouse=True)
def _closed_clients() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    """Events travel by gRPC streams."""
    yield from running()


@pytest.fixture(scope="module")
def suite_with_broker(rabbitmq: Broker) -> Iterator[Suite]:
    """Events travel through RabbitMQ."""
    yield from running(amqp_url=rabbitmq.amqp_url)
