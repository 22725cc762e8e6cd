"""The supervisor: keeps programs alive, gives up on hopeless ones by name, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from services.machine import launch, leftovers, ports
from services.machine.console import Teller
from services.machine.faults import ProgramFailed, ProgramSilent
from services.machine.home import Home
from services.machine.plan import MARK, Check, Program, Stage
from services.machine.settings import inherited_environment
from services.machine.supervisor import Supervisor

#: Answers /healthz, and writes down when it is told to stop.
SERVER = """
import http.server, signal, sys, time
from pathlib import Path
name, port, diary = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
def stop(*_):
    with diary.open("a") as book:
        book.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
DEADLINE_S = 30.0


def written(script: str) -> Path:
    """The script as a file; a command of the supervisor is one line."""
    with tempfile.NamedTemporaryFile("w", prefix="gridward-tests-", suffix=".py", delete=False) as file:
        file.write(script)
    return Path(file.name)


def program(
    name: str, script: str, *arguments: str, stage: Stage = Stage.SUITE, check: Check = Check.PROCESS
) -> Program:
    address = f"127.0.0.1:{arguments[1]}" if check is Check.HTTP else ""
    return Program(
        name=name,
        title=name,
        stage=stage,
        command=[sys.executable, str(written(script)), *arguments],
        check=check,
        address=address,
    )


def server(name: str, diary: Path, stage: Stage = Stage.SUITE) -> Program:
    port = str(ports.choose((name,), {})[name])
    return program(name, SERVER, name, port, str(diary), stage=stage, check=Check.HTTP)


def eventually(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "var")
    made.make()
    return made


@pytest.fixture
def supervisor(home: Home) -> Iterator[Supervisor]:
    keeper = Supervisor(home=home, password="secret%with(percent)s")
    yield keeper
    if keeper.process is not None:
        keeper.stop()
    assert leftovers.processes(home) == []


def start(supervisor: Supervisor, *programs: Program) -> None:
    marked = [
        Program(
            **{name: getattr(one, name) for name in Program.__slots__}
            | {"environment": {MARK: str(supervisor.home.folder)}}
        )
        for one in programs
    ]
    supervisor.start(marked, inherited_environment())
    launch.run_until_well(supervisor, marked, Teller())


def test_a_program_that_is_killed_comes_back(supervisor: Supervisor, tmp_path: Path) -> None:
    start(supervisor, server("one", tmp_path / "diary"))
    first = supervisor.standings()["one"].pid
    os.kill(first, signal.SIGKILL)
    eventually(lambda: supervisor.standings()["one"].pid not in {0, first})


def test_services_stop_first_and_what_they_stand_on_last(supervisor: Supervisor, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    start(
        supervisor,
        server("records", diary, Stage.DATABASE),
        server("files", diary, Stage.OBJECTS),
        server("service", diary),
    )
    supervisor.stop()
    assert diary.read_text().split() == ["service", "files", "records"]


def test_a_program_that_cannot_start_is_named_with_its_last_words(supervisor: Supervisor, home: Home) -> None:
    hopeless = program("hopeless", "raise ValueError('no such city')")
    with pytest.raises(ProgramFailed, match=r"hopeless .*ValueError: no such city") as told:
        start(supervisor, hopeless)
    assert str(home.log("hopeless")) in str(told.value)


def test_a_program_that_runs_a_while_and_ends_each_time_is_named_too(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "ATTEMPTS", 0)
    port = str(ports.choose(("a",), {})["a"])
    script = "import time; time.sleep(2.5); raise ValueError('came to nothing')"
    with pytest.raises(ProgramFailed, match="came to nothing"):
        start(supervisor, program("moody", script, "moody", port, check=Check.HTTP))


def test_a_program_that_never_gets_ready_is_named(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "READY_S_MAX", 3)
    port = str(ports.choose(("a",), {})["a"])
    script = "import time; print('still thinking', flush=True); time.sleep(600)"
    with pytest.raises(ProgramSilent, match=r"silent .* 3 .*still thinking"):
        start(supervisor, program("silent", script, "silent", port, check=Check.HTTP))


def test_a_program_that_ignores_the_order_to_stop_is_ended_anyway(supervisor: Supervisor) -> None:
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    start(supervisor, program("stubborn", script))
    pid = supervisor.standings()["stubborn"].pid
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def launcher_that_vanishes(home: Home, diary: Path) -> int:
    """Another process that starts the suite and is killed; the supervisor's process id."""
    code = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from tests.integration.machine import test_keeping_alive as story
from services.machine.home import Home
from services.machine.supervisor import Supervisor
keeper = Supervisor(home=Home(Path({str(home.folder)!r})), password="secret")
story.start(keeper, story.server("left", Path({str(diary)!r})))
print("supervisor", keeper.process.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        try:
            told = next((line for line in launcher.stdout if line.startswith("supervisor")), "supervisor never")
        finally:
            launcher.kill()
    return int(told.split()[1])


def test_what_a_killed_launcher_left_is_ended_in_good_order(home: Home, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    keeper = launcher_that_vanishes(home, diary)
    assert psutil.pid_exists(keeper)
    assert leftovers.end(home, "secret") == 2
    assert leftovers.processes(home) == []
    assert diary.read_text().split() == ["left"]


def test_what_a_killed_supervisor_left_is_ended_too(home: Home, tmp_path: Path) -> None:
    keeper = launcher_that_vanishes(home, tmp_path / "diary")
    os.kill(keeper, signal.SIGKILL)
    eventually(lambda: not psutil.pid_exists(keeper) or psutil.Process(keeper).status() == psutil.STATUS_ZOMBIE)
    assert leftovers.end(home, "secret") == 1
    assert leftovers.processes(home) == []


def test_nothing_left_is_nothing_to_tell(home: Home) -> None:
    assert leftovers.end(home, "secret") == 0
