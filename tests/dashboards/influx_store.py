"""A real InfluxDB 1.x for tests: points in, answers out, compared with answers that were worked out."""

import gzip
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from quanho.demo.servers import Influxd, MissingServer
from runtime.influx import InfluxClient
from runtime.influx_series import Series
from runtime.influx_settings import InfluxSettings
from telemetry.lineprotocol.encode import encode
from telemetry.point import Point

_RELATIVE = 1e-9


@contextmanager
def running(folder: Path) -> Iterator[Influxd]:
    """Run a server; tests are skipped where there is none (.ci/run counts such a skip as a failure)."""
    server = Influxd(folder)
    try:
        server.start()
    except MissingServer as missing:
        pytest.skip(str(missing))
    try:
        yield server
    finally:
        server.stop()


class InfluxStore:
    """One database of a running server."""

    def __init__(self, url: str, database: str) -> None:
        self.url, self.database = url, database
        self.client = InfluxClient(InfluxSettings(url=url, database=database))
        self.client.create_database()

    def write(self, points: Iterable[Point]) -> None:
        """Store points; each must be taken."""
        answer = self.client.write(gzip.compress(b"\n".join(map(encode, points)), 1))
        assert answer.status == 204, answer

    def query(self, statement: str) -> list[Series]:
        return self.client.query(statement)

    def close(self) -> None:
        self.client.close()


def rows(answer: Iterable[Series]) -> list[dict[str, Any]]:
    """Return rows as a table shows them: tags and columns by name, in the order of the answer."""
    return [{**series.tags, **dict(zip(series.columns, values, strict=True))} for series in answer for values in series.values]


def differences(found: Sequence[Series], expected: Sequence[Series]) -> list[str]:
    """Return in what two answers differ, nothing when they are the same: names, tags, columns and rows in their order."""
    heads = [(series.name, series.tags, series.columns) for series in found]
    wanted = [(series.name, series.tags, series.columns) for series in expected]
    if heads != wanted:
        return [f"series {heads}, expected {wanted}"]
    told = []
    for mine, theirs in zip(found, expected, strict=True):
        rows, others = _in_order(mine), _in_order(theirs)
        if [row[0] for row in rows] != [row[0] for row in others]:
            told.append(f"{mine.name} {mine.tags}: times {[row[0] for row in rows]}, expected {[row[0] for row in others]}")
            continue
        told += [
            f"{mine.name} {mine.tags}: {row}, expected {other}"
            for row, other in zip(rows, others, strict=True)
            if not all(map(is_same, row, other))
        ]
    return told


def _in_order(series: Series) -> list[tuple[Any, ...]]:
    """Return the rows, those of one time by their other columns: a server gives them in any order.

    Rows that run neither forward nor backward are of several series inside, one after the other: they are taken by time.
    """
    times = [row[0] for row in series.values]
    is_backward = len(times) > 1 and times != sorted(times) and times == sorted(times, reverse=True)
    return sorted(series.values, key=lambda row: (-row[0] if is_backward else row[0], str(row[1:])))


def is_same(value: Any, other: Any) -> bool:
    """Tell whether two values are equal; numbers to a relative 1e-9, since a server may add in another order."""
    if isinstance(value, bool) or isinstance(other, bool) or not isinstance(value, (int, float)) or not isinstance(other, (int, float)):
        return bool(value == other and type(value) is type(other))
    return math.isclose(value, other, rel_tol=_RELATIVE, abs_tol=_RELATIVE)
