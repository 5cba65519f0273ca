"""A serial line as a source: port → framer → intake, on one thread.

Serial bytes cannot be acknowledged: what the device sends while we are away is gone, and while the intake blocks only the
kernel's buffer (4 KiB) holds on to it.
"""

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.framers.framer import FramerCounts, FramerSettings
from edge.framers.lines import Options as Lines
from edge.framers.table import build_framer
from edge.sources.serial_settings import SerialSourceSettings
from edge.sources.source import Intake, Source, SourceContext, SourceState
from edge.spool.spool import Loss
from edge.talks.memory_file import load_memory, save_memory
from edge.talks.table import build_talk
from edge.talks.talk import Talk
from runtime.clock import Clock, SystemClock
from runtime.logs import Log
from runtime.serial_port import SerialPort
from runtime.worker import Worker
from telemetry.errors import TransientError

_TALK_AGAIN_S = 5.0
_REMEMBER_S = 600.0  # how often what a talk has to remember is written down
QUIET_S = 0.05  # a line silent for so long is between two frames: 50 byte times at 9600 baud

log = Log("edge.sources.serial")


@dataclass(slots=True)
class _Line:
    """What the thread knows of the bytes before: which opening they came through, when the last came, what is accounted for."""

    open_count: int = 0
    last_byte_at_s: float = 0.0
    overlong: int = 0
    unnamed: int = 0
    talked_to: int = 0


def build(settings: SerialSourceSettings, context: SourceContext) -> Source:
    """Return the source, its port not yet open."""
    name = context.intake.source
    memory = context.state_dir / f"talk-{name}.json"
    return SerialInput(name, settings, context.intake, context.clock, context.intake.framing, memory)


class SerialInput:
    """Reads one serial port and hands whole frames to the intake. One thread, restarted if it breaks."""

    def __init__(
        self,
        name: str,
        settings: SerialSourceSettings,
        intake: Intake,
        clock: Clock | None = None,
        framing: FramerSettings | str = "lines",
        memory: Path | None = None,
    ) -> None:
        """`framing` is the decoder's, for settings that name none; `memory` the file of what a talk has to remember."""
        self.name = name
        self._settings = settings
        self._intake = intake
        self._clock = clock or SystemClock()
        self._talk = build_talk(settings.talk) if settings.talk else None
        self._memory = memory
        self._remembered_s = float("-inf")
        quick = {"read_timeout_s": min(settings.talk.look_s, settings.read_timeout_s)} if settings.talk else {}
        self._port = SerialPort(settings.model_copy(update=quick), self._clock)
        self._framing = settings.framing or (framing if isinstance(framing, FramerSettings) else Lines())
        self._framer = build_framer(self._framing)
        self._worker = Worker(f"serial {name}", self._run, clock=self._clock)
        self._line = _Line()
        self._received = 0

    def start(self) -> None:
        """Start the thread; returns at once, whether or not the port is there."""
        self._worker.start()

    def drain(self) -> None:
        """Read nothing more; what was read is still handed on. Returns at once."""
        self._worker.ask_to_stop()
        self._port.interrupt()

    def stop(self, timeout_s: float) -> None:
        """End the thread and unlock the port, within `timeout_s`."""
        self.drain()
        self._worker.stop(timeout_s)

    def state(self) -> SourceState:
        """Return the state now. Any thread."""
        port = self._port.state()
        detail = port.device or self._settings.port
        if not self._received and self._framer.counts.dropped_bytes:
            detail += f", {self._framer.counts.dropped_bytes} bytes and no frame; are baudrate and decoder right?"
        trouble = self._talk.trouble if self._talk else ""
        return SourceState(port.is_open, detail, self._received, port.last_error or trouble or self._worker.last_error)

    def framing(self) -> FramerCounts:
        """Return what the framer has counted."""
        return self._framer.counts

    def _run(self, stopping: threading.Event) -> None:
        if self._talk and self._memory:
            self._talk.remember(load_memory(self._memory))
        try:
            while not stopping.is_set():
                chunk = self._port.read()
                frames = self._mark_gaps(arrived=bool(chunk))
                frames += self._framer.feed(chunk) if chunk else []
                if frames:
                    messages = [(self._settings.topic, frame) for frame in frames]
                    now_s = self._clock.monotonic_s()
                    if self._talk:
                        self._greet(self._talk, now_s)
                        self._talk.heard(frames, now_s)
                    self._intake.messages(messages, bits=self._talk.bits(now_s) if self._talk else 0)
                    self._received += len(frames)
                self._account_for_lost()
                if self._talk:
                    self._say(self._talk)
        finally:
            if self._talk:
                self._take_leave(self._talk)
            self._port.close()

    def _take_leave(self, talk: Talk) -> None:
        self._write_down(talk, self._clock.monotonic_s())
        if self._port.state().is_open:
            with suppress(TransientError):
                self._port.write(talk.farewell())

    def _write_down(self, talk: Talk, now_s: float) -> None:
        memory = talk.memory(now_s)
        if self._memory and memory:
            self._remembered_s = now_s
            save_memory(self._memory, memory)

    def _say(self, talk: Talk) -> None:
        """Tell the device what is due. What the port does not take begins anew, soon or after the next opening."""
        port, now_s = self._port.state(), self._clock.monotonic_s()
        if not port.is_open:
            return
        if readings := talk.readings(now_s):
            self._intake.own(readings)
        if now_s - self._remembered_s >= _REMEMBER_S:
            self._write_down(talk, now_s)
        self._greet(talk, now_s)
        data = talk.step(now_s)
        if data:
            try:
                self._port.write(data)
            except TransientError:
                talk.opened(now_s + _TALK_AGAIN_S)  # it was not told: begin anew

    def _greet(self, talk: Talk, now_s: float) -> None:
        """Begin the talk after an opening, also where the device speaks first: what it says may be of before its last sleep."""
        if (count := self._port.state().open_count) != self._line.talked_to:
            self._line.talked_to = count
            talk.opened(now_s)

    def _account_for_lost(self) -> None:
        """Set damaged frames aside, and put those that were too long to be kept into the ledger. Noise is only counted."""
        for drop in self._framer.drops():
            if drop.is_frame:
                self._intake.refuse(self._settings.topic, f"{drop.reason}, {drop.size} bytes", payload=drop.head)
        counts = self._framer.counts
        if unnamed := counts.unnamed - self._line.unnamed:
            self._line.unnamed += unnamed
            self._intake.lose(Loss("decoder rejected", self.name, unnamed, None, None))
        if overlong := counts.overlong - self._line.overlong:
            self._line.overlong += overlong
            self._intake.lose(Loss("frame too long", self.name, overlong, None, None))

    def _mark_gaps(self, *, arrived: bool) -> list[bytes]:
        """Tell the framer of bytes that cannot belong together: before and after a re-plug or a long silence; return what that ends."""
        port, now_s = self._port.state(), self._clock.monotonic_s()
        idle_s = self._framing.idle_reset_s
        frames: list[bytes] = []
        if port.open_count != self._line.open_count and arrived:
            if self._line.open_count:
                self._intake.device_restarted()
            self._line.open_count = port.open_count
            self._framer.restart(mid_frame=now_s - port.opened_at_s < QUIET_S)
        elif idle_s is not None and now_s - self._line.last_byte_at_s >= idle_s:
            frames = self._framer.silence()
        if arrived:
            self._line.last_byte_at_s = now_s
        return frames
