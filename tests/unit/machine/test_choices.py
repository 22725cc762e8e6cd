"""What is chosen before anything starts: ports, secrets, keys, settings."""

import json
import socket
import stat
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from services.machine import keys, ports
from services.machine.faults import AlreadyRunning, DiskFull, FolderNotWritable, NoFreePort, PortTaken
from services.machine.home import Home, Memory, require_room
from services.machine.settings import MachineSettings, inherited_environment


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_ports_are_remembered_while_they_are_free() -> None:
    first = ports.choose(("a", "b"), {})
    assert ports.choose(("a", "b", "c"), first).items() >= first.items()


def test_a_remembered_port_that_is_taken_is_chosen_anew() -> None:
    first = ports.choose(("a", "b"), {})
    with socket.create_server((ports.LOOPBACK, first["a"])):
        second = ports.choose(("a", "b"), first)
    assert second["a"] not in first.values()
    assert second["b"] == first["b"]


def test_no_two_parts_get_the_same_port() -> None:
    chosen = ports.choose(tuple("abcdefgh"), {"a": 20_000, "b": 20_000})
    assert len(set(chosen.values())) == len(chosen)


def test_a_machine_without_free_ports_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(NoFreePort):
        ports.choose(("a",), {})


def test_whoever_holds_the_port_is_named() -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"端口 {port} 已被 python.*pid.*Port {port} is taken by python"):
            ports.require(port)


def test_a_free_port_is_no_fault() -> None:
    ports.require(ports.choose(("a",), {})["a"])


def test_secrets_are_made_once_and_kept_for_our_eyes_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    memory = Memory.of(home)
    password = memory.secret("postgres")
    memory.ports = {"postgres": 20_000}
    memory.save()
    again = Memory.of(home)
    assert again.secret("postgres") == password
    assert again.ports == {"postgres": 20_000}
    assert mode_of(again.file) == 0o600


def test_a_memory_that_cannot_be_read_begins_afresh(tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_text("{half")
    assert Memory.of(Home(tmp_path)).secrets == {}


def test_every_process_gets_a_key_of_its_own_and_all_are_trusted(tmp_path: Path) -> None:
    keys.prepare(tmp_path)
    trusted = json.loads(keys.trust_file(tmp_path).read_text())["keys"]
    assert [key["kid"] for key in trusted] == list(keys.PROCESSES)
    assert all("d" not in key for key in trusted)
    for process in keys.PROCESSES:
        file = keys.key_file(tmp_path, process)
        assert OKPKey.import_key(json.loads(file.read_text())).kid == process
        assert mode_of(file) == 0o600


def test_keys_stay_what_they_are(tmp_path: Path) -> None:
    keys.prepare(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    keys.prepare(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_a_second_launcher_is_refused_and_the_first_one_named(tmp_path: Path) -> None:
    import os

    home = Home(tmp_path)
    with home.claimed(), pytest.raises(AlreadyRunning, match=f"进程 {os.getpid()}"), home.claimed():
        pass
    assert home.holder() is None
    with home.claimed():
        assert home.holder() == os.getpid()


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritable, match="not a directory"):
        Home(tmp_path / "file" / "var").make()


def test_a_disk_without_room_is_told_in_numbers(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="999999999 MB are needed"):
        require_room(tmp_path, needed_mb=999_999_999)


def test_the_supervisors_socket_has_a_short_path_wherever_the_data_lies(tmp_path: Path) -> None:
    deep = Home(tmp_path / ("x" * 80) / ("y" * 80))
    assert len(str(deep.socket)) < 104
    assert deep.socket == Home(deep.folder).socket
    assert deep.socket != Home(deep.folder / "z").socket
    assert Home(Path("/srv/var")).socket == Path("/srv/var/run/supervisor.sock")


def test_the_launchers_own_settings_are_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDWARD_DATABASE_ADMIN_URL", "postgresql://root:secret@db/postgres")
    monkeypatch.setenv("GRIDWARD_LOG_LEVEL", "DEBUG")
    told = inherited_environment()
    assert "GRIDWARD_DATABASE_ADMIN_URL" not in told
    assert told["GRIDWARD_LOG_LEVEL"] == "DEBUG"


def test_traffic_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MachineSettings().demo_traffic
    monkeypatch.setenv("DEMO_TRAFFIC", "0")
    assert not MachineSettings().demo_traffic


def test_an_empty_setting_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDWARD_PORT", "")
    assert MachineSettings().port == 8100
