"""Ledger: what the account of losses costs of the ingest rate, with it and without it in turn.

The whole path within one process: read → decode → normalise → spool (fsync) → delivered → history given up for room, with one message
in a hundred refused and segments so small that one goes every 14,000 messages. Without the ledger nothing is noted, numbered or
reported, no silence is looked for, and no page of the book is written. The rate is messages a second of processor time: the disk and
other processes of the machine do not wobble it.
"""

import argparse
import tempfile
import time
import tomllib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from unittest.mock import patch

from bench.generator import DECODER, TOPIC_FILTER, messages
from bench.report import Limit, Report, spread
from edge.batching.batcher import Batcher
from edge.batching.close_policy import ClosePolicy
from edge.batching.writer import SpoolWriter
from edge.clock.agent_time import AgentTime
from edge.clock.settings import ClockSettings
from edge.decoders.table import build_decoder
from edge.housekeeping import Housekeeping
from edge.intake import SourceIntake
from edge.ledger import Ledger
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from edge.refusal_budget import RefusalBudget
from edge.self_metrics import Totals
from edge.silence_watch import SilentSources
from edge.spool.lease import LaneName
from edge.spool.loss import Loss
from edge.spool.queue import RecordQueue
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Spool
from runtime.clock import SystemClock
from telemetry.batch import Priority

NAME = "ledger"
SHORT = ("--runs", "3", "--messages", "100000")
_LIMIT_PERCENT = 3.0
_AT_ONCE = 200
_REFUSED_EVERY = 100


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--runs", type=int, default=7, help="runs of each side, in turn (default 7)")
    parser.add_argument("--messages", type=int, default=200_000, help="messages a run (default 200,000)")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    report = Report(f"Ledger, median (least to most) of {options.runs} alternating runs", ("ledger", "messages/s of processor time"))
    work = list(_reads(options.messages))
    rates: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as name:
        for number in range(options.runs):
            for has_ledger in (number % 2 == 0, number % 2 == 1):
                rates[has_ledger].append(_rate(Path(name) / f"{number}-{has_ledger}", work, has_ledger=has_ledger))
    for has_ledger, values in rates.items():
        report.rows.append(("with" if has_ledger else "without", spread(values)))
    share = 100 * (1 - median(rates[True]) / median(rates[False]))
    report.notes.append("On both sides the intake counts what it makes and refuses, and notes when it was last called.")
    report.limits.append(Limit("share of the ingest rate that the ledger takes", share, _LIMIT_PERCENT, at_least=False, unit="%"))
    return [report]


def _reads(count: int) -> Iterator[list[tuple[str, bytes]]]:
    stream = messages(count)
    while read := list(islice(stream, _AT_ONCE)):
        for at in range(0, len(read), _REFUSED_EVERY):
            read[at] = (read[at][0], b"refused")
        yield read


@dataclass(frozen=True, slots=True)
class _Receipt:
    token: int
    packet_ids: Sequence[int]
    hashes: Sequence[int]

    def settle(self) -> None: ...


def _rate(folder: Path, work: Sequence[Sequence[tuple[str, bytes]]], *, has_ledger: bool) -> float:
    """Return messages a second of processor time."""
    with ExitStack() as without:
        if not has_ledger:
            without.enter_context(patch.object(RecordQueue, "_write_page", lambda *_: None))
            without.enter_context(patch.object(SpoolWriter, "_losses", lambda *_: []))
        line = _Line(folder, has_ledger=has_ledger)
        began_s = time.process_time()
        for number, read in enumerate(work):
            ids = [(number * _AT_ONCE + step) % 65_535 + 1 for step in range(len(read))]
            receipt = _Receipt(1, ids, [zlib.crc32(payload, zlib.crc32(topic.encode())) for topic, payload in read])
            line.intake.messages(read, receipt)
            line.deliver()
        line.end()
        return len(work) * _AT_ONCE / (time.process_time() - began_s)


class _Line:
    """The parts of an agent between the socket and the uplink."""

    def __init__(self, folder: Path, *, has_ledger: bool) -> None:
        clock, deaths = SystemClock(), [].append
        settings = SpoolSettings.model_validate({"quota_bytes": 4 << 20})
        self._ledger = Ledger("bench", "gw-bench")
        self._spool = Spool(folder, settings, self._ledger.note if has_ledger else lambda _: None)
        self._writer = SpoolWriter(self._spool, clock, self._account, lambda _: None, deaths)
        policy = ClosePolicy(settings.batch_age_ms / 1000, int(settings.batch_raw_bytes))
        batchers = [
            Batcher(name, priority, policy, int(settings.memory_bytes), clock, self._writer.wake)
            for name, priority in (("street", Priority.NORMAL), ("gateway", Priority.NORMAL), ("ledger", Priority.HIGH))
        ]
        for batcher in batchers:
            self._writer.attach(batcher)
        options = tomllib.loads("[source]\n" + DECODER)["source"]["decoder"]
        decoder = build_decoder(options.pop("kind"), options, [TOPIC_FILTER])
        normaliser = Normaliser("street", "bench", "gw-bench", NormaliseSettings())
        self.intake = SourceIntake("street", decoder, normaliser, batchers[0], RefusalBudget(0), clock, self._ledger.note)
        time = AgentTime(clock, ClockSettings(trust="host"), folder, self._ledger.note)
        time.load()
        silences = SilentSources([self.intake], {}, self._ledger, clock)
        self._has_ledger, self._ledger_batcher = has_ledger, batchers[2]
        self._housekeeping = Housekeeping(
            ("bench", "gw-bench"),
            folder,
            10.0,
            self._spool,
            self._ledger,
            (batchers[1], batchers[2]),
            lambda: Totals(0, 0, 0, 0),
            lambda: True,
            clock,
            time,
            deaths,
            on_tick=lambda: silences.look(clock.wall_ns()),
        )
        self._writer.start()
        if has_ledger:
            self._housekeeping.start()

    def deliver(self) -> None:
        for lane in LaneName:
            while lease := self._spool.lease(lane, 5000, 1 << 20):
                self._spool.accept(lease)

    def end(self) -> None:
        if self._has_ledger:
            self._housekeeping.stop(10)
        self._writer.stop(60)
        self.deliver()
        self._spool.close()

    def _account(self, losses: Sequence[Loss]) -> Batcher:
        if not self._has_ledger:
            return self._ledger_batcher
        for loss in losses:
            self._ledger.note(loss)
        return self._housekeeping.report_losses()
