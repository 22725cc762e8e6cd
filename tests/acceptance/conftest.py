"""One running suite for the stories, with events by gRPC streams; another with RabbitMQ."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance import mould
from tests.acceptance.suite import Suite, close_clients, running
from tests.support.servers import Broker

HERE = Path(__file__).parent
#: On a machine on which much else runs.
START_OF_TWO_S_MAX = 600
PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


def pytest_configure(config: pytest.Config) -> None:
    """Say what the mark means."""
    config.addinivalue_line("markers", "department(name): a department's own story, which goes with its folder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whoever takes a department away takes its story away, and nothing else; whoever comes first starts two cities."""
    gone = [item for item in items if any(_is_away(mark) for mark in item.iter_markers("department"))]
    config.hook.pytest_deselected(items=gone)
    items[:] = [item for item in items if item not in gone]
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.timeout(START_OF_TWO_S_MAX))


def _is_away(mark: pytest.Mark) -> bool:
    return not (PLUGINS / mark.args[0] / "manifest.toml").exists()


@pytest.fixture(autouse=True)
def _closed_clients() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Callable[[Path], None]]:
    """Puts a city that was loaded and stopped into a folder; it is loaded once for all who test side by side."""
    own = tmp_path_factory.getbasetemp()
    for city in mould.cast((own if worker_id == "master" else own.parent) / "mould"):
        yield partial(mould.copied, city)


@pytest.fixture(scope="module")
def suite(loaded: Callable[[Path], None]) -> Iterator[Suite]:
    """Events travel by gRPC streams."""
    yield from running(loaded)


@pytest.fixture(scope="module")
def suite_with_broker(loaded: Callable[[Path], None], rabbitmq: Broker) -> Iterator[Suite]:
    """Events travel through RabbitMQ, in a city that is told of it after it was loaded without."""
    yield from running(loaded, amqp_url=rabbitmq.amqp_url)
