"""Asking a panel as Grafana does: its own queries, expanded, on a real InfluxDB."""

import gzip
from collections.abc import Iterable
from typing import Any

from dashboards.influxql.expand import Span, duration_ms, expand
from dashboards.model.board import Board
from dashboards.model.panel import Panel
from runtime.influx import InfluxClient
from runtime.influx_answers import Action
from runtime.influx_series import Series

MINUTE = 60
HOUR = 3600
DAY = 86_400
MIDNIGHT = 1_772_384_400  # Monday 2 March 2026, 0 o'clock in Hanoi: 1 March, 17:00 UTC


def line(of: str, device: str, at_s: int, quality: int = 0, *, site: str = "here", **fields: float) -> str:
    """Return one reading as line protocol, `at_s` seconds after MIDNIGHT."""
    values = ",".join((*(f"{name}={float(value)}" for name, value in fields.items()), f"quality={quality}i"))
    return f"{of},device={device},gateway=gw,site={site} {values} {(MIDNIGHT + at_s) * 1_000_000_000}"


def write(client: InfluxClient, lines: Iterable[str]) -> None:
    answer = client.write(gzip.compress("\n".join(lines).encode()))
    assert answer.action is Action.ACCEPT, answer


def panel_of(board: Board, key: str) -> Panel:
    return next(panel for panel in board.panels if panel.key == key)


def ask(client: InfluxClient, board: Board, key: str, to_s: int, from_s: int | None = None, ref: int = 0, site: str = ".*") -> list[Series]:
    """Return the answer to a query of a panel. Its range ends `to_s` after MIDNIGHT, and begins `from_s` after it or as the panel says."""
    panel = panel_of(board, key)
    if from_s is None:
        from_s = to_s - duration_ms(panel.time_from) // 1000
    span = Span((MIDNIGHT + from_s) * 1000, (MIDNIGHT + to_s) * 1000)
    target = panel.render({}, "vi")["targets"][ref]
    return client.query(expand(target["query"], span, {"site": site}))


def by_device(series: Iterable[Series]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each device, times in seconds after MIDNIGHT, rows without a value left out."""
    return {
        each.tags["device"]: [(row[0] // 1000 - MIDNIGHT, *row[1:]) for row in each.values if any(value is not None for value in row[1:])]
        for each in series
    }
