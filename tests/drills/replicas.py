"""A whole city with two replicas of every service, spread as a cluster spreads them, whose replicas come and go one by one.

Names are answered by small name servers, as headless Services would; the settings of draining are the chart's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.acceptance.suite import Suite, free_port
from tests.drills.recovery import Stores
from tests.support.names import Names

HOSTS = ("127.0.0.2", "127.0.0.3")
SERVERS = ("registry", "incidents", "points", "video")
GATEWAY, PLUGINS = "gateway", "host"
#: As helm/gridward sets them: how long a replica drains, and how long it may hold a connection.
AS_IN_THE_CHART = {"GRIDWARD_LEAVE_S": "1", "GRIDWARD_DRAIN_S": "8", "GRIDWARD_CONNECTION_S": "15"}
#: Seconds between the way to a gateway being closed and its being told to go (`pauseSeconds`).
GATEWAY_PAUSE_S = 5.0
#: Seconds for which a new replica must be well before the next one goes (`minReadySeconds`).
SETTLED_S = 5.0
START_S_MAX = 180.0
FILLED_S_MAX = 900.0
STOP_S_MAX = 60.0


class NameServers:
    """A name server for each service, on a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.of = {name: self._open() for name in SERVERS}

    def _open(self) -> Names:
        return asyncio.run_coroutine_threadsafe(Names.open(), self._loop).result(START_S_MAX)


@dataclass
class Replica:
    """One process of a service."""

    name: str
    host: str
    command: list[str]
    environment: dict[str, str]
    port: int
    health_port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def _log(self) -> Path:
        return self.folder / f"{self.name}-{self.host}.log"

    def start(self) -> None:
        """Start it and do not wait."""
        with self._log.open("ab") as words:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=words, stderr=words, cwd="/")

    def well(self) -> bool:
        """As a cluster's probe asks."""
        if self.name in SERVERS:
            with grpc.insecure_channel(f"{self.host}:{self.health_port}") as channel:
                stub: Any = health_pb2_grpc.HealthStub(channel)
                try:
                    answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=2)
                except grpc.RpcError:
                    return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
        try:
            return httpx.get(f"http://{self.host}:{self.port}/healthz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def cpu_s(self) -> float:
        """Processor time it and its children have had."""
        assert self.process is not None
        first = psutil.Process(self.process.pid)
        times = [each.cpu_times() for each in (first, *first.children(recursive=True))]
        return sum(each.user + each.system for each in times)

    def wait_until_well(self) -> float:
        """Until it is; the seconds that took."""
        began_s = time.monotonic()
        while not self.well():
            assert self.process is not None
            well_by_now = self.process.poll() is None and time.monotonic() - began_s < START_S_MAX
            assert well_by_now, f"{self.name} on {self.host} is not well: {self._log.read_text()[-2000:]}"
            time.sleep(0.1)
        return time.monotonic() - began_s

    def stop(self) -> float:
        """SIGTERM, as a cluster sends it; the seconds until it had ended."""
        assert self.process is not None
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOP_S_MAX)
        return time.monotonic() - began_s


@dataclass
class TwoOfEach:
    """The city: replicas by service, and the gateways that people are sent to at the moment."""

    replicas: dict[str, list[Replica]]
    names: NameServers
    doors: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Everything at once, then everybody may come."""
        everyone = [replica for replicas in self.replicas.values() for replica in replicas]
        for replica in everyone:
            if replica.name in SERVERS:
                self.names.of[replica.name].addresses = list(HOSTS)
            replica.start()
        for replica in everyone:
            replica.wait_until_well()
        self.doors = [self._door(replica) for replica in self.replicas[GATEWAY]]

    def restart(self, replica: Replica) -> tuple[float, float, float]:
        """One replica goes and comes again; seconds until it had gone, until it was well, and of processor till then."""
        self._send_elsewhere(replica)
        gone_s = replica.stop()
        replica.start()
        well_s = replica.wait_until_well()
        cpu_s = replica.cpu_s()
        self._send_here_too(replica)
        time.sleep(SETTLED_S)
        return gone_s, well_s, cpu_s

    def _send_elsewhere(self, replica: Replica) -> None:
        if replica.name in SERVERS:
            self.names.of[replica.name].addresses.remove(replica.host)
        elif replica.name == GATEWAY:
            self.doors = [door for door in self.doors if door != self._door(replica)]
            time.sleep(GATEWAY_PAUSE_S)

    def _send_here_too(self, replica: Replica) -> None:
        if replica.name in SERVERS:
            self.names.of[replica.name].addresses.append(replica.host)
        elif replica.name == GATEWAY:
            self.doors = [*self.doors, self._door(replica)]

    @staticmethod
    def _door(replica: Replica) -> str:
        return f"http://{replica.host}:{replica.port}"

    def stop(self) -> None:
        """Everything at once; whatever does not obey is killed."""
        running = [
            replica.process
            for replicas in self.replicas.values()
            for replica in replicas
            if replica.process is not None and replica.process.poll() is None
        ]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S_MAX)
            process.kill()


@contextlib.contextmanager
def two_of_each() -> Iterator[TwoOfEach]:
    """A demo city is filled by the launcher, which then goes; what it was told, two replicas of each are told."""
    stores = Stores.start()
    home = Path(tempfile.mkdtemp(prefix="gridward-drill-home-"))
    home.chmod(0o711)
    suite = Suite(home, settings=stores.settings())
    try:
        assert until(lambda: any(suite.url in line for line in suite.lines), within_s=FILLED_S_MAX), suite.logs()
        told = {name: suite.child(f"services.{name}").environ() for name in (*SERVERS, PLUGINS, GATEWAY)}
        commands = {name: suite.child(f"services.{name}").cmdline() for name in told}
    finally:
        suite.stop()
    city = TwoOfEach(replicas={}, names=NameServers())
    ports, doors = ({name: free_port() for name in (*SERVERS, GATEWAY)} for _ in range(2))
    addresses = {f"GRIDWARD_{name.upper()}_ADDRESS": city.names.of[name].target(name, ports[name]) for name in SERVERS}

    def replica(name: str, host: str) -> Replica:
        environment = {**told[name], **addresses, **AS_IN_THE_CHART, "GRIDWARD_METRICS_HOST": host}
        port = ports.get(name) or int(environment["GRIDWARD_METRICS_PORT"])
        if name != PLUGINS:
            environment |= {"GRIDWARD_LISTEN": f"{host}:{port}", "GRIDWARD_HEALTH_LISTEN": f"{host}:{doors[name]}"}
        return Replica(name, host, commands[name], environment, port, doors.get(name, 0), home)

    city.replicas = {name: [replica(name, host) for host in HOSTS] for name in (*SERVERS, GATEWAY)}
    # Departments hear events over streams here, where each runs once.
    city.replicas[PLUGINS] = [replica(PLUGINS, "127.0.0.1")]
    try:
        city.start()
        yield city
    finally:
        city.stop()
        stores.postgres.stop()
        stores.objects.stop()


def until(there: Callable[[], bool], *, within_s: float) -> bool:
    """Whether it became so in time."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if there():
            return True
        time.sleep(0.1)
    return there()
