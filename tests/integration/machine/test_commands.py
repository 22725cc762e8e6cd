"""The operator's commands, and what they say when something is in the way; each run as the operator runs it."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.machine import ports
from services.machine.home import Home


def command(*arguments: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    told = {**os.environ, "GRIDWARD_HOME": str(home), **settings}
    return subprocess.run(
        [sys.executable, "-m", "services.machine", *arguments], env=told, capture_output=True, text=True, check=False
    )


def sentence(answer: subprocess.CompletedProcess[str], exit_code: int) -> str:
    """The one sentence that is told; nothing but it, and no traceback."""
    assert answer.returncode == exit_code, answer.stdout + answer.stderr
    assert answer.stderr == ""
    told = [line for line in answer.stdout.splitlines() if line.startswith("✗")]
    assert len(told) == 1, answer.stdout
    assert re.search(r"[\u4e00-\u9fff]", told[0])
    return told[0]


def test_a_taken_port_is_told_with_its_holder_and_another_one(tmp_path: Path) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as held:
        port = held.getsockname()[1]
        told = sentence(command(home=tmp_path, GRIDWARD_PORT=str(port)), 10)
    assert f"GRIDWARD_PORT={port + 1} make run" in told or "GRIDWARD_PORT=" in told
    assert str(os.getpid()) in told


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "GRIDWARD_HOME" in sentence(command(home=tmp_path / "file" / "var"), 11)


def test_a_second_launcher_on_the_same_folder_is_told(tmp_path: Path) -> None:
    with Home(tmp_path).claimed():
        told = sentence(command(home=tmp_path), 13)
    assert str(os.getpid()) in told
    assert "services.machine stop" in told


def test_a_setting_that_cannot_be_understood_is_named(tmp_path: Path) -> None:
    assert "GRIDWARD_PORT" in sentence(command(home=tmp_path, GRIDWARD_PORT="many"), 26)
    assert "DEMO_TRAFFIC" in sentence(command(home=tmp_path, DEMO_TRAFFIC="perhaps"), 26)


def test_a_given_database_that_is_not_there_is_told_and_everything_is_stopped(tmp_path: Path) -> None:
    chosen = ports.choose(("gateway", "nowhere"), {})
    told = sentence(
        command(
            home=tmp_path,
            GRIDWARD_PORT=str(chosen["gateway"]),
            GRIDWARD_DATABASE_ADMIN_URL=f"postgresql://x:secret@127.0.0.1:{chosen['nowhere']}/postgres",
        ),
        17,
    )
    assert "secret" not in told
    assert ports.is_free(chosen["gateway"])


def test_status_and_stop_of_what_does_not_run_say_so(tmp_path: Path) -> None:
    answer = command("status", home=tmp_path)
    assert answer.returncode == 3
    assert "does not run" in answer.stdout
    answer = command("stop", home=tmp_path)
    assert answer.returncode == 0
    assert "nothing was running" in answer.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_start_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    port = ports.choose(("gateway",), {})["gateway"]
    told = {**os.environ, "GRIDWARD_HOME": str(tmp_path), "GRIDWARD_PORT": str(port)}
    launcher = subprocess.Popen(
        [sys.executable, "-u", "-m", "services.machine", "up"], env=told, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    for line in launcher.stdout:
        if "PostgreSQL" in line:
            break
    launcher.send_signal(number)
    rest = launcher.stdout.read()
    launcher.stdout.close()
    assert launcher.wait(30) == 130, rest
    assert "Traceback" not in rest
    from services.machine import leftovers

    assert leftovers.processes(Home(tmp_path)) == []
