"""A link source with its intake; whoever uses it is the disk, which takes batches when it likes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.batching.batcher import Batcher
from edge.batching.chunk import Chunk
from edge.batching.close_policy import ClosePolicy
from edge.config import LinkSource
from edge.decoders.self_decoded import SELF_DECODED
from edge.intake import SourceIntake
from edge.normalise import Normaliser
from edge.refusal_budget import RefusalBudget
from edge.sources.link import LinkInput
from edge.sources.source import SourceContext
from edge.spool.loss import Loss
from edge.spool.receipts import Receipts
from runtime.clock import SystemClock
from telemetry.batch import Priority
from telemetry.lineprotocol.parse import parse_strict
from telemetry.point import Point
from tests.waiting import eventually


class Gateway:
    """A link source with its intake. `disk()` makes durable what waits."""

    def __init__(self, port: Path, state_dir: Path, known: Sequence[Receipts] = (), memory_bytes: int = 1 << 20, **changes: Any) -> None:
        quick = {"read_timeout_s": 0.05, "reopen_first_s": 0.01, "reopen_ceiling_s": 0.02}
        settings = LinkSource.model_validate({"id": "mast", "kind": "link", "port": str(port), **quick, **changes})
        self.losses: list[Loss] = []
        self.chunks: list[Chunk] = []
        self.clock = SystemClock()
        self.batcher = Batcher("mast", Priority.NORMAL, ClosePolicy(1.0, 1 << 18), memory_bytes, self.clock, lambda: None)
        window = settings.device_window_ns
        normaliser = Normaliser("mast", "bn", "gw-1", settings.normalise, device_window_ns=window)
        self.intake = SourceIntake("mast", SELF_DECODED, normaliser, self.batcher, RefusalBudget(20), self.clock, self.losses.append)
        self.source = LinkInput(settings, SourceContext("gw-1", state_dir, self.intake, known, self.clock))
        self.source.start()

    def disk(self) -> int:
        """Make durable what waits; return how many points are durable now."""
        closed = self.batcher.take(self.clock.monotonic_s(), at_once=True)
        if closed:
            for chunk in closed.chunks:
                self.chunks.append(chunk)
                self.losses += chunk.losses
                if chunk.acknowledgement:
                    chunk.acknowledgement.settle()
            self.batcher.settled(closed)
        return sum(len(chunk.lines) for chunk in self.chunks)

    def wait_durable(self, count: int) -> list[Point]:
        eventually(lambda: self.disk() >= count, what=f"{count} points, have {len(self.points())}")
        return self.points()

    def points(self) -> list[Point]:
        text = "\n".join(line for chunk in self.chunks for line in chunk.lines)
        return [parsed.as_point() for parsed in parse_strict(text.encode(), 0)]

    def numbers(self) -> list[float]:
        return [float(point.fields["n"]) for point in self.points()]

    def receipts(self) -> list[Receipts]:
        """What the spool would know of the chunks that are durable."""
        pending = [chunk.acknowledgement for chunk in self.chunks if chunk.acknowledgement and chunk.acknowledgement.packet_ids]
        return [Receipts(one.token, tuple(one.packet_ids), tuple(one.hashes)) for one in pending]

    def wait_open(self) -> None:
        eventually(lambda: self.source.state().connected, what="a session")

    def reasons(self) -> dict[str, int | None]:
        self.disk()
        return {loss.reason: loss.count for loss in self.losses}

    def stop(self) -> None:
        self.source.drain()
        self.batcher.close()
        self.source.stop(5)
