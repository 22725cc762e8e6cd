"""Tells the operator what happens: a line for each step with its time, and two tables when all is up."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.machine.faults import Fault
from services.machine.plan import Program

#: A pipe has no width; wide enough that no line is broken in two.
PLAIN_WIDTH: Final = 160


@dataclass(slots=True)
class Teller:
    """Speaks on the terminal; plainly when there is none."""

    console: Console = field(
        default_factory=lambda: Console(
            file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH
        )
    )

    def say(self, words: str, *, style: str = "") -> None:
        """One line."""
        self.console.print(Text(words, style=style), soft_wrap=True)

    def done(self, title: str, began_s: float) -> None:
        """A step that is done, and how long it took."""
        self.console.print(
            Text.assemble(("✓ ", "green"), title, ("  %.1f s" % (time.monotonic() - began_s), "dim")),
            soft_wrap=True,
        )

    def fault(self, fault: Fault) -> None:
        """One sentence in two languages, on one line."""
        self.console.print(Text(f"✗ {fault}", style="bold red"), soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A step that takes a while: a spinner where there is a terminal, a line when it is done."""
        began_s = time.monotonic()
        with self.waiting(title):
            yield
        self.done(title, began_s)

    @contextmanager
    def waiting(self, title: str) -> Iterator[None]:
        """A spinner while something takes its time; nothing where there is no terminal."""
        if self.console.is_terminal:
            with self.console.status(title):
                yield
        else:
            yield

    def parts(self, rows: Sequence[tuple[Program, str, str]]) -> None:
        """The health of each part."""
        table = Table("部分 part", "状态 health", "进程 pid", "地址 address", box=box.SIMPLE, pad_edge=False)
        for program, health, pid in rows:
            style = "green" if health.startswith("正常") else "red"
            table.add_row(program.title, Text(health, style=style), pid, program.shown_address)
        self.console.print(table)

    def accounts(self, accounts: Sequence[Mapping[str, object]]) -> None:
        """The accounts of the demo city that are meant to be tried."""
        table = Table("账号 login", "密码 password", "角色 role", box=box.SIMPLE, pad_edge=False)
        for account in accounts:
            if account.get("shown", True):
                role = f"{account['role_zh']} {account['role_en']}"
                table.add_row(str(account["login"]), str(account["password"]), role)
        self.console.print(table)
