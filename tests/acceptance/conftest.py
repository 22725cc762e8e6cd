"""One running suite for the stories, with events by gRPC streams; another with RabbitMQ."""

from collections.abc import Iterator

import pytest

from tests.acceptance.suite import Suite, close_clients, running
from tests.support.servers import Broker


@pytest.fixture(autouse=True)
def _closed_clients() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Events travel by gRPC streams."""
    yield from running(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="session")
def suite_with_broker(tmp_path_factory: pytest.TempPathFactory, rabbitmq: Broker) -> Iterator[Suite]:
    """Events travel through RabbitMQ."""
    yield from running(tmp_path_factory.mktemp("suite-amqp"), amqp_url=rabbitmq.amqp_url)
