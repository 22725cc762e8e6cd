"""Makes a nameko service of a department: one method for each hook it has, fed from whatever source the city runs."""

# mypy: disable-error-code="misc"
# nameko tells nothing of its types, so its classes can be inherited from only without them.

from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

import eventlet
import greenlet
from nameko.extensions import DependencyProvider, Entrypoint

from plugins.sdk.hooks import PATIENCE
from services.host import health
from services.host.broker import BrokerFeed
from services.host.city import BoundCity, CityHall
from services.host.complaints import in_words
from services.host.courier import Courier
from services.host.events import Occasion
from services.host.feed import CONTEXT, HostContext
from services.host.loader import Department
from services.host.local import DeskFeed
from services.host.membership import Membership
from services.host.stream import StreamFeed
from services.host.watchdog import HookTooSlow, Watchdog

#: Where events come from.
SOURCE: Final = "GRIDWARD_EVENT_SOURCE"


class HookQuit(Exception):
    """A hook raised what ends a process, or let a timer of its own go off."""


class HookEntrypoint(Entrypoint):
    """A hook that waits for its events; subclasses say from which feed."""

    # The log of a failing hook is the feed's, with the event's id.
    def __init__(self, hook: str, **options: Any) -> None:
        self.hook = hook
        super().__init__(expected_exceptions=Exception, **options)

    #: Every department also hears what waits on the host's own desk.
    desk = DeskFeed()

    def setup(self) -> None:
        """Called by nameko before anything starts."""
        self.feed.entrypoints[self.hook] = self
        self.desk.entrypoints[self.hook] = self

    def stop(self) -> None:
        """Called by nameko when it is time to finish."""
        self.feed.drain()
        self.desk.drain()


class StreamHook(HookEntrypoint):
    """Fed by a gRPC stream."""

    feed = StreamFeed()


class BrokerHook(HookEntrypoint):
    """Fed by RabbitMQ."""

    feed = BrokerFeed()


class OnHook(Entrypoint):
    """Stands on a method until the container binds it, and becomes the entrypoint for the source that is set.

    Both kinds cannot stand there together: nameko starts every shared extension it sees, so that a city
    without a broker would look for one for ever.
    """

    def __init__(self, hook: str, **options: Any) -> None:
        self.hook = hook
        super().__init__(**options)

    def bind(self, container: Any, method_name: str) -> Any:
        """Called by nameko."""
        kinds: dict[str, type[HookEntrypoint]] = {"stream": StreamHook, "broker": BrokerHook}
        return kinds[container.config[SOURCE]](self.hook).bind(container, method_name)


class CityProvider(DependencyProvider):
    """Gives each hook call a city that acts on account of its event."""

    def setup(self) -> None:
        """Called by nameko before anything starts."""
        self.context: HostContext = self.container.config[CONTEXT]
        self.department: Department = self.container.service_cls.department
        self._hall = CityHall(
            core=self.context.core,
            manifest=self.department.manifest,
            granted=self.department.granted,
            desk=self.context.desk,
            papers=self.context.papers,
            zone=ZoneInfo(self.context.settings.timezone),
            calls_max=self.context.settings.city_calls_max,
            orders=self.context.orders_of(self.department.name),
        )

    def get_dependency(self, worker_ctx: Any) -> BoundCity:
        """Called by nameko for each hook call."""
        occasion: Occasion = worker_ctx.args[0]
        return BoundCity(self._hall, event_id=occasion.event_id)


def service_class(department: Department, *, hook_timeout_s: float, watchdog: Watchdog) -> type:
    """The department as a nameko service."""
    members: dict[str, Any] = {
        "name": f"host.{department.name}",
        "department": department,
        "city": CityProvider(),
        "membership": Membership(),
        "courier": Courier(),
    }
    for hook in department.hooks.names:
        timeout_s = hook_timeout_s * PATIENCE.get(hook, 1)
        members[hook] = OnHook.decorator(hook)(_method(hook, timeout_s, watchdog))
    return type(department.name.title().replace("_", ""), (), members)


def _method(hook: str, timeout_s: float, watchdog: Watchdog) -> Callable[[Any, Occasion], None]:
    def handle(self: Any, occasion: Occasion) -> None:
        department: Department = self.department
        too_slow = HookTooSlow(f"{hook} took more than {timeout_s:g} seconds")
        with health.HOOK_SECONDS.labels(department.name, hook).time(), eventlet.Timeout(timeout_s, too_slow):
            watchdog.enter(too_slow)
            try:
                department.hooks.call(hook, city=self.city, **occasion.arguments)
            except (Exception, greenlet.GreenletExit):
                raise
            except BaseException as quit_:
                # nameko would take it for the end of the process; a timer of the hook's own that went off is one.
                raise HookQuit(f"{hook} raised {in_words(quit_)}") from quit_
            finally:
                watchdog.leave()

    handle.__name__ = hook
    return handle
