"""One board from blank to proven: plan, write, read back, first reading, identity, papers; each step journalled.

Interrupted anywhere, the same job goes on: what is half written is written again, what is done is not done twice. A port's name
does not say which board is on it, so nothing that was done is believed before the board itself has said it again.
"""

import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from firmware_bridge.bundle.open import Bundle
from firmware_bridge.flash.board_line import BoardLine
from firmware_bridge.flash.causes import NOTHING_WRITTEN, Cause, FlashError
from firmware_bridge.flash.first_reading import wait_first_reading, wait_hello, write_identity
from firmware_bridge.flash.flasher import ChipFound, Flasher, open_flasher
from firmware_bridge.flash.image import images_of
from firmware_bridge.flash.journal import Journal, ReadingSeen, State
from firmware_bridge.flash.plain_reading import plain_reading
from firmware_bridge.flash.plan import Installed, Refusal, Step, Wish, make_plan, without_board
from firmware_bridge.flash.plausible import Reading, other_firmware, reading_text
from firmware_bridge.flash.ports import board_identity, holders_of, list_ports, may_be_serial
from firmware_bridge.flash.progress import Progress
from firmware_bridge.flash.target import Target
from firmware_bridge.link.messages import Hello
from telemetry.said import as_is, joined, said

_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_FREE_WITHIN_S = 2.0
_HOLDERS_NAMED = 4
_LOOK_S = 0.1
Board = Literal["untouched", "half-written", "written", "proven"]
Take = Callable[[bytes], Iterable[Reading]]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something to show: a step began or is done, bytes moved, or a note (`text`: "another-board", "goes-on")."""

    event: Literal["begin", "progress", "done", "note"]
    step: str
    progress: Progress | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Papers:
    """What is made of a proven board; each may be called again after an interruption and makes the same thing once."""

    label: Callable[["Outcome"], None] | None = None
    is_label_there: Callable[[], bool] = lambda: True
    record: Callable[["Outcome"], str] | None = None
    queue: Callable[["Outcome"], None] | None = None
    label_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done."""

    target: Target
    port: str
    bundle: Bundle
    wish: Wish
    folder: Path
    papers: Papers = field(default_factory=Papers)
    take: Take | None = None
    drive: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    is_again: bool = False
    is_blank: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A board that is done. `was_done`: it was so before, and nothing was written."""

    order: Order
    state: State
    was_done: bool = False


class FlashJob:
    """One run of an order. `board` and `step` say at any time, also after an exception, what state the board is in."""

    def __init__(self, order: Order, show: Callable[[Happened], None], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._order = order
        self._show = show
        self._now = now
        manifest, wish = order.bundle.manifest, order.wish
        self._manifest = manifest
        self._images = images_of(manifest, order.bundle.images)
        self._journal = Journal(
            order.folder, board_identity(order.port or order.drive or order.target.name), order.bundle.sha256, wish.device, wish.site
        )
        self._flasher: Flasher = open_flasher(order.target, order.drive or order.port, order.environment)
        self._state = State(record_id=uuid.uuid4().hex, started_at=now())
        self.board: Board = "untouched"
        self.step = "plan"

    def run(self) -> Outcome:
        """Do what is missing. Raises FlashError with its `step` set."""
        try:
            _refuse(without_board(self._order.target, self._manifest, self._images))
            with self._journal.locked():
                self._look_at_port()
                return self._run()
        except FlashError as error:
            error.step = self.step
            raise

    def _run(self) -> Outcome:
        kept = self._journal.load()
        if kept is not None and Step.WRITE in kept.done and not self._order.is_again:
            is_label_lost = Step.LABEL in kept.done and not self._order.papers.is_label_there()
            done = tuple(step for step in kept.done if not (is_label_lost and step is Step.LABEL))
            self._state = kept.model_copy(update={"done": done})
            if not self._is_confirmed():
                self._note("another-board")
                self._state = State(record_id=uuid.uuid4().hex, started_at=self._now())
            elif not self._missing():
                self.board = "proven"
                return Outcome(self._order, self._state, was_done=True)
            else:
                self.board = "written"
                self._note("goes-on")
        if Step.WRITE not in self._state.done:
            self._write()
        self._prove()
        self._paper()
        return Outcome(self._order, self._state)

    def _look_at_port(self) -> None:
        """Refuse a port that is not there, or that a program has open: avrdude locks nothing, and both would hear half of what is said."""
        port = self._order.port
        if not port or (self._order.target.is_without_port and not Path(port).exists()):
            return
        if not Path(port).exists():
            raise FlashError(Cause.PORT_MISSING, said(f"không có {port}", f"{port} is not there"))
        if not may_be_serial(Path(port)):
            raise FlashError(Cause.PORT_MISSING, said(f"{port} không phải cổng nối tiếp", f"{port} is no serial port"))
        end_s = time.monotonic() + _FREE_WITHIN_S  # a program of a flash that was killed a moment ago is about to end
        while holders := holders_of(Path(port)):
            if time.monotonic() > end_s:
                named = [f"{holder.name} (pid {holder.pid})" for holder in holders[:_HOLDERS_NAMED]]
                more = len(holders) - len(named)
                who = joined(", ", [*named, said(f"{more} chương trình nữa", f"{more} more")] if more else named)
                raise FlashError(Cause.PORT_BUSY, said(f"{port} đang do {who.vi} giữ", f"{port} is held by {who}"))
            time.sleep(_LOOK_S)

    def _write(self) -> None:
        order = self._order
        self._begin("plan")
        target = order.target
        may_speak = Path(order.port).exists() if order.port and target.is_without_port else bool(order.port)
        installed = self._installed() if order.wish.reading == "link" and may_speak and not order.is_blank else None
        with_size = self._manifest.flash_bytes > target.flash_bytes  # else the program that writes sees to it
        chip = None if self._flasher.checks_chip else self._flasher.chip(with_size=with_size, stays=True)
        plan = make_plan(target, chip, self._manifest, self._images, installed, order.wish)
        if isinstance(plan, Refusal):
            self._flasher.leave()
        _refuse(plan)
        previous = f"{installed.firmware} {installed.version}".strip() if installed else ""
        self._keep(previous=previous)  # before anything is written: a journal that cannot be kept is found out now
        self._done("plan")
        self._begin(Step.WRITE)
        self.board = "half-written"
        try:
            found = self._flasher.write(self._images, lambda progress: self._show(Happened("progress", Step.WRITE, progress)))
        except FlashError as error:
            if error.cause in NOTHING_WRITTEN:
                self.board = "untouched"
            raise
        self.board = "written"
        known = chip or found
        mac = known.unique_id if _MAC.fullmatch(known.unique_id) else ""
        self._finish(Step.WRITE, unique_id=known.unique_id, mac=mac, chip=_chip_text(known))

    def _reading_port(self) -> str:
        """Return the port on which the firmware speaks: the one that was named, else the one that appears. PORT_MISSING if none does."""
        target = self._order.target
        if self._order.port:
            return self._order.port
        end_s = time.monotonic() + target.hello_s
        while True:
            fitting = [port.path for port in list_ports([target]) if port.guesses]
            if len(fitting) == 1:
                return fitting[0]
            if time.monotonic() > end_s:
                ports = as_is(", ".join(fitting)) if fitting else said("không có cổng nào", "none")
                vi = f"không rõ firmware nói ở cổng nào ({ports.vi}): nêu cổng bằng --port"
                raise FlashError(Cause.PORT_MISSING, said(vi, f"the port of the firmware is not plain ({ports}): name it with --port"))
            time.sleep(_LOOK_S)

    def _installed(self) -> Installed | None:
        target = self._order.target
        with BoardLine(self._order.port, target.link_baud) as line:
            hello = wait_hello(line, target.installed_s)
            if hello is None and not line.is_there():
                raise line.unavailable()
        if hello is None:
            return None
        return Installed(hello.board, hello.firmware, hello.version, hello.build_id, hello.uid.hex(), hello.device, hello.site)

    def _is_confirmed(self) -> bool:
        """Whether the board on the port is the one that the journal tells of, and still runs what was written."""
        order, state = self._order, self._state
        self._begin("confirm")
        if order.wish.reading != "link":
            return (
                bool(state.unique_id) and not self._flasher.checks_chip and self._flasher.chip(with_size=False).unique_id == state.unique_id
            )
        with BoardLine(self._reading_port(), order.target.link_baud) as line:
            hello = wait_hello(line, order.target.hello_s)
            if hello is None and not line.is_there():
                raise line.unavailable()
        if hello is None or other_firmware(hello, self._manifest):
            return False
        if Step.FIRST_READING in state.done and state.unique_id not in ("", hello.uid.hex()) and hello.uid:
            return False
        return Step.IDENTITY not in state.done or (hello.device, hello.site) == (order.wish.device, order.wish.site)

    def _prove(self) -> None:
        """First reading and identity, over one opening of the port: another one would reset many boards."""
        order, target = self._order, self._order.target
        if not {Step.FIRST_READING, Step.IDENTITY} & set(self._missing()):
            return
        if order.wish.reading != "link":
            self._begin(Step.FIRST_READING)
            readings = plain_reading(
                self._reading_port(), target.link_baud, order.take or (lambda _: ()), target.hello_s + target.first_reading_s
            )
            self._finish(Step.FIRST_READING, readings=_seen(readings), read_at=self._now())
            return
        self._begin(Step.FIRST_READING)
        with BoardLine(self._reading_port(), target.link_baud) as line:
            first = wait_first_reading(line, self._manifest, target.hello_s, target.first_reading_s)
            if not first.plausible:
                raise FlashError(Cause.IMPLAUSIBLE, joined("; ", first.why), tuple(map(reading_text, first.readings)))
            self._finish(Step.FIRST_READING, readings=_seen(first.readings), read_at=self._now(), unique_id=self._unique_id(first.hello))
            if Step.IDENTITY in self._missing():
                self._begin(Step.IDENTITY)
                hello = write_identity(line, order.wish.device, order.wish.site)
                self._finish(Step.IDENTITY, unique_id=self._unique_id(hello))  # a blank board may have drawn its id only now

    def _paper(self) -> None:
        papers = self._order.papers
        self.board = "proven"
        for step in self._missing():
            self._begin(step)
            outcome = Outcome(self._order, self._state)
            record_file = self._state.record_file
            if step is Step.LABEL and papers.label is not None:
                papers.label(outcome)
            elif step is Step.RECORD and papers.record is not None:
                record_file = papers.record(outcome)
            elif step is Step.QUEUE and papers.queue is not None:
                papers.queue(outcome)
            self._finish(step, record_file=record_file)

    def _unique_id(self, hello: Hello) -> str:
        return hello.uid.hex() or self._state.unique_id

    def _missing(self) -> tuple[Step, ...]:
        wish = self._order.wish
        return tuple(step for step in wish.steps() if step not in self._state.done)

    def _begin(self, step: str) -> None:
        self.step = str(step)
        self._show(Happened("begin", self.step))

    def _done(self, step: str) -> None:
        self._show(Happened("done", str(step)))

    def _finish(self, step: Step, **changes: object) -> None:
        self._keep(done=(*self._state.done, step), **changes)
        self._done(step)

    def _keep(self, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)
        self._journal.save(self._state)

    def _note(self, text: str) -> None:
        self._show(Happened("note", self.step, text=text))


def _refuse(verdict: object) -> None:
    if isinstance(verdict, Refusal):
        raise FlashError(verdict.cause, verdict.reason)


def _chip_text(chip: ChipFound) -> str:
    return f"{chip.chip_id} {chip.description}".strip()


def _seen(readings: Iterable[Reading]) -> tuple[ReadingSeen, ...]:
    return tuple(ReadingSeen(measurement=one.measurement, values=dict(one.values), quality=one.quality) for one in readings)
