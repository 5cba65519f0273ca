"""Dashboards: what opening each of them costs a real InfluxDB that holds a day of a whole province, against how often it is refreshed.

Also what one round of all alert rules costs, against how often it comes. The store is filled with one point a minute of every gateway and
of five devices at each, with the fields of the catalogue.
"""

import argparse
import gzip
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench.report import Limit, Report
from dashboards.alerting.render import render
from dashboards.alerting.rules import load
from dashboards.built import built
from dashboards.check.moment import moment_ms
from dashboards.influxql.expand import Span, duration_ms, expand
from dashboards.preview.asked import ask_board
from quanho.demo.servers import Influxd, influxql
from runtime.influx import InfluxClient
from runtime.influx_settings import InfluxSettings
from telemetry.catalogue import MEASUREMENTS

NAME = "dashboards"
SHORT = ("--gateways", "50", "--runs", "2")
_MINUTES = 1440
_LINES = 5000
_DEVICES = ("air", "water_level", "noise", "power", "weather")
_MOST_FIELDS = 12
_SHARE = 0.2  # of the time until the next refresh, or round


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--gateways", type=int, default=200, help="gateways, each with five devices (default 200)")
    parser.add_argument("--runs", type=int, default=3, help="openings of each dashboard (default 3)")


def run(options: argparse.Namespace) -> list[Report]:
    """Fill a store, open every dashboard, and return the reports."""
    with tempfile.TemporaryDirectory(prefix="bench-dashboards-") as name:
        server = Influxd(Path(name))
        server.start()
        try:
            influxql(server.url, "", "CREATE DATABASE quanho")
            client = InfluxClient(InfluxSettings(url=server.url, database="quanho", read_timeout_s=300))
            now_ms = time.time_ns() // 1_000_000
            points = _fill(client, options.gateways, now_ms)
            title = f"{options.gateways} gateways with {len(_DEVICES)} devices each, a point a minute for a day ({points:,} points)"
            reports = [_openings(client, options.runs, now_ms, title), _rounds(client, options.runs, now_ms, title)]
            client.close()
        finally:
            server.kill()
    return reports


def _openings(client: InfluxClient, runs: int, now_ms: int, title: str) -> Report:
    report = Report(f"Opening a dashboard: {title}", ("dashboard", "queries", "median", "most", "most / refresh"))
    for board in built(["vi"]):
        span = Span(moment_ms(board.json["time"]["from"], now_ms), now_ms)
        seconds = []
        for _ in range(runs):
            began_s = time.perf_counter()
            asked = ask_board(board.json, span, client.query)
            seconds.append(time.perf_counter() - began_s)
            if asked.troubles:
                raise SystemExit(f"{board.name}: {asked.troubles}")
        share = max(seconds) / (duration_ms(board.json["refresh"]) / 1000)
        queries = sum(len(panel.get("targets", ())) for panel in board.json["panels"])
        report.rows.append((board.name, queries, f"{statistics.median(seconds):.2f} s", f"{max(seconds):.2f} s", f"{share:.3f}"))
        report.limits.append(
            Limit(f"{board.name}: time of the store for an opening / time until the next refresh", share, _SHARE, at_least=False)
        )
    return report


def _rounds(client: InfluxClient, runs: int, now_ms: int, title: str) -> Report:
    report = Report(f"A round of all alert rules: {title}", ("group", "rules", "median", "most", "most / interval"))
    for group in render(load()).groups:
        seconds = []
        for _ in range(runs):
            began_s = time.perf_counter()
            for rule in group.rules:
                for query in rule["data"]:
                    if "query" in query["model"]:
                        back_s = query["relativeTimeRange"]["from"]
                        client.query(expand(query["model"]["query"], Span(now_ms - back_s * 1000, now_ms)))
            seconds.append(time.perf_counter() - began_s)
        share = max(seconds) / group.interval_s
        row = (group.name, len(group.rules), f"{statistics.median(seconds):.2f} s", f"{max(seconds):.2f} s", f"{share:.3f}")
        report.rows.append(row)
        report.limits.append(Limit(f"{group.name}: time of the store for a round / interval", share, _SHARE, at_least=False))
    return report


def _fill(client: InfluxClient, gateways: int, now_ms: int) -> int:
    lines = _lines(gateways, now_ms)
    count = 0
    while batch := list(islice(lines, _LINES)):
        answer = client.write(gzip.compress("\n".join(batch).encode(), 1))
        if answer.status != 204:
            raise SystemExit(f"the store refused the load: {answer.words}")
        count += len(batch)
    return count


def _lines(gateways: int, now_ms: int) -> Iterator[str]:
    rng = random.Random(20)
    fields = {name: _fields(name, rng) for name in ("gateway", *_DEVICES)}
    for minute in range(_MINUTES, -1, -1):
        at = f"{now_ms - 60_000 * minute}000000"
        for gateway in range(gateways):
            where = f"site=site-{gateway // 4},gateway=gw-{gateway}"
            yield f"gateway,{where},device=gw-{gateway} {fields['gateway']} {at}"
            for name in _DEVICES:
                yield f"{name},{where},device={name}-{gateway} {fields[name]} {at}"


def _fields(measurement: str, rng: random.Random) -> str:
    """Return fields within what is plausible, the first of the catalogue."""
    values = {"bool": "true", "string": '"1.0"', "int": "5i"}
    rows = [row for row in MEASUREMENTS[measurement] if row.field != "quality"]
    few = rows if measurement == "gateway" else rows[:_MOST_FIELDS]
    return ",".join([*(f"{row.field}={values.get(row.type) or f'{rng.uniform(1, 20):.1f}'}" for row in few), "quality=0i"])
