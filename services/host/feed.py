"""Brings events to a department's hooks: in order for each case, side by side for different cases, none lost."""

# mypy: disable-error-code="misc"
# nameko tells nothing of its types, so its classes can be inherited from only without them.

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import eventlet
import structlog
from eventlet import tpool
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from gridward.events.v1 import events_pb2
from nameko.extensions import SharedExtension

from plugins.sdk import Away, Case, Refused
from services.host import health
from services.host.complaints import in_words
from services.host.core import Core
from services.host.delivery import Patience, Seen
from services.host.desk import Desk, PutAside
from services.host.events import EventBroken, Occasion, occasion_of
from services.host.health import Health
from services.host.loader import Department
from services.host.orders import Orders
from services.host.papers import Papers
from services.host.settings import HostSettings

log = structlog.get_logger(service="host")

#: Under this key nameko hands every extension what the process is made of.
CONTEXT: Final = "GRIDWARD_HOST"
IN_FLIGHT_MAX: Final = 200
LEAVE_LOOK_S: Final = 0.5
#: Said to the release it was said to; only the clock is the newest one's alone.
MESSAGE: Final = "message_received"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostContext:
    """What all extensions of the process share."""

    settings: HostSettings
    core: Core
    health: Health
    desk: Desk
    papers: Papers
    #: What the registry told each plugin of itself.
    orders: dict[str, Orders] = field(default_factory=dict)
    #: A broker keeps events only for a queue that is there, so that a department must hear before it is heard of.
    hear_before_joining: bool = False

    def orders_of(self, plugin: str) -> Orders:
        """Those of one plugin; until it has joined it may do nothing."""
        return self.orders.setdefault(plugin, Orders(release=self.settings.plugin_release))


@dataclass(slots=True, kw_only=True)
class Delivery:
    """An event on its way to a hook; `receipt` is what its source needs to settle it."""

    event: events_pb2.Event
    receipt: Any = None
    tries: int = 0


