"""The generator's messages as the spool gets them: through the real decoder, normaliser, encoder and batcher, at any pace.

Time is simulated, so that ten minutes of field load take a second to compose and still make the batches of ten minutes.
"""

import tomllib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bench.generator import DECODER, TOPIC_FILTER, messages
from edge.batching.batcher import Batcher
from edge.batching.close_policy import ClosePolicy
from edge.batching.compose import compose
from edge.decoders.table import build_decoder
from edge.intake import SourceIntake
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from edge.refusal_budget import RefusalBudget
from edge.spool.settings import SpoolSettings
from telemetry.batch import Batch, Priority

SOURCE = "street"
FULL_RATE = 10_000.0  # messages a second
FIELD_RATE = 20.0
_START_NS = 1_790_000_000_000_000_000
_READ_BYTES = 1 << 16
_WIRE_BYTES = 132  # a message on the wire, topic and MQTT head included


@dataclass(frozen=True, slots=True)
class Commit:
    """What one group commit writes: the batches, and the raw messages they were made of."""

    batches: Sequence[Batch]
    messages: Sequence[tuple[str, bytes]]

    @property
    def stored_bytes(self) -> int:
        """Receipts and bodies: what has to be kept, without the heads of any store."""
        return sum(len(batch.receipts) + len(batch.body) for batch in self.batches)


class MovedClock:
    """A clock that stands still until it is moved."""

    boot_id = "bench"

    def __init__(self) -> None:
        self.now_s = 0.0

    def wall_ns(self) -> int:
        return _START_NS + self.boot_ns()

    def boot_ns(self) -> int:
        return int(self.now_s * 1e9)

    def monotonic_s(self) -> float:
        return self.now_s


@dataclass(frozen=True, slots=True)
class _Receipt:
    token: int
    packet_ids: Sequence[int]
    hashes: Sequence[int]

    def settle(self) -> None: ...


def commits(rate: float, count: int, settings: SpoolSettings | None = None, extra_decimals: int = 0) -> Iterator[Commit]:
    """Yield the commits that `count` messages at `rate` a second make with these settings (the agent's defaults)."""
    settings = settings or SpoolSettings()
    clock = MovedClock()
    policy = ClosePolicy(settings.batch_age_ms / 1000, int(settings.batch_raw_bytes))
    batcher = Batcher(SOURCE, Priority.NORMAL, policy, int(settings.memory_bytes), clock, wake=lambda: None)
    intake = _intake(batcher, clock)
    stream = messages(count, extra_decimals)
    at_once = max(1, min(_READ_BYTES // _WIRE_BYTES, int(rate / 100)))  # what one read of the socket brings
    waiting: list[tuple[str, bytes]] = []
    done = 0
    while arrived := list(islice(stream, at_once)):
        ids = [(done + step) % 65_535 + 1 for step in range(len(arrived))]
        done += len(arrived)
        clock.now_s = done / rate
        receipt = _Receipt(1, ids, [zlib.crc32(payload, zlib.crc32(topic.encode())) for topic, payload in arrived])
        intake.messages(arrived, receipt)
        waiting += arrived
        closed = batcher.take(clock.now_s)
        if closed:
            batcher.settled(closed)
            yield Commit(compose(closed), waiting)
            waiting = []
    closed = batcher.take(clock.now_s, at_once=True)
    if closed:
        yield Commit(compose(closed), waiting)


def _intake(batcher: Batcher, clock: MovedClock) -> SourceIntake:
    options = tomllib.loads("[source]\n" + DECODER)["source"]["decoder"]
    decoder = build_decoder(options.pop("kind"), options, [TOPIC_FILTER])
    normaliser = Normaliser(SOURCE, "bench", "gw-bench", NormaliseSettings())
    return SourceIntake(SOURCE, decoder, normaliser, batcher, RefusalBudget(0), clock, lambda _: None)
