"""Showing how a flash goes: JSON lines for programs, a bar on a terminal, plain lines elsewhere."""

import json
import sys
import threading
import time
from typing import Any, Protocol

from firmware_bridge.flash.causes import FlashError
from firmware_bridge.flash.job import FlashJob, Happened, Outcome
from quanho.flash_words import CAUSES, board_words, note_words, step_words
from quanho.lang import pick, say
from telemetry import catalogue
from telemetry.spoken import spoken

_EVERY_S = 0.2
_TAIL_LINES = 6


class Screen(Protocol):
    """Where a flash is shown. `name` tells the boards of a tray apart, "" for one."""

    def show(self, name: str, happened: Happened) -> None: ...
    def done(self, name: str, outcome: Outcome) -> None: ...
    def failed(self, name: str, error: FlashError, job: FlashJob | None) -> None: ...
    def close(self) -> None: ...


class JsonScreen:
    """One JSON object a line: {"event": "begin"|"progress"|"done"|"note"|"result", …}."""

    def __init__(self) -> None:
        self._shown_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def show(self, name: str, happened: Happened) -> None:
        line: dict[str, Any] = {"event": happened.event, "step": happened.step}
        if happened.progress is not None:
            progress = happened.progress
            is_over = progress.done_bytes >= progress.total_bytes
            if not is_over and time.monotonic() - self._shown_s.get(name, 0.0) < _EVERY_S:
                return
            self._shown_s[name] = time.monotonic()
            line |= {"phase": progress.phase, "done_bytes": progress.done_bytes, "total_bytes": progress.total_bytes}
        if happened.text:
            line["text"] = happened.text
        self._print(name, line)

    def done(self, name: str, outcome: Outcome) -> None:
        self._print(name, {"event": "result", "ok": True, "exit_code": 0, **facts(outcome)})

    def failed(self, name: str, error: FlashError, job: FlashJob | None) -> None:
        about = {
            "cause": error.cause.word,
            "step": error.step,
            "text": error.reason,
            "said": pick(error.reason),
            "board": job.board if job else "untouched",
        }
        self._print(name, {"event": "result", "ok": False, "exit_code": error.cause.value, **about, "program_said": list(error.tail)})

    def misused(self, error: str, exit_code: int) -> None:
        """Tell of words that make no sense together."""
        self._print("", {"event": "result", "ok": False, "exit_code": exit_code, "cause": "usage", "text": error})

    def close(self) -> None:
        """Every line is out already."""

    def _print(self, name: str, line: dict[str, Any]) -> None:
        with self._lock:
            print(json.dumps({"device": name, **line} if name else line, ensure_ascii=False), flush=True)


class PlainScreen:
    """A line a step, on standard output; errors on standard error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def show(self, name: str, happened: Happened) -> None:
        if happened.event == "begin":
            self._print(name, f"{step_words(happened.step)} …")
        elif happened.event == "note":
            self._print(name, note_words(happened.text))

    def done(self, name: str, outcome: Outcome) -> None:
        for line in summary(outcome):
            self._print(name, line)

    def failed(self, name: str, error: FlashError, job: FlashJob | None) -> None:
        with self._lock:
            for line in complaint(error, job):
                print(f"{name}: {line}" if name else f"quanho: {line}", file=sys.stderr)

    def ended(self, name: str, line: str) -> None:
        """Show the result of one board of a tray."""
        self._print(name, line)

    def close(self) -> None:
        """Every line is out already."""

    def _print(self, name: str, line: str) -> None:
        with self._lock:
            print(f"{name}: {line}" if name else line, flush=True)


class BarScreen(PlainScreen):
    """Bars on a terminal, one a board; what is left behind are the plain results."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[size]}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._tasks: dict[str, Any] = {}
        self._progress.start()

    def show(self, name: str, happened: Happened) -> None:
        before = f"{name}: " if name else ""
        if happened.event == "begin":
            self._remove(name)
            self._tasks[name] = self._progress.add_task(before + step_words(happened.step), total=None, size="")
        elif happened.progress is not None and name in self._tasks:
            moved = happened.progress
            words = say("đọc lại", "read back") if moved.phase == "verify" else say("ghi", "write")
            size = f"{moved.done_bytes / 1000:,.1f}/{moved.total_bytes / 1000:,.1f} kB"
            self._progress.update(
                self._tasks[name], total=moved.total_bytes, completed=moved.done_bytes, description=before + words, size=size
            )
        elif happened.event == "note":
            self._progress.console.print(before + note_words(happened.text), markup=False)

    def done(self, name: str, outcome: Outcome) -> None:
        self._remove(name)
        super().done(name, outcome)

    def failed(self, name: str, error: FlashError, job: FlashJob | None) -> None:
        self._remove(name)
        super().failed(name, error, job)

    def ended(self, name: str, line: str) -> None:
        self._remove(name)
        super().ended(name, line)

    def close(self) -> None:
        self._progress.stop()

    def _remove(self, name: str) -> None:
        if name in self._tasks:
            self._progress.remove_task(self._tasks.pop(name))
        if not self._tasks:
            self._progress.refresh()


