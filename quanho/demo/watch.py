"""What the live view shows: asked of the agent and counted in the store twice a second, on a thread of its own.

None of this enters the account.
"""

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quanho.demo.site import Site

_EVERY_S = 0.5
_RATE_OVER = 6  # looks
HISTORY = 240  # looks: two minutes

SeriesKey = tuple[str, str, str]  # measurement, device, field


@dataclass(frozen=True, slots=True)
class SourceLook:
    """One source of the agent; `rate` in messages a second."""

    id: str
    kind: str
    is_connected: bool
    rate: float
    messages: int
    points: int
    refused: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Look:
    """The site at one moment. `stored` is None while the store does not answer; `depths` are lines in the spool, newest last."""

    elapsed_s: float = 0.0
    hour: float = 0.0
    produced: int = 0
    sources: tuple[SourceLook, ...] = ()
    is_agent_there: bool = False
    is_uplink_up: bool = False
    server: str = ""
    trouble: str = ""
    depth: int = 0
    oldest_s: float = 0.0
    depths: tuple[int, ...] = ()
    stored: int | None = None
    last_stored: int = 0
    stored_rate: float = 0.0
    set_aside: int = 0
    rss_bytes: int = 0
    values: Mapping[SeriesKey, tuple[float, ...]] = field(default_factory=dict)


class Watcher:
    """Keeps `look` fresh between `start` and `stop`."""

    def __init__(self, site: Site) -> None:
        self.look = Look()
        self._site = site
        self._began_s = time.monotonic()
        self._messages: deque[tuple[float, Mapping[str, int]]] = deque(maxlen=_RATE_OVER)
        self._stored: deque[tuple[float, int]] = deque(maxlen=_RATE_OVER)
        self._depths: deque[int] = deque(maxlen=HISTORY)
        self._values: dict[SeriesKey, deque[float]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Take the first look, then go on on a thread."""
        self._began_s = time.monotonic()
        self.look = self._look()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(10.0)

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            self.look = self._look()

    def _look(self) -> Look:
        site, street, now_s = self._site, self._site.street, time.monotonic()
        points = site.store.count()
        if points is not None:
            self._stored.append((now_s, sum(points.values())))
        state = site.agent.ask("status")
        common: dict[str, Any] = {
            "elapsed_s": self.elapsed_s,
            "hour": street.hour if street else 0.0,
            "produced": street.tally.total if street else 0,
            "stored": None if points is None else sum(points.values()),
            "last_stored": self._stored[-1][1] if self._stored else 0,
            "stored_rate": _rate(self._stored),
            "set_aside": sum(site.set_aside().values()),
        }
        if state is None:
            return Look(**common, depths=tuple(self._depths))
        return Look(**common, **self._of_agent(state, now_s))

    def _of_agent(self, state: Mapping[str, Any], now_s: float) -> dict[str, Any]:
        queues = state["spool"]["queues"].values()
        depth = sum(queue["lines_unsent"] for queue in queues)
        oldest_ns = min((queue["oldest_ns"] for queue in queues if queue["oldest_ns"] is not None), default=None)
        self._depths.append(depth)
        self._messages.append((now_s, {source["id"]: source["messages"] for source in state["sources"]}))
        return {
            "sources": tuple(self._source(source) for source in state["sources"]),
            "is_agent_there": True,
            "is_uplink_up": state["uplink"]["is_up"],
            "server": state["uplink"]["server"],
            "trouble": state["uplink"]["trouble"],
            "depth": depth,
            "oldest_s": 0.0 if oldest_ns is None else max(0.0, (state["now_ns"] - oldest_ns) / 1e9),
            "depths": tuple(self._depths),
            "rss_bytes": state["rss_bytes"] or 0,
            "values": self._last_values(),
        }

    def _source(self, source: Mapping[str, Any]) -> SourceLook:
        rate = _rate([(at_s, messages.get(source["id"], 0)) for at_s, messages in self._messages])
        return SourceLook(
            source["id"],
            source["kind"],
            source["connected"],
            rate,
            source["messages"],
            source["points"],
            source["refused"],
            source["last_error"],
        )

    def _last_values(self) -> Mapping[SeriesKey, tuple[float, ...]]:
        answer = self._site.agent.ask("values") or {"values": []}
        for series in answer["values"]:
            for name, value in series["fields"].items():
                if isinstance(value, float):
                    key = (series["measurement"], series["tags"].get("device", ""), name)
                    self._values.setdefault(key, deque(maxlen=HISTORY)).append(value)
        return {key: tuple(values) for key, values in self._values.items()}


def _rate(counts: Sequence[tuple[float, int]] | deque[tuple[float, int]]) -> float:
    """Return the growth a second between the first and the last of (seconds, count)."""
    if len(counts) < 2 or counts[-1][0] <= counts[0][0]:
        return 0.0
    return max(0.0, (counts[-1][1] - counts[0][1]) / (counts[-1][0] - counts[0][0]))
