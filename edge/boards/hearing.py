"""A board as its update hears it: through the link source that has its port anyway."""

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from edge.sources.link import LinkInput
from firmware_bridge.link.events import Event, Frame, Opened
from firmware_bridge.ota.expected import Announced
from firmware_bridge.ota.firmware import Firmware
from firmware_bridge.ota.hands import Greeted, Interrupted
from firmware_bridge.ota.watch import SetReading

MOST_EVENTS = 2000  # beyond that a board floods, and what is missing proves nothing

FindLink = Callable[[], LinkInput | None]


class LinkBoard:
    """firmware_bridge.ota.hands.Board over a link source. `find` gives the source as it is now: a new config may have replaced it."""

    def __init__(self, find: FindLink, stopping: threading.Event) -> None:
        self._find = find
        self._stopping = stopping
        self._link: LinkInput | None = None
        self._events: queue.Queue[Greeted | SetReading] = queue.Queue(MOST_EVENTS)
        self._before: tuple[object, object] | None = None  # unique id and number of the start whose session was open already

    def is_there(self) -> bool:
        """Whether the port is there and its readings are taken: while the disk takes none, silence says nothing of the board."""
        self._check()
        link = self._find()
        return link is not None and link.is_plugged and not link.is_held

    def rest(self, seconds: float) -> None:
        self._stopping.wait(seconds)
        self._check()

    def listen(self) -> None:
        self.leave()
        self._events = queue.Queue(MOST_EVENTS)
        self._join()

    def leave(self) -> None:
        """Hear the board no longer."""
        link, self._link = self._link, None
        if link is not None:
            link.hear(None)

    def events(self, timeout_s: float) -> Sequence[Greeted | SetReading]:
        self._check()
        self._join()
        found = []
        with suppress(queue.Empty):
            found.append(self._events.get(timeout=timeout_s))
            while True:
                found.append(self._events.get_nowait())
        self._check()
        return found

    def _check(self) -> None:
        if self._stopping.is_set():
            raise Interrupted("the agent stops")

    def _join(self) -> None:
        """Hear the source that there is now."""
        link = self._find()
        if link is not self._link:
            self.leave()
            self._link = link
            if link is not None:
                view = link.view()
                self._before = (view["uid"], view["boot"]) if view["is_open"] else None
                link.hear(self._heard)

    def _heard(self, event: Event) -> None:
        """On the thread of the port."""
        with suppress(queue.Full):
            for each in self._of(event):
                self._events.put_nowait(each)

    def _of(self, event: Event) -> Sequence[Greeted | SetReading]:
        if isinstance(event, Opened):
            greeted = greeted_of(event)
            return [replace(greeted, is_fresh=(greeted.uid, greeted.boot) != self._before)]
        return readings_of(event)


def readings_of(event: Event) -> Sequence[SetReading]:
    """Return the readings of a frame, none of another event."""
    if isinstance(event, Frame):
        taken = [record for record in event.records if record.lost is None]
        return [SetReading(one.set_index, {name: float(value) for name, value in one.values.items()}, one.quality) for one in taken]
    return []


def greeted_of(opened: Opened) -> Greeted:
    """Return what a session says of its board."""
    hello = opened.hello
    announced = tuple(
        Announced(one.measurement, tuple((field.name, field.unit) for field in one.fields), one.interval_ms / 1000)
        for one in opened.sensors
    )
    return Greeted(Firmware(hello.board, hello.firmware, hello.version, hello.build_id), hello.boot, announced, hello.uid.hex())
