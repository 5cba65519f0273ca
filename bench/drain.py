"""Drain: a full spool into a real InfluxDB, beside the same bodies posted over one plain HTTP connection.

Both sides write into the same influxd, in turn, each into a fresh database. The plain side has its bodies, as long as the
agent's requests, ready in memory and posts them one after the other.
"""

import argparse
import http.client
import statistics
import tempfile
import time
from pathlib import Path

from bench.agent_process import AgentProcess, memory_of, wait_for
from bench.bodies import FULL_RATE, Commit, commits
from bench.report import Limit, Report, spread
from edge.spool.lease import LaneName
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Spool
from quanho.demo.servers import Influxd, influxql
from telemetry.errors import TransientError

NAME = "drain"
SHORT = ("--runs", "3", "--lines", "150000")
_REQUEST_LINES, _REQUEST_RAW_BYTES = 5000, 1 << 20
_GIGABYTE = 1 << 30
_QUOTA = "3GiB"
_SETTLE_S = 10
_WATCH_S = 60
_SLOPE_LIMIT_MB = 1.0  # a minute


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--runs", type=int, default=5, help="runs of each side, in turn (default 5)")
    parser.add_argument("--lines", type=int, default=300_000, help="lines drained a run (default 300,000)")
    parser.add_argument("--gigabyte", action="store_true", help="drain a 1 GB backlog for 60 s and watch the agent's memory")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the reports."""
    with tempfile.TemporaryDirectory(prefix="bench-drain-") as name:
        reports = [_gigabyte(Path(name))] if options.gigabyte else []
        return [_rates(Path(name), options), *reports]


def fill(state_dir: Path, work: list[Commit], size_bytes: int = 0) -> int:
    """Append `work` to the spool of an agent, over and over until it holds `size_bytes`; return how many lines it holds."""
    lines = stored = 0
    spool = Spool(state_dir / "spool", SpoolSettings.model_validate({"quota_bytes": _QUOTA}), lambda _: None)
    batches = [batch for commit in work for batch in commit.batches]
    while not lines or stored < size_bytes:
        for at in range(0, len(batches), 32):
            spool.append(batches[at : at + 32])
        lines += sum(batch.count for batch in batches)
        stored += sum(len(batch.body) + len(batch.receipts) for batch in batches)
    spool.close()
    return lines


def _rates(folder: Path, options: argparse.Namespace) -> Report:
    report = Report(f"Drain, median (least to most) of {options.runs} alternating runs", ("side", "lines/s", "ratio"))
    work = list(commits(FULL_RATE, options.lines))
    ours: list[float] = []
    plain: list[float] = []
    with Influxd(folder / "influx") as store:
        for number in range(options.runs):
            sides = [(plain, _plain_rate, "plain"), (ours, _agent_rate, "agent")]
            for rates, rate, side in sides if number % 2 else reversed(sides):  # what the store tidies up late falls on both alike
                rates.append(rate(store, f"{side}{number}", folder / f"{side}{number}", work))
    ratio = statistics.median(ours) / statistics.median(plain)
    report.rows += [("agent: spool → store", spread(ours), ratio), ("plain HTTP connection, the same bodies", spread(plain), 1.0)]
    report.limits.append(Limit("drain rate, agent ÷ plain HTTP", ratio, 0.8, at_least=True))
    return report


def _agent_rate(store: Influxd, database: str, folder: Path, work: list[Commit]) -> float:
    lines = fill(folder / "state", work)
    influxql(store.url, "", f"CREATE DATABASE {database}")
    with _agent(folder, store, database) as agent:
        wait_for("the first delivery", lambda: _delivered(agent) > 0, every_s=0.005)
        first, began_s = _delivered(agent), time.monotonic()
        wait_for("the last delivery", lambda: _delivered(agent) >= lines, within_s=300, every_s=0.05)
        return (lines - first) / (time.monotonic() - began_s)


def _plain_rate(store: Influxd, database: str, folder: Path, work: list[Commit]) -> float:
    lines = fill(folder / "state", work)
    influxql(store.url, "", f"CREATE DATABASE {database}")
    bodies = _requests(folder / "state")
    connection = http.client.HTTPConnection("127.0.0.1", store.port)
    began_s = time.monotonic()
    for body in bodies:
        connection.request("POST", f"/write?db={database}&precision=ns", body, {"Content-Encoding": "gzip"})
        reply = connection.getresponse()
        reply.read()
        if reply.status != 204:
            raise RuntimeError(f"the store answers {reply.status}")
    seconds = time.monotonic() - began_s
    connection.close()
    return lines / seconds


def _requests(state_dir: Path) -> list[bytes]:
    """Return the bodies that the agent would send, in order."""
    spool = Spool(state_dir / "spool", SpoolSettings.model_validate({"quota_bytes": _QUOTA}), lambda _: None)
    bodies = []
    for lane in LaneName:
        while lease := spool.lease(lane, _REQUEST_LINES, _REQUEST_RAW_BYTES):
            bodies.append(lease.body)
            spool.accept(lease)
    spool.close()
    return bodies


def _gigabyte(folder: Path) -> Report:
    report = Report("Memory while a 1 GB backlog drains for 60 s", ("lines delivered", "RSS at 10 s", "RSS at 60 s", "most", "slope"))
    fill(folder / "gigabyte" / "state", list(commits(FULL_RATE, 200_000)), _GIGABYTE)
    sizes: list[int] = []
    with Influxd(folder / "influx-gigabyte") as store:
        influxql(store.url, "", "CREATE DATABASE backlog")
        with _agent(folder / "gigabyte", store, "backlog") as agent:
            wait_for("the first delivery", lambda: _delivered(agent) > 0)
            for _ in range(_WATCH_S):
                time.sleep(1)
                sizes.append(memory_of(agent.pid).now)
            delivered, most = _delivered(agent), memory_of(agent.pid).most
    seconds = range(_SETTLE_S, _WATCH_S)
    slope = statistics.linear_regression(seconds, [sizes[at] / 1e6 for at in seconds]).slope * 60
    cells = [f"{size / 1e6:.1f} MB" for size in (sizes[_SETTLE_S], sizes[-1], most)]
    report.rows.append((delivered, *cells, f"{slope:+.2f} MB a minute"))
    report.limits.append(Limit("growth of the agent's memory", slope, _SLOPE_LIMIT_MB, at_least=False, unit="MB a minute"))
    return report


def _agent(folder: Path, store: Influxd, database: str) -> AgentProcess:
    """Return an agent whose broker is never there: what it delivers comes from the spool alone."""
    return AgentProcess(folder, 1, store.url, database, extra=f'[spool]\nquota_bytes = "{_QUOTA}"')


def _delivered(agent: AgentProcess) -> int:
    """Return how many lines the store has taken; 0 while the agent is still starting."""
    try:
        return int(agent.status()["uplink"]["delivered_lines"])
    except TransientError:
        return 0
