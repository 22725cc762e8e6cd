"""The whole suite as processes, started as a user starts it, and people who use it through the gateway alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import psutil

from services.demo import photo

Json = dict[str, Any]
T = TypeVar("T")

START_S_MAX = 280.0
STOP_S_MAX = 30.0
WAIT_S_MAX = 30.0
PASSWORD = "gridward"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Suite:
    """`python -m services.machine up` in a folder of its own."""

    def __init__(
        self, home: Path, *, amqp_url: str = "", traffic: bool = False, settings: Mapping[str, str] | None = None
    ) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GRIDWARD_")},
            "GRIDWARD_HOME": str(home),
            "GRIDWARD_PORT": str(self.port),
            "DEMO_TRAFFIC": "1" if traffic else "0",
            **(settings or {}),
        }
        if amqp_url:
            environment["GRIDWARD_AMQP_URL"] = amqp_url
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.machine", "up"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_until_up(self) -> None:
        """Until the launcher has said the address, which it does last."""
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError("the launcher ended:\n" + "\n".join(self.lines))
            if any(self.url in line for line in self.lines):
                return
            time.sleep(0.1)
        raise AssertionError("the suite did not come up:\n" + "\n".join(self.lines) + self.logs())

    def logs(self) -> str:
        """The ends of all logs, for a test that failed."""
        found = sorted(self.home.glob("**/*.log"))
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in found)

    def children(self) -> list[psutil.Process]:
        """The programs that the launcher keeps alive."""
        return psutil.Process(self.process.pid).children()

    def child(self, module: str) -> psutil.Process:
        """The running process of a service, or of any program with that word in its command."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if any(module == word or word.endswith(f"/{module}") for word in process.cmdline()):
                    return process
            except psutil.Error:
                continue
        raise AssertionError(f"no process {module}")

    def stop(self) -> None:
        """As a user does: Ctrl-C."""
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
                self.process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        finally:
            self._reader.join(STOP_S_MAX)
            if self.process.stdout is not None:
                self.process.stdout.close()


#: Clients of the test that runs now; closed when it ends.
_clients: list[httpx.Client] = []


def close_clients() -> None:
    while _clients:
        _clients.pop().close()


class Person:
    """Somebody with an account."""

    def __init__(self, suite: Suite, login: str, language: str = "zh", *, password: str = PASSWORD) -> None:
        self.client = httpx.Client(base_url=suite.url, timeout=15.0, trust_env=False, verify=False)
        _clients.append(self.client)
        answer = self.client.post("/v1/session", json={"login": login, "password": password})
        assert answer.status_code == 200, answer.text
        self.client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        self.client.headers["accept-language"] = language

    def get(self, path: str, **params: Any) -> Json:
        answer = self.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def post(self, path: str, body: Json) -> httpx.Response:
        return self.client.post(path, json=body)

    def upload(self, task_type: str, *, repaired: bool = False, seed: int = 1) -> Json:
        """Send a photo, and again where the answer is that the store is away for a moment."""
        content = photo.draw_photo(task_type, repaired=repaired, seed=seed)

        def sent() -> httpx.Response | None:
            answer = self.client.post("/v1/photos", content=content, headers={"content-type": "image/jpeg"})
            return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer

        answer = eventually(sent, within_s=30.0)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    def report(self, report: Json, request_id: str = "") -> httpx.Response:
        return self.post("/v1/cases", {"requestId": request_id or uuid4().hex, "report": report})

    def advance(self, case: Json, *steps: Json) -> httpx.Response:
        body = {"requestId": uuid4().hex, "version": case["version"], "steps": list(steps)}
        return self.post(f"/v1/cases/{case['id']}:advance", body)

    def must_advance(self, case: Json, *steps: Json) -> Json:
        answer = self.advance(case, *steps)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["case"])


def eventually(look: Callable[[], T | None], within_s: float = WAIT_S_MAX) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.1)


class Live:
    """What the live stream tells somebody, from now until the client is closed."""

    def __init__(self, person: Person) -> None:
        self.told: list[Json] = []
        self._open = threading.Event()
        threading.Thread(target=self._follow, args=(person,), daemon=True).start()
        assert self._open.wait(WAIT_S_MAX)

    def _follow(self, person: Person) -> None:
        with (
            contextlib.suppress(httpx.HTTPError, httpx.StreamError, OSError),
            person.client.stream("GET", "/v1/stream", timeout=None) as stream,
        ):
            self._open.set()
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    self.told.append(json.loads(line[5:]))


def running(prepare: Callable[[Path], None] | None = None, **options: Any) -> Iterator[Suite]:
    """A suite that is up, in a folder which an unprivileged database account can reach; stopped and cleared afterwards.

    The folder is empty, or what `prepare` puts into it.
    """
    home = Path(tempfile.mkdtemp(prefix="gridward-suite-"))
    if prepare:
        prepare(home)
    home.chmod(0o711)
    suite = Suite(home, **options)
    try:
        suite.wait_until_up()
        yield suite
    finally:
        suite.stop()
        shutil.rmtree(home, ignore_errors=True)