def screen_of(*, as_json: bool) -> Screen:
    """Return the screen for this terminal, or for none."""
    if as_json:
        return JsonScreen()
    return BarScreen() if sys.stderr.isatty() else PlainScreen()


def facts(outcome: Outcome) -> dict[str, Any]:
    """Return what is known of a board that is done, for JSON."""
    order, state = outcome.order, outcome.state
    manifest = order.bundle.manifest
    return {
        "was_done": outcome.was_done,
        "board": "proven",
        "port": order.port,
        "device": order.wish.device,
        "site": order.wish.site,
        "firmware": manifest.firmware,
        "version": manifest.version,
        "bundle_sha256": order.bundle.sha256,
        "chip": state.chip,
        "unique_id": state.unique_id,
        "previous": state.previous,
        "first_reading": order.wish.reading,
        "readings": [reading.model_dump(mode="json") for reading in state.readings],
        "record": state.record_file,
    }


def summary(outcome: Outcome) -> list[str]:
    """Return what a technician wants to read of a board that is done."""
    order, state = outcome.order, outcome.state
    manifest = order.bundle.manifest
    name = f"{order.wish.device or manifest.board}: {manifest.firmware} {manifest.version}"
    if outcome.was_done:
        return [
            say(
                f"✓ {name}: đã xong từ trước, không ghi lại (--again để nạp lại)",
                f"✓ {name}: done before, nothing was written (--again to redo)",
            )
        ]
    lines = [say(f"✓ {name}: đã ghi, đã đọc lại, đã có số đo", f"✓ {name}: written, read back, proven by a reading")]
    if order.target.back_end == "uf2":  # its drive is gone once it has all blocks: nothing can be read back
        lines = [say(f"✓ {name}: đã ghi, bo mạch đã nhận đủ, đã có số đo", f"✓ {name}: written, taken whole, proven by a reading")]
    if order.wish.reading == "none":
        lines = [
            say(
                f"! {name}: đã ghi và đọc lại, nhưng KHÔNG AI THẤY SỐ ĐO NÀO (--no-first-reading)",
                f"! {name}: written and read back, but NOBODY SAW A READING (--no-first-reading)",
            )
        ]
    for reading in state.readings:
        values = (_value_text(outcome, reading.measurement, *value) for value in reading.values.items())
        lines.append(f"  {reading.measurement}: {', '.join(values)}")
    if state.unique_id:
        lines.append(say(f"  số chip: {state.unique_id}", f"  unique id: {state.unique_id}"))
    if order.papers.label_file:
        lines.append(say(f"  nhãn, để in: {order.papers.label_file}", f"  label, to be printed: {order.papers.label_file}"))
    if state.record_file:
        lines.append(say(f"  biên bản: {state.record_file}", f"  record: {state.record_file}"))
    if order.papers.queue is not None:
        lines.append(say("  chờ gửi lên sổ đăng ký: quanho site records send", "  waits for the registry: quanho site records send"))
    return lines


def _value_text(outcome: Outcome, measurement: str, field: str, value: object) -> str:
    quantity = catalogue.find(measurement, field)
    sensors = outcome.order.bundle.manifest.sensors
    units = [one.unit for sensor in sensors if sensor.measurement == measurement for one in sensor.fields if one.name == field and one.unit]
    unit = units[0] if units else quantity.unit if quantity and not sensors else ""
    return f"{field} {value} {spoken(unit)}".rstrip()


def complaint(error: FlashError, job: FlashJob | None) -> list[str]:
    """Return what happened, what the board is like now, and what to do."""
    words = CAUSES[error.cause]
    lines = [f"{words.what} ({error.cause.word}, {error.cause.value}): {pick(error.reason)}"]
    lines += [f"  | {line}" for line in error.tail[-_TAIL_LINES:]]
    lines.append("  " + board_words(job.board if job else "untouched"))
    return [*lines, "  → " + words.do]
