"""Carries out what the operator asks for: start everything and stay, say how it is, or stop it."""

import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from pydantic import ValidationError

from services.machine import launch, leftovers, parts, ports
from services.machine.console import Teller
from services.machine.faults import Fault, SettingWrong, SupervisorStopped
from services.machine.home import Home, Memory
from services.machine.settings import MachineSettings
from services.machine.supervisor import Supervisor, SupervisorGone

#: What a shell expects of a program that was interrupted before it was ready.
INTERRUPTED: Final = 130
NOT_RUNNING: Final = 3
UNWELL: Final = 1
STOP_S_MAX: Final = 20.0
POLL_S: Final = 0.1


def run(verb: str, *, with_demo: bool) -> int:
    """Carry out one command; the exit code. Every fault is told in one sentence."""
    teller = Teller()
    verbs: dict[str, Callable[[MachineSettings, Home], int]] = {
        "up": lambda settings, home: up(settings, home, teller, with_demo=with_demo),
        "status": lambda _, home: status(home, teller),
        "stop": lambda _, home: stop(home, teller),
    }
    try:
        settings = _settings()
        return verbs[verb](settings, Home(settings.home.expanduser().absolute()))
    except Fault as fault:
        teller.fault(fault)
        return fault.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def up(settings: MachineSettings, home: Home, teller: Teller, *, with_demo: bool) -> int:
    """Start everything, say so, and stay until told to stop."""
    began_s = time.monotonic()
    _interrupt_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    home.make()
    with home.claimed():
        left = leftovers.end(home, Memory.of(home).secret("supervisor"))
        if left:
            teller.say(f"↺ 上次运行留下的 {left} 个进程已清理 {left} processes that an earlier run left were ended")
        ports.require(settings.port)
        with teller.step("数据目录 data folder"):
            machine = launch.assemble(settings, home, with_demo=with_demo)
        is_up = False
        try:
            launch.start(machine, teller)
            teller.done("全部就绪 all is up", began_s)
            launch.tell_all(machine, teller)
            is_up = True
            launch.watch(machine, teller)
        except KeyboardInterrupt:
            return 0 if is_up else INTERRUPTED
        except SupervisorGone as error:
            raise SupervisorStopped(log=home.log("supervisor")) from error
        finally:
            _ignore(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            with teller.step("停止 stopped"):
                launch.stop(machine)


def status(home: Home, teller: Teller) -> int:
    """Say how each part is."""
    programs = parts.saved(home)
    supervisor = Supervisor(home=home, password=Memory.of(home).secret("supervisor"))
    if not programs or not supervisor.answers():
        teller.say(f"Gridward 未在 {home.folder} 上运行 does not run on {home.folder}")
        return NOT_RUNNING
    if home.holder() is None:
        teller.say("启动器已不在，up 或 stop 会清理 the launcher is gone; up or stop will clean up", style="yellow")
    rows = launch.rows(programs, supervisor)
    teller.parts(rows)
    return 0 if all(words.startswith("正常") for _, words, _ in rows) else UNWELL


def stop(home: Home, teller: Teller) -> int:
    """Tell the launcher to stop, or clean up after one that is gone."""
    holder = home.holder()
    if holder is not None:
        with teller.step("停止 stopped"):
            os.kill(holder, signal.SIGTERM)
            deadline = time.monotonic() + STOP_S_MAX
            while home.holder() is not None and time.monotonic() < deadline:
                time.sleep(POLL_S)
        return 0 if home.holder() is None else UNWELL
    left = leftovers.end(home, Memory.of(home).secret("supervisor"))
    teller.say(
        f"已清理 {left} 个遗留进程 {left} leftover processes ended" if left else "没有在运行 nothing was running"
    )
    return 0


def _settings() -> MachineSettings:
    try:
        return MachineSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"])
        shown = name if name.isupper() else f"GRIDWARD_{name.upper()}"
        raise SettingWrong(name=shown, why=first["msg"]) from error


def _interrupt_on(*numbers: signal.Signals) -> None:
    """Being told to stop is the same as Ctrl-C; but what the caller chose to ignore, as nohup does, stays ignored."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in numbers:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def _ignore(*numbers: signal.Signals) -> None:
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
