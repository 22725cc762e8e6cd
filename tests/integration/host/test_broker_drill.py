"""The drills with a broker in small: it, the line to it or the host is lost under load, and no event is lost or doubled."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.drills import broker as drill
from tests.drills import relief
from tests.integration.host.conftest import MakeHost, MakePair, eventually
from tests.support.core_double import CoreDouble
from tests.support.servers import Broker


def test_a_broker_that_is_killed_under_load_loses_nothing_and_doubles_nothing(
    make_host: MakeHost, broker: Broker
) -> None:
    host = make_host("heritage", amqp_url=broker.amqp_url)
    outcome = drill.trial(host, broker, rate=1000, count=2000, kills=1)
    assert (outcome.lost, outcome.doubled) == (0, 0)


def test_a_host_that_is_killed_under_load_is_relieved_by_another_and_each_case_is_noted_once(
    make_pair: MakePair, core: CoreDouble, broker: Broker
) -> None:
    outcome = relief.trial(make_pair(amqp_url=broker.amqp_url), core, broker, rate=500, count=500, kills=1)
    assert (outcome.lost, outcome.doubled, outcome.aside) == (0, 0, 0)


class Line:
    """A line between the host and the broker that can be cut, in both directions at once."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._open: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.whole = threading.Event()
        self.whole.set()
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """End what runs over it, and let nothing new through."""
        self.whole.clear()
        for end in self._open:
            _end(end)

    def close(self) -> None:
        """Take it down."""
        self.cut()
        _end(self._door)

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if not self.whole.is_set():
                _end(near)
                continue
            far = socket.create_connection(("127.0.0.1", self._behind))
            self._open += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _end(source)
    _end(target)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@pytest.fixture
def line(broker: Broker) -> Iterator[Line]:
    line = Line(broker.ports["amqp"])
    yield line
    line.close()


def test_a_network_that_is_cut_under_load_loses_nothing_and_doubles_nothing(
    make_host: MakeHost, broker: Broker, line: Line
) -> None:
    url = broker.amqp_url.replace(f":{broker.ports['amqp']}", f":{line.port}")
    assert url != broker.amqp_url
    host = make_host("heritage", amqp_url=url)
    host.start_and_wait()
    publisher = drill.Publisher(url=broker.amqp_url, rate=2000, count=1000)
    thread = threading.Thread(target=publisher.run_alone, daemon=True)
    thread.start()
    for enough in (100, 400):
        eventually(lambda enough=enough: len(host.journal) > enough, "some calls")
        line.cut()
        eventually(lambda: host.health()[0] == 503, "the cut to be noticed")
        line.whole.set()
        eventually(lambda: host.health()[0] == 200, "the host to be back")
    eventually(lambda: not thread.is_alive(), "everything to be published")
    eventually(lambda: len(set(host.calls())) == 1000, "everything to be heard")
    assert sorted(host.calls()) == sorted(publisher.subjects)
