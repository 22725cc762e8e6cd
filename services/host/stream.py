"""Hears a department's events over a gRPC stream from incidents: the way without a broker."""

import contextlib

import eventlet
from gridward.events.v1 import events_pb2

from services.host.core import plugin_caller
from services.host.delivery import Watermark
from services.host.desk import PutAside
from services.host.drawers import DESK_AWAY
from services.host.events import concerns_none
from services.host.feed import Delivery, Feed, on_a_real_thread
from services.host.native_grpc import grpc, queue, threading
from services.host.orders import line_name
from services.platform.errors import GridwardError

BATCH_SIZE = 100
BATCHES_WAITING_MAX = 4
LINGER_MS = 20
ACK_EVERY_S = 0.5
HAND_OVER_S = 0.5
#: While nothing comes; whoever stops the reader wakes who waits.
LISTEN_S = 30.0
RECONNECT_S_MIN = 0.2
RECONNECT_S_MAX = 5.0


class Opened:
    """The stream stands."""


class Broken:
    """The stream ended, and what was said."""

    def __init__(self, problem: str) -> None:
        self.problem = problem


News = Opened | Broken | events_pb2.WatchBatchesResponse


class StreamReader:
    """Reads the stream on one real thread and hands batches over; nothing green may be touched here."""

    def __init__(self, feed: "StreamFeed") -> None:
        self.news = queue.Queue(BATCHES_WAITING_MAX)
        self._core = feed.context.core
        self._caller = plugin_caller(feed.department.manifest)
        self._request = events_pb2.WatchBatchesRequest(
            group=feed.group, task_types=feed.department.task_types, batch_size=BATCH_SIZE, linger_ms=LINGER_MS
        )
        self._stop = threading.Event()
        self._call: grpc.Call | None = None
        self._thread = threading.Thread(target=self._read, name=feed.group, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more, and let nobody wait for more."""
        self._stop.set()
        with contextlib.suppress(queue.Full):
            self.news.put_nowait(None)
        if self._call is not None:
            self._call.cancel()

    def next(self) -> News | None:
        """What came in, in order; None when nothing did for a while."""
        try:
            news: News | None = self.news.get(timeout=LISTEN_S)
        except queue.Empty:
            return None
        return news

    def _read(self) -> None:
        pause_s = RECONNECT_S_MIN
        while not self._stop.is_set():
            try:
                grpc.channel_ready_future(self._core.incidents_channel).result(timeout=RECONNECT_S_MAX)
                self._read_stream()
                pause_s = RECONNECT_S_MIN
            except grpc.FutureTimeoutError:
                self._hand_over(Broken("incidents cannot be reached"))
            except grpc.RpcError as error:
                self._hand_over(Broken(str(getattr(error, "details", lambda: "")() or error)))
            self._stop.wait(pause_s)
            pause_s = min(pause_s * 2, RECONNECT_S_MAX)

    def _read_stream(self) -> None:
        call = self._core.events.WatchBatches(self._request, metadata=self._core.metadata(self._caller))
        self._call = call
        self._hand_over(Opened())
        for batch in call:
            self._hand_over(batch)
            # After a break the stream goes on here: what is above the acknowledged position is still under way.
            self._request.after = batch.position
        self._hand_over(Broken("the stream ended"))

    def _hand_over(self, news: News) -> None:
        while not self._stop.is_set():
            try:
                self.news.put(news, timeout=HAND_OVER_S)
            except queue.Full:
                continue
            return


class StreamFeed(Feed):
    """Acknowledges up to the lowest event not yet handled; what a crash leaves above it is told again."""

    def setup(self) -> None:
        """Called by nameko before anything starts."""
        super().setup()
        self.group = line_name(self.department.name, self.context.settings.plugin_release)
        self._watermark = Watermark()
        self._acknowledged = 0
        self._reader = StreamReader(self)

    def _run(self) -> None:
        self.container.spawn_managed_thread(self._acknowledge, identifier=f"{self.department.name} ack")
        self._reader.start()
        while not self.stopping:
            news = on_a_real_thread(self._reader.next)
            if isinstance(news, events_pb2.WatchBatchesResponse):
                self._take_batch(news)
            elif news is not None:
                self._tell(news)

    def _take_batch(self, batch: events_pb2.WatchBatchesResponse) -> None:
        events = [event for event in batch.events if not concerns_none(event, self.entrypoints)]
        for event in events:
            self._watermark.begin(event.position)
        for event in events:
            if self.stopping:
                return
            self.take(Delivery(event=event))
        self._watermark.looked_at(batch.position)

    def _tell(self, news: Opened | Broken) -> None:
        self.context.health.following(self.department.name, hears=isinstance(news, Opened))
        if isinstance(news, Broken):
            self.log.warning("event_stream_broken", problem=news.problem[:200])
        else:
            self.log.info("following", group=self.group)

    def _acknowledge(self) -> None:
        while not self.stopping:
            self._acknowledge_once()
            eventlet.sleep(ACK_EVERY_S)

    def _acknowledge_once(self) -> None:
        position = self._watermark.low
        if position <= self._acknowledged:
            return
        core = self.context.core
        request = events_pb2.AckRequest(group=self.group, position=position)
        try:
            core.call(core.events.Ack, request, caller=plugin_caller(self.department.manifest))
        except GridwardError as error:
            self.log.warning("ack_failed", reason=error.reason)
        else:
            self._acknowledged = position

    def _settle(self, delivery: Delivery) -> None:
        self._watermark.finish(delivery.event.position)

    def _again_here(self, delivery: Delivery) -> bool:
        self.rest(self.patience.pause_after(delivery.tries))
        return True

    def _put_aside(self, delivery: Delivery, letter: PutAside) -> bool:
        """Nothing may pass an event that is neither handled nor kept, so a full disk is waited out."""
        failures = 0
        while not self.stopping:
            try:
                on_a_real_thread(self.context.desk.put_aside, letter)
            except DESK_AWAY as error:
                failures += 1
                self.log.warning("put_aside_failed", path=self.context.desk.drawers.place, error=str(error))
                self.rest(self.patience.pause_after(failures))
            else:
                return True
        return False

    def _close(self) -> None:
        self._reader.stop()
        self._acknowledge_once()
        self.context.health.following(self.department.name, hears=False)
