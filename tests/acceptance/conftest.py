"""One running suite for the stories, with events by gRPC streams; another with RabbitMQ."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.suite import Suite, close_clients, running
from tests.support.servers import Broker

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


def pytest_configure(config: pytest.Config) -> None:
    """Say what the mark means."""
    config.addinivalue_line("markers", "department(name): a department's own story, which goes with its folder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whoever takes a department away takes its story away, and nothing else."""
    gone = [item for item in items if any(_is_away(mark) for mark in item.iter_markers("department"))]
    config.hook.pytest_deselected(items=gone)
    items[:] = [item for item in items if item not in gone]


def _is_away(mark: pytest.Mark) -> bool:
    return not (PLUGINS / mark.args[0] / "manifest.toml").exists()


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
