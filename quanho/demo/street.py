"""The simulated street at work: one thread that lets every device speak when it is its time, and counts what has left.

Devices on MQTT tell their past first, and speak live once the broker has all of it.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from quanho.demo.devices import SERIAL, STREET, Device, Message, Voice
from quanho.demo.past import FIRST_HOUR, Past, usual_spacing_s
from quanho.demo.publisher import Publisher, PublishRefused
from quanho.demo.serial_line import SerialLine
from quanho.demo.tally import Tally

DAY_S = 120.0  # a day of the street passes in two minutes, so that one sees it change
_TICK_S = 0.05
_WAITING_MOST = 2000  # messages of the past that are on their way at once


class Street:
    """`broker_port` None: only the serial devices speak. Life cycle: build (makes the ports), `start`, `finish`, `close`."""

    def __init__(self, folder: Path, broker_port: int | None, history_h: float = 0.0, seed: int = 1) -> None:
        self.tally = Tally()
        self.trouble = ""
        self._lines = {device.id: SerialLine(folder / f"tty-{device.source}") for device in SERIAL}
        self._leaving: dict[str, deque[Message]] = {device.id: deque() for device in SERIAL}
        self._publisher = None if broker_port is None else Publisher(broker_port, "quanho-demo-street", self._taken)
        devices: Sequence[Device] = SERIAL if broker_port is None else (*STREET, *SERIAL)
        self._voices = [Voice(device, seed) for device in devices]
        self._due_s = [0.0] * len(devices)
        self._past = Past(0, history_h, usual_spacing_s(history_h))
        self._told: Iterator[tuple[Voice, Message]] | None = None
        self._live_s = 0.0  # since when the devices on MQTT speak live
        self._began_s = 0.0
        self._finishing = threading.Event()
        self._give_up_s = float("inf")
        self._thread = threading.Thread(target=self._run, name="street", daemon=True)

    @property
    def device_count(self) -> int:
        return len(self._voices)

    def port_of(self, source: str) -> Path:
        """The serial port that a source opens."""
        return next(self._lines[device.id].path for device in SERIAL if device.source == source)

    @property
    def hour(self) -> float:
        """The hour of the simulated day."""
        elapsed_s = time.monotonic() - self._began_s if self._began_s else 0.0
        return (FIRST_HOUR + elapsed_s / DAY_S * 24.0) % 24.0

    def start(self) -> None:
        """Let the devices speak; the serial ports must be open by now, for a serial line keeps nothing for later."""
        self._began_s = time.monotonic()
        self._begin_to_speak(self._began_s)
        self._past = replace(self._past, end_ms=time.time_ns() // 1_000_000)
        if self._publisher and self._past.length_h:
            self._told = self._past.told_by([voice for voice in self._voices if voice.device.id not in self._lines])
        self._thread.start()

    def finish(self, within_s: float) -> int:
        """Say nothing more, wait until all that was said has left; return how many messages have not."""
        if self._thread.ident is None:
            return 0
        self._give_up_s = time.monotonic() + within_s
        self._finishing.set()
        self._thread.join(within_s + 2.0)
        return self._pending()

    def close(self) -> None:
        self.finish(0.0)
        for line in self._lines.values():
            line.close()

    def _run(self) -> None:
        try:
            while not self._finishing.is_set():
                self._tell_the_past()
                self._let_speak(time.monotonic())
                self._pump()
            while self._pending() and time.monotonic() < self._give_up_s:
                self._pump()
            if self._publisher:
                self._publisher.close()
        except PublishRefused as error:
            self.trouble = str(error)

    def _tell_the_past(self) -> None:
        if self._told is None or self._publisher is None:
            return
        for voice, message in self._told:
            self._publisher.publish(voice.device.topic, message.payload, (voice.device.source, message))
            if self._publisher.pending >= _WAITING_MOST:
                return
        if not self._publisher.pending:
            self._told = None
            self._begin_to_speak(time.monotonic())

    def _begin_to_speak(self, now_s: float) -> None:
        """Let the devices have their first turn one after the other."""
        self._live_s = now_s
        self._due_s = [now_s + voice.device.period_s * at / len(self._voices) for at, voice in enumerate(self._voices)]

    def _let_speak(self, now_s: float) -> None:
        hour, now_ms = self.hour, time.time_ns() // 1_000_000
        for at, voice in enumerate(self._voices):
            device = voice.device
            is_live = self._told is None or device.id in self._lines
            if now_s < self._due_s[at] or not is_live or not device.is_speaking(now_s - self._live_s):
                continue
            self._due_s[at] = max(self._due_s[at] + device.period_s, now_s + 0.5 * device.period_s)  # never two in one millisecond
            message = voice.next(self._past.hour(now_ms) if device.is_slow else hour, now_ms)
            if line := self._lines.get(device.id):
                self._leaving[device.id].append(message)
                line.say(message.payload)
            elif self._publisher:
                self._publisher.publish(device.topic, message.payload, (device.source, message))

    def _pump(self) -> None:
        for device in SERIAL:
            for _ in range(self._lines[device.id].pump()):
                self.tally.add(device.source, self._leaving[device.id].popleft())
        if self._publisher:
            self._publisher.pump(_TICK_S)
        else:
            self._finishing.wait(_TICK_S)

    def _taken(self, ticket: tuple[str, Message]) -> None:
        self.tally.add(*ticket)

    def _pending(self) -> int:
        return sum(line.pending for line in self._lines.values()) + (self._publisher.pending if self._publisher else 0)
