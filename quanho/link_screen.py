"""How a watched board is shown: a table that changes, a line a reading for pipes, JSON lines for scripts, or its log alone."""

import json
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from firmware_bridge.link.events import Closed, Event, Frame, LogLine, Opened, PictureOffered, Refused
from firmware_bridge.link.host import HostState
from quanho.lang import say
from quanho.link_account import (
    Account,
    counts,
    counts_line,
    identity_line,
    level_name,
    printable,
    quality_words,
    sets_json,
    value_text,
    verdict,
    who,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

_REDRAW_S = 0.2
_LOG_LINES = 6


class Display(Protocol):
    """Shows what happens, between `__enter__` and `__exit__`."""

    def event(self, event: Event, account: Account) -> None: ...

    def port(self, words: str) -> None: ...

    def show(self, account: Account, state: HostState, now_s: float) -> None: ...

    def end(self, account: Account, state: HostState) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...


def display(*, as_json: bool, is_plain: bool, log_only: bool, take: bool) -> Display:
    """Return the one that fits where the output goes."""
    if as_json:
        return JsonLines(log_only=log_only)
    if log_only or is_plain or not sys.stdout.isatty():
        return Lines(log_only=log_only, take=take)
    return Screen(take=take)


class JsonLines:
    """An object a line."""

    def __init__(self, *, log_only: bool) -> None:
        self._log_only = log_only

    def event(self, event: Event, account: Account) -> None:
        for one in _as_json(event, account):
            if not self._log_only or one["event"] == "log":
                _print_json(one)

    def port(self, words: str) -> None:
        _print_json({"event": "port", "is_open": not words, "what": words})

    def show(self, account: Account, state: HostState, now_s: float) -> None:
        """Only events are wanted."""

    def end(self, account: Account, state: HostState) -> None:
        board = who(state.hello) if state.hello is not None else None
        refused = [account.refused.board_min, account.refused.board_max] if account.refused is not None else None
        _print_json({"event": "account", "understood": account.was_opened, "board": board, "refused": refused, **counts(state)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Nothing to put back."""


class Lines(JsonLines):
    """A line a reading; with `log_only`, a line a log line and nothing else on standard output."""

    def __init__(self, *, log_only: bool, take: bool) -> None:
        super().__init__(log_only=log_only)
        self._take = take

    def event(self, event: Event, account: Account) -> None:
        for line in _as_lines(event, account):
            if not self._log_only or isinstance(event, LogLine):
                print(line, flush=True)

    def port(self, words: str) -> None:
        print(words or say("cổng đã có lại", "the port is back"), file=sys.stderr, flush=True)

    def end(self, account: Account, state: HostState) -> None:
        out = sys.stderr if self._log_only else sys.stdout
        print(counts_line(state), *(f"→ {words}" for words in verdict(account, state, take=self._take)), sep="\n", file=out)


class Screen(Lines):
    """The whole terminal, on its alternate screen."""

    def __init__(self, *, take: bool) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__(log_only=False, take=take)
        self._live = Live(console=Console(), screen=True, auto_refresh=False)
        self._shown_s = 0.0
        self._port = ""

    def event(self, event: Event, account: Account) -> None:
        """The next drawing has it."""

    def port(self, words: str) -> None:
        self._port = words

    def show(self, account: Account, state: HostState, now_s: float) -> None:
        if time.monotonic() - self._shown_s >= _REDRAW_S:
            self._shown_s = time.monotonic()
            self._live.update(self._drawn(account, state, now_s), refresh=True)

    def end(self, account: Account, state: HostState) -> None:
        if state.hello is not None:
            print(identity_line(state.hello))
        super().end(account, state)

    def _drawn(self, account: Account, state: HostState, now_s: float) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        head = identity_line(state.hello) if state.hello is not None else say("chờ bo mạch…", "waiting for the board…")
        words = [
            f"→ {line}" for line in verdict(account, state, take=self._take) if account.was_opened or account.refused or state.cut.damaged
        ]
        log = [f"{account.clock(line.at_s)} {level_name(line.level)}: {printable(line.text)}" for line in list(account.logs)[-_LOG_LINES:]]
        end = say("Ctrl-C: dừng", "Ctrl-C ends it")
        return Group(
            Text(head, style="bold"),
            Text(self._port, style="yellow"),
            self._table(account, now_s),
            Text("\n".join(log), style="cyan"),
            Text(counts_line(state)),
            Text("\n".join(words), style="yellow"),
            Text(end, style="dim"),
        )

    def _table(self, account: Account, now_s: float) -> "RenderableType":
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        table.add_column(say("đại lượng", "what"))
        table.add_column(say("giá trị", "value"), justify="right", style="bold")
        table.add_column(say("cách đây", "age"), justify="right")
        table.add_column(say("số lần", "times"), justify="right")
        table.add_column(say("chất lượng", "quality"), style="yellow")
        for latest in account.latest.values():
            name = f"{printable(latest.measurement)}.{printable(latest.field)}"
            age = f"{max(0.0, now_s - latest.taken_s):.1f} s"
            table.add_row(name, value_text(latest.value, latest.unit), age, str(latest.count), quality_words(latest.quality))
        return table

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._live.stop()


def _print_json(one: dict[str, Any]) -> None:
    print(json.dumps(one, ensure_ascii=False), flush=True)


def _as_json(event: Event, account: Account) -> list[dict[str, Any]]:
    if isinstance(event, Opened):
        return [{"event": "opened", **who(event.hello), "boot": event.hello.boot, "sets": sets_json(event.sensors)}]
    if isinstance(event, Closed):
        return [{"event": "closed", "why": event.why}]
    if isinstance(event, Refused):
        return [{"event": "refused", "board_min": event.board_min, "board_max": event.board_max}]
    if isinstance(event, LogLine):
        return [{"event": "log", "time": account.time(event.at_s), "level": level_name(event.level), "text": printable(event.text)}]
    if isinstance(event, PictureOffered):
        return [{"event": "picture", "time": account.time(event.taken_s), "size_bytes": event.size_bytes, "sha256": event.sha256.hex()}]
    return readings_json(event, account) if isinstance(event, Frame) else []


def readings_json(frame: Frame, account: Account) -> list[dict[str, Any]]:
    """Return the readings of a frame, and what is wrong with it."""
    found: list[dict[str, Any]] = []
    for record in frame.records:
        sensor = account.named(record)
        if record.lost is not None:
            found.append(
                {"event": "lost", "time": account.time(record.taken_s), "count": record.lost.count, "span_ms": record.lost.span_ms}
            )
        elif sensor is not None:
            fields = {printable(name): value for name, value in record.values.items()}
            found.append(
                {
                    "event": "reading",
                    "time": account.time(record.taken_s),
                    "set": record.set_index,
                    "measurement": printable(sensor.measurement),
                    "fields": fields,
                    "quality": record.quality,
                }
            )
    if frame.fault:
        found.append({"event": "fault", "seq": frame.seq, "why": frame.fault})
    return found


def _as_lines(event: Event, account: Account) -> list[str]:
    if isinstance(event, Opened):
        return [identity_line(event.hello), *(_set_line(sensor) for sensor in sets_json(event.sensors))]
    if isinstance(event, Closed):
        return [say(f"phiên kết thúc: {event.why}", f"session over: {event.why}")]
    if isinstance(event, LogLine):
        return [f"{account.clock(event.at_s)} {level_name(event.level)}: {printable(event.text)}"]
    return reading_lines(event, account) if isinstance(event, Frame) else []


def _set_line(sensor: dict[str, Any]) -> str:
    every = say(f"mỗi {sensor['interval_ms'] / 1000:g} s", f"every {sensor['interval_ms'] / 1000:g} s")
    when = every if sensor["interval_ms"] else say("khi có sự kiện", "when something happens")
    return f"  {sensor['set']} {sensor['measurement']} ({when}): " + ", ".join(
        f"{n} [{u}]" if u else n for n, u in sensor["fields"].items()
    )


def reading_lines(frame: Frame, account: Account) -> list[str]:
    """Return a frame as a line a reading."""
    lines = []
    for record in frame.records:
        sensor = account.named(record)
        if record.lost is not None:
            lost = say(f"bo mạch hết chỗ cho {record.lost.count} lần đo", f"no room on the board for {record.lost.count} readings")
            lines.append(f"{account.clock(record.taken_s)}  {lost}")
        elif sensor is not None:
            units = {one.name: one.unit for one in sensor.fields}
            values = "  ".join(f"{printable(name)}={value_text(value, units[name])}" for name, value in record.values.items())
            words = quality_words(record.quality)
            lines.append(f"{account.clock(record.taken_s)}  {printable(sensor.measurement)}  {values}" + (f"  ({words})" if words else ""))
    if frame.fault:
        lines.append(say(f"khung {frame.seq}: {frame.fault}", f"frame {frame.seq}: {frame.fault}"))
    return lines
