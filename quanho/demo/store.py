"""The stores the demo can deliver to, and how many points are in them, counted without the agent."""

import threading
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from quanho.demo.devices import MEASUREMENTS, SITE
from quanho.demo.edge_config import file_uplink, influx_uplink
from quanho.demo.influxql import InfluxQLError, influxql
from quanho.demo.servers import Influxd
from telemetry.lineprotocol.parse import LineError, parse

DATABASE = "quanho_demo"
_HOUR_NS = 3_600_000_000_000


class Store(Protocol):
    """Where the agent delivers to. `cut` and `restore` may be called from another thread than `count`."""

    can_be_cut: bool

    @property
    def uplink(self) -> str:
        """The agent's table [uplink]."""
        ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def cut(self) -> None: ...

    def restore(self) -> None: ...

    def count(self) -> Mapping[str, int] | None:
        """Return the points of the demo by device; None when the store does not answer."""
        ...


class InfluxStore:
    """A private InfluxDB 1.x; `since_ns` is before the first reading (ns since 1970 UTC)."""

    can_be_cut = True

    def __init__(self, folder: Path, since_ns: int) -> None:
        self._server = Influxd(folder)
        self._since_ns = since_ns
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def uplink(self) -> str:
        return influx_uplink(self._server.url, DATABASE)

    def start(self) -> None:
        """Raises MissingServer or ServerError."""
        self._server.start()
        influxql(self._server.url, "", f"CREATE DATABASE {DATABASE}")

    def stop(self) -> None:
        with self._lock:
            self._server.kill()  # its data go with the folder

    def cut(self) -> None:
        """Kill the server, as a power cut would."""
        with self._lock:
            self._server.kill()

    def restore(self) -> None:
        """Start it again on the same port and data. Raises ServerError."""
        with self._lock:
            if not self._server.is_running:
                self._server.start()

    def count(self) -> Mapping[str, int] | None:
        query = (
            f"SELECT count(quality) FROM {', '.join(MEASUREMENTS)} WHERE site = '{SITE}'"  # noqa: S608 (our own names)
            f" AND time >= {self._since_ns} AND time <= {self._since_ns + 24 * 365 * _HOUR_NS} GROUP BY device"
        )
        try:
            rows = influxql(self._server.url, DATABASE, query)
        except (OSError, ValueError, InfluxQLError):
            return None
        points: Counter[str] = Counter()
        for row in rows:
            points[row["device"]] += row["count"]
        return points


class FileStore:
    """The daily files of the agent's own `file` uplink. A point written twice counts once, as it would in a database."""

    can_be_cut = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read: dict[Path, int] = {}  # bytes of whole gzip members that were counted
        self._seen: set[tuple[object, ...]] = set()
        self._points: Counter[str] = Counter()

    @property
    def uplink(self) -> str:
        return file_uplink(self._folder)

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def stop(self) -> None:
        """Nothing to end."""

    def cut(self) -> None:
        """Files cannot be taken away."""

    def restore(self) -> None:
        """Files were not taken away."""

    def count(self) -> Mapping[str, int] | None:
        with self._lock:
            for path in sorted(self._folder.glob("*.lp.gz")):
                with path.open("rb") as stream:
                    stream.seek(self._read.get(path, 0))
                    self._read[path] = self._read.get(path, 0) + self._take(stream.read())
            return Counter(self._points)

    def _take(self, data: bytes) -> int:
        """Count the whole gzip members in `data`; return how many bytes they are."""
        taken = 0
        while taken < len(data):
            member = zlib.decompressobj(31)
            text = member.decompress(data[taken:])
            if not member.eof:
                break  # still being written
            self._count_lines(text)
            taken = len(data) - len(member.unused_data)
        return taken

    def _count_lines(self, text: bytes) -> None:
        for _, point in parse(text, 0):
            if isinstance(point, LineError) or point.measurement not in MEASUREMENTS:
                continue
            identity = (point.measurement, point.tags, point.time_ns)
            if identity not in self._seen:
                self._seen.add(identity)
                self._points[dict(point.tags)["device"]] += 1
