"""Stands by for departments that another host serves, and takes each over when that one is gone."""

import os
from collections.abc import Callable
from typing import Final

import eventlet
import structlog
from eventlet.event import Event

from services.host.chairs import Chairs
from services.host.desk import Desk
from services.host.drawers import DESK_AWAY
from services.host.feed import on_a_real_thread
from services.host.health import Health
from services.host.loader import Department
from services.host.orders import line_name

log = structlog.get_logger(service="host")

LOOK_EVERY_S: Final = 0.1
TELL_EVERY_S: Final = 2.0
EXIT_LOST: Final = 3


class Relief:
    """Hands a department to the house as soon as its chair is free."""

    def __init__(
        self, chairs: Chairs, desk: Desk, health: Health, *, release: str, take_in: Callable[[Department], None]
    ) -> None:
        self._chairs = chairs
        self._desk = desk
        self._health = health
        self._release = release
        self._take_in = take_in
        self._waiting: dict[str, Department] = {}
        self._told: dict[str, object] = {}
        self._stopping = Event()
        #: All that this host could serve; their messages are taken in by whichever host hears them.
        self.known: dict[str, Department] = {}

    def expect(self, department: Department) -> None:
        """Serve a department when its turn comes."""
        self.known[department.name] = self._waiting[department.name] = department
        self._health.stands_by(department.name, {})
        self._chairs.want(department.name)

    def start(self) -> None:
        """Look from now on."""
        self._chairs.start()
        eventlet.spawn(self._run, self._look, LOOK_EVERY_S)
        eventlet.spawn(self._run, self._tell, TELL_EVERY_S)

    def stop(self) -> None:
        """Take nothing over any more; what runs is let finish before the chairs are left."""
        if not self._stopping.ready():
            self._stopping.send(None)

    def leave(self) -> None:
        """Everything that ran has ended: somebody else may go on."""
        on_a_real_thread(self._chairs.leave)

    def _run(self, deed: Callable[[], None], every_s: float) -> None:
        while not self._stopping.ready():
            deed()
            with eventlet.Timeout(every_s, exception=False):
                self._stopping.wait()

    def _look(self) -> None:
        if self._chairs.lost:
            # Another host may be at it already: not one more hook is called here. Started anew, this one stands by.
            log.error("chair_lost")
            os._exit(EXIT_LOST)
        for name in sorted(self._chairs.held & self._waiting.keys()):
            self._health.takes_over(name)
            self._take_in(self._waiting.pop(name))

    def _tell(self) -> None:
        """Leave word how those served here are, and read how the others are."""
        lines = {name: line_name(name, self._release) for name in self.known}
        try:
            for name in self.known.keys() - self._waiting.keys():
                told = self._health.plugins[name].told()
                if self._told.get(name) != told:
                    on_a_real_thread(self._desk.tell_standing, lines[name], told)
                    self._told[name] = told
            if self._waiting:
                standings = on_a_real_thread(self._desk.standings)
                for name in list(self._waiting):
                    self._health.stands_by(name, standings.get(lines[name], {}))
        except DESK_AWAY as error:
            log.warning("desk_away", error=str(error)[:200])
