"""A host process with a department from outside the tree, beside a double of the core."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plugins.sdk import signing
from services.host.desk import Desk
from tests.support.core_double import CoreDouble
from tests.support.servers import Broker, PostgresServer
from tests.support.tokens import TestTokens

Json = dict[str, Any]
EXTERNAL = Path(__file__).resolve().parents[2] / "fixtures" / "external_plugin"
WAIT_S_MAX = 60.0
_numbers = itertools.count(1)
QUEUES = ("host.heritage", "host.heritage.retry", "host.heritage.dead")


def eventually(look: Callable[[], Any], what: str) -> Any:
    """What `look` finds, as soon as it finds something."""
    until_s = time.monotonic() + WAIT_S_MAX
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until_s, f"waited in vain for {what}"
        time.sleep(0.02)


def lay_out_distribution(folder: Path, name: str = "heritage", value: str = "heritage") -> Path:
    """A package with an entry point, laid out as an installer leaves it."""
    if name == "heritage":
        shutil.copytree(EXTERNAL / "heritage", folder / "heritage", ignore=shutil.ignore_patterns("__pycache__"))
    info = folder / f"gridward_{name}-1.2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: gridward-{name}\nVersion: 1.2.0\n")
    (info / "entry_points.txt").write_text(f"[gridward.plugins]\n{name} = {value}\n")
    return folder


@dataclass
class HostProcess:
    """`python -m services.host` as the operator starts it."""

    folder: Path
    environment: dict[str, str]
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    ports: list[int] = field(default_factory=list)

    @property
    def journal(self) -> list[Json]:
        """Every hook call the outside department wrote down."""
        path = self.folder / "journal.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def calls(self, hook: str = "incident_reported") -> list[str]:
        return [line["case"] for line in self.journal if line["hook"] == hook]

    @property
    def log(self) -> list[Json]:
        lines = (self.folder / f"host-{self.starts}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def logged(self, event: str) -> list[Json]:
        return [line for line in self.log if line.get("event") == event]

    @property
    def letters(self) -> list[Json]:
        """What was put aside, as a person finds it."""
        return [dict(letter.facts()) for letter in Desk.in_folder(self.folder / "state").aside()]

    def letters_command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m services.host letters` as a person types it."""
        command = [sys.executable, "-m", "services.host", "letters", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def start(self) -> None:
        self.starts += 1
        log = (self.folder / f"host-{self.starts}.log").open("wb")
        # gRPC's own words come from threads of its own and would run into the lines of the log.
        other = (self.folder / f"host-{self.starts}.err").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.host", *self.arguments],
            env=self.environment,
            stdout=log,
            stderr=other,
        )
        log.close()
        other.close()

    def start_and_wait(self) -> None:
        self.start()
        eventually(lambda: self.ended or self.health()[0] == 200, "the host to be healthy")
        assert not self.ended, self.tail()

    def health(self) -> tuple[int, Json]:
        """What /healthz answers; 0 before it answers."""
        status, body = self.page("/healthz")
        return status, json.loads(body or "{}")

    def page(self, path: str) -> tuple[int, str]:
        watched = self.logged("watched")
        if not watched:
            return 0, ""
        url = f"http://127.0.0.1:{watched[-1]['port']}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def post(self, path: str, body: bytes, *, key: str, id: str) -> int:
        """Post something signed, as a department's own system does; the status answered."""
        url = f"http://127.0.0.1:{self.logged('watched')[-1]['port']}{path}"
        headers = signing.headers(key, id=id, at_s=int(time.time()), body=body)
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S_MAX)

    def tail(self) -> str:
        return "".join(path.read_text()[-6000:] for path in sorted(self.folder.glob("host-*")))


@pytest.fixture
def core(tokens: TestTokens) -> Iterator[CoreDouble]:
    double = CoreDouble(trust_file=tokens.trust_file)
    double.start()
    yield double
    double.stop()


def host_environment(folder: Path, core: CoreDouble, tokens: TestTokens, **settings: str) -> dict[str, str]:
    """What a host is told that runs the outside department before a double of the core, all below one folder."""
    outside = folder / "site"
    if not outside.exists():
        lay_out_distribution(outside)
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("GRIDWARD_")},
        "PYTHONPATH": str(outside),
        "PYTHONUNBUFFERED": "1",
        "HERITAGE_JOURNAL": str(folder / "journal.jsonl"),
        "GRIDWARD_TRUST_FILE": str(tokens.trust_file),
        "GRIDWARD_SIGNING_KEY_FILE": str(tokens.key_file("host")),
        "GRIDWARD_REGISTRY_ADDRESS": core.address,
        "GRIDWARD_INCIDENTS_ADDRESS": core.address,
        "GRIDWARD_STATE_DIR": str(folder / "state"),
        "GRIDWARD_RETRY_S": "0.1",
        "GRIDWARD_HOOK_TRIES": "3",
        **{f"GRIDWARD_{key.upper()}": value for key, value in settings.items()},
    }


MakeHost = Callable[..., HostProcess]


@pytest.fixture
def make_host(core: CoreDouble, tokens: TestTokens, tmp_path: Path) -> Iterator[MakeHost]:
    made: list[HostProcess] = []

    def make(*arguments: str, **settings: str) -> HostProcess:
        environment = host_environment(tmp_path, core, tokens, **settings)
        host = HostProcess(tmp_path, environment, list(arguments))
        made.append(host)
        return host

    yield make
    for host in made:
        if not host.ended:
            host.kill()


@pytest.fixture
def host(make_host: MakeHost) -> HostProcess:
    """Runs the outside department alone, fed by a stream."""
    return make_host("heritage")


@pytest.fixture
def shared(postgres: PostgresServer) -> str:
    """The address of an empty database."""
    name = f"desk_{next(_numbers)}"
    postgres.create_database(name)
    return postgres.dsn(name)


MakePair = Callable[..., tuple[HostProcess, HostProcess]]


@pytest.fixture
def make_pair(make_host: MakeHost, shared: str, tmp_path: Path) -> MakePair:
    """Two hosts that may both serve the outside department, and share a desk."""

    def one(name: str, settings: dict[str, str]) -> HostProcess:
        host = make_host("heritage", database_url=shared, state_dir=str(tmp_path / name), **settings)
        host.folder = tmp_path / name
        host.folder.mkdir()
        host.environment |= {"HERITAGE_JOURNAL": str(host.folder / "journal.jsonl")}
        return host

    return lambda **settings: (one("first", settings), one("second", settings))


@pytest.fixture
def broker(rabbitmq: Broker) -> Broker:
    """A broker without anything left by the test before."""
    import kombu

    with kombu.Connection(rabbitmq.amqp_url) as connection:
        for queue in QUEUES:
            channel = connection.channel()
            channel.queue_delete(queue)
    return rabbitmq
