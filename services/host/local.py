"""Brings a department what no other service tells: ticks of the clock, its own system's messages, events told anew."""

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid5
from zoneinfo import ZoneInfo

from google.protobuf.message import Message
from gridward.events.v1 import events_pb2
from gridward.host.v1 import desk_pb2

from services.host.city import WISHES
from services.host.desk import PutAside
from services.host.drawers import DESK_AWAY
from services.host.feed import Delivery, Feed, on_a_real_thread

LOOK_EVERY_S: Final = 0.5
SERVICE: Final = "host"
HOUR: Final = "hour_struck"
DAY: Final = "day_began"
TICKS: Final = frozenset({HOUR, DAY})


def event_of(
    plugin: str, *, type: str, slot: str, at: datetime, payload: Message, subject: str = ""
) -> events_pb2.Event:
    """Something that happened to one plugin alone; the same slot is the same event."""
    event = events_pb2.Event(
        id=str(uuid5(WISHES, f"{plugin}/{type}/{slot}")),
        type=type,
        subject=subject or f"{plugin}/{type}",
        service=SERVICE,
    )
    event.occurred_at.FromDatetime(at)
    event.payload.Pack(payload)
    return event


def ticks_at(plugin: str, at: datetime, zone: ZoneInfo) -> dict[str, events_pb2.Event]:
    """The hour and the day that a moment lies in, each an event that is the same all hour or day long."""
    local = at.astimezone(zone)
    hour = local.replace(minute=0, second=0, microsecond=0)
    midnight = hour.replace(hour=0)
    day = desk_pb2.DayBegan(day=midnight.date().isoformat())
    return {
        HOUR: event_of(
            plugin, type=HOUR, slot=hour.isoformat(), at=hour.astimezone(UTC), payload=desk_pb2.HourStruck()
        ),
        DAY: event_of(plugin, type=DAY, slot=day.day, at=midnight.astimezone(UTC), payload=day),
    }


class DeskFeed(Feed):
    """Hands over what waits on the desk; what is handled leaves it, what cannot be is put aside there."""

    def setup(self) -> None:
        """Called by nameko before anything starts."""
        super().setup()
        self._zone = ZoneInfo(self.context.settings.timezone)
        self._under_way: set[str] = set()
        #: The desk as it was at the last look: nothing is read anew until something was written.
        self._looked: Hashable = None
        self._ticked: Hashable = None
        self._forgotten_at = datetime.now(UTC)

    def _run(self) -> None:
        while not self.stopping:
            try:
                self._look()
            except DESK_AWAY as error:
                self.log.warning("desk_away", error=str(error))
            self.rest(LOOK_EVERY_S)

    def _look(self) -> None:
        now = datetime.now(UTC)
        desk, plugin = self.context.desk, self.department.name
        wanted = TICKS & self.entrypoints.keys() if self.orders.may_act and self.orders.leads else frozenset()
        hour = (now.astimezone(self._zone).replace(minute=0, second=0, microsecond=0), wanted)
        if wanted and hour != self._ticked:
            for hook, event in ticks_at(plugin, now, self._zone).items():
                if hook in wanted and event.id not in self._seen:
                    on_a_real_thread(desk.tick, plugin, event)
            self._ticked = hour
        mark = desk.drawers.mark()
        if mark != self._looked:
            self._looked = mark
            try:
                self._hand_over()
            except DESK_AWAY:
                self._looked = None
                raise
        if now - self._forgotten_at > timedelta(minutes=10):
            self._forgotten_at = now
            on_a_real_thread(desk.forget_seen, now_s=now.timestamp())

    def _hand_over(self) -> None:
        desk, plugin = self.context.desk, self.department.name
        for event in on_a_real_thread(desk.due, plugin):
            if event.id not in self._under_way:
                self._under_way.add(event.id)
                # An event that was put aside and is told anew was handled before, without success.
                self._seen.forget(event.id)
                self.take(Delivery(event=event))
        self.context.health.aside(plugin, on_a_real_thread(desk.count_aside, plugin))

    def _settle(self, delivery: Delivery) -> None:
        try:
            on_a_real_thread(self.context.desk.done, self.department.name, delivery.event.id)
        except DESK_AWAY as error:
            # It stays on the desk and is told once more; hooks do not mind.
            self._looked = None
            self.log.warning("desk_away", error=str(error))
        self._under_way.discard(delivery.event.id)

    def _again_here(self, delivery: Delivery) -> bool:
        self.rest(self.patience.pause_after(delivery.tries))
        return True

    def _put_aside(self, delivery: Delivery, letter: PutAside) -> bool:
        try:
            on_a_real_thread(self.context.desk.put_aside, letter)
        except DESK_AWAY as error:
            self._looked = None
            self.log.warning("put_aside_failed", error=str(error))
            return False
        finally:
            self._under_way.discard(delivery.event.id)
        return True

    def _set_aside(self, delivery: Delivery) -> None:
        """The event stays on the desk, for a person."""

    def _close(self) -> None:
        """Nothing was open."""
