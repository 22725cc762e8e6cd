"""Puts a running city under bad requests at every call and every page."""

from __future__ import annotations

import json
import random
import tomllib
from importlib.resources import files

from tests.acceptance.suite import PASSWORD, Suite
from tests.fuzz.calls import SERVED, Attacker, Findings
from tests.fuzz.pages import Visitor

#: Logged where something broke that nobody had thought of, or where the database refused what we had let in.
BROKEN = ("rpc_broke", "background_task_broke", "value_refused_by_database", "request_broke")


class Siege:
    """The bad requests of one seed against one city."""

    def __init__(self, suite: Suite, *, seed: int) -> None:
        ports = json.loads((suite.home / "memory.json").read_text())["ports"]
        table = tomllib.loads(files("services.platform").joinpath("roles.toml").read_text())
        roles = [role for role in table if role not in {"service", "plugin"}]
        rng = random.Random(seed)
        addresses = {name: f"127.0.0.1:{ports[name]}" for name in SERVED}
        self._suite = suite
        self._attacker = Attacker(suite.home / "keys", addresses, roles, rng)
        self._visitor = Visitor(suite.url, PASSWORD, rng, self._attacker.known)

    async def lay(self, inputs: int) -> None:
        """Half of them to the calls, half to the pages."""
        await self._attacker.look_around()
        await self._attacker.attack(inputs // 2)
        await self._visitor.visit(inputs - inputs // 2)

    @property
    def calls(self) -> Findings:
        """What the calls answered."""
        return self._attacker.findings

    @property
    def pages(self) -> Findings:
        """What the pages answered."""
        return self._visitor.findings

    @property
    def wrong(self) -> list[str]:
        """Everything that should not have been answered so."""
        return [*self.calls.wrong, *self.pages.wrong]

    @property
    def put_off(self) -> int:
        """How often a busy machine said to come again; more than a few mean that a part is away."""
        return self.calls.codes["UNAVAILABLE"] + self.pages.codes["503"]

    def broken_inside(self) -> list[str]:
        """The lines of the logs that say something broke, for whoever mends it."""
        logs = sorted(self._suite.home.glob("**/*.log"))
        lines = (line for log in logs for line in log.read_text(errors="replace").splitlines())
        return [line for line in lines if any(word in line for word in BROKEN)]