class Feed(SharedExtension, ABC):
    """One for each department. A source calls `take`; what becomes of the event it learns by `_settle` and the like.

    Each case has a lane in which its events wait for one another, also while one of them is tried again.
    """

    def __init__(self) -> None:
        self.entrypoints: dict[str, Any] = {}
        self._lanes: dict[str, deque[Delivery]] = {}
        self._room = Semaphore(IN_FLIGHT_MAX)
        self._seen = Seen()
        self._stopping = Event()
        self._started = False

    def setup(self) -> None:
        """Called by nameko before anything starts."""
        self.context: HostContext = self.container.config[CONTEXT]
        self.department: Department = self.container.service_cls.department
        settings = self.context.settings
        self.patience = Patience(tries=settings.hook_tries, pause_s=settings.retry_s, pause_s_max=settings.retry_s_max)
        self.log = log.bind(plugin=self.department.name)

    @property
    def orders(self) -> Orders:
        """What the registry told this plugin of itself."""
        return self.context.orders_of(self.department.name)

    def start(self) -> None:
        """Called by nameko; begins to hear events."""
        if not self._started:
            self._started = True
            self.container.spawn_managed_thread(self._run, identifier=f"{self.department.name} events")

    def drain(self) -> None:
        """Take no more, and let what is running finish within the time the operator gives."""
        if self._stopping.ready():
            return
        self._stopping.send(None)
        with eventlet.Timeout(self.context.settings.drain_s, exception=False):
            while self._lanes:
                eventlet.sleep(0.02)
        self._close()

    @property
    def stopping(self) -> bool:
        """Whether it is time to finish."""
        return bool(self._stopping.ready())

    def rest(self, seconds: float) -> None:
        """Wait, but not longer than until it is time to finish."""
        with eventlet.Timeout(seconds, exception=False):
            self._stopping.wait()

    def take(self, delivery: Delivery) -> None:
        """Put an event into its lane; waits while too many are under way."""
        self._room.acquire()
        health.EVENTS_IN_FLIGHT.labels(self.department.name).inc()
        subject = delivery.event.subject
        lane = self._lanes.get(subject)
        if lane is not None:
            lane.append(delivery)
            return
        self._lanes[subject] = deque([delivery])
        self.container.spawn_managed_thread(partial(self._run_lane, subject), identifier=subject)

    def _run_lane(self, subject: str) -> None:
        lane = self._lanes[subject]
        try:
            while lane:
                if not self.stopping:
                    self._deliver(lane[0])
                lane.popleft()
                self._room.release()
                health.EVENTS_IN_FLIGHT.labels(self.department.name).dec()
        finally:
            del self._lanes[subject]

    def _deliver(self, delivery: Delivery) -> None:
        event = delivery.event
        if event.id in self._seen:
            health.EVENTS_TWICE.labels(self.department.name).inc()
            self._settle(delivery)
            return
        try:
            occasion = occasion_of(event)
        except EventBroken as error:
            self._give_up(delivery, event.type, error)
            return
        if occasion is None or occasion.hook not in self.entrypoints:
            self._settle(delivery)
            return
        self._await_leave()
        if self.stopping:
            return
        if not self._concerns_us(occasion):
            self._settle(delivery)
            return
        self._try_until_settled(delivery, occasion)

    def _await_leave(self) -> None:
        """A plugin that is suspended, or has not joined yet, does nothing; its events are kept for it."""
        while not (self.stopping or self.orders.may_act):
            self.rest(LEAVE_LOOK_S)

    def _concerns_us(self, occasion: Occasion) -> bool:
        """Whether it is this release's to hear, at a place where the plugin is enabled."""
        case = occasion.arguments.get("case")
        if isinstance(case, Case):
            served = self.orders.serves(reported_at=case.reported_at, at=occasion.at)
            return served and self.orders.reaches(case.area_path)
        return occasion.hook == MESSAGE or self.orders.leads

    def _try_until_settled(self, delivery: Delivery, occasion: Occasion) -> None:
        away = 0
        while not self.stopping:
            error = self._attempt(occasion)
            if error is None:
                self._seen.add(occasion.event_id)
                self._settle(delivery)
                return
            if isinstance(error, Away):
                # No fault of the hook, and nothing to be gained by putting its events aside one by one.
                away += 1
                self.rest(self.patience.pause_after(away))
                continue
            delivery.tries += 1
            if isinstance(error, Refused) or delivery.tries >= self.patience.tries:
                self._give_up(delivery, occasion.hook, error)
                return
            if not self._again_here(delivery):
                return

    def _attempt(self, occasion: Occasion) -> BaseException | None:
        """Call the hook once in a nameko worker; the error it raised."""
        answer = Event()

        def told(_context: object, result: object, exc_info: Any) -> tuple[object, Any]:
            answer.send(exc_info[1] if exc_info else None)
            return result, exc_info

        self.container.spawn_worker(self.entrypoints[occasion.hook], (occasion,), {}, handle_result=told)
        error: BaseException | None = answer.wait()
        outcome = "done" if error is None else "away" if isinstance(error, Away) else "failed"
        self.context.health.called(self.department.name, occasion.hook, outcome)
        if error is not None:
            # The trace would hold on to the worker it came from.
            self.log.warning(
                "hook_failed",
                hook=occasion.hook,
                event_id=occasion.event_id,
                error=in_words(error),
                exc_info=None if isinstance(error, Away | Refused) else error,
            )
        return error

    def _give_up(self, delivery: Delivery, hook: str, error: BaseException) -> None:
        letter = PutAside(
            plugin=self.department.name,
            hook=hook,
            tries=delivery.tries,
            error=in_words(error),
            at=datetime.now(UTC),
            event=delivery.event,
        )
        if not self._put_aside(delivery, letter):
            return
        self._seen.add(delivery.event.id)
        self.context.health.put_aside(self.department.name)
        self.log.error("event_put_aside", **{**letter.facts(), "plugin": self.department.name})
        self._set_aside(delivery)

    def _set_aside(self, delivery: Delivery) -> None:
        """An event that was put aside is done with for its source."""
        self._settle(delivery)

    @abstractmethod
    def _run(self) -> None:
        """Hear events until it is time to finish."""

    @abstractmethod
    def _settle(self, delivery: Delivery) -> None:
        """The event is done with."""

    @abstractmethod
    def _again_here(self, delivery: Delivery) -> bool:
        """Wait for the next try, or see to it that the event comes back by itself and answer False."""

    @abstractmethod
    def _put_aside(self, delivery: Delivery, letter: PutAside) -> bool:
        """Keep the event for a person; False when that is not possible now and the event will come again."""

    @abstractmethod
    def _close(self) -> None:
        """Everything that ran has ended."""


def on_a_real_thread(function: Any, *arguments: Any, **named: Any) -> Any:
    """Do something that would hold up every department, such as waiting for a disk."""
    return tpool.execute(function, *arguments, **named)
