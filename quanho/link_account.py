"""What `quanho link` knows of a board: who it is, its newest readings, its log, and how well the line works."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from firmware_bridge.link.events import Event, Frame, LogLine, Opened, Refused
from firmware_bridge.link.host import HostState
from firmware_bridge.link.messages import Hello, SensorSet
from firmware_bridge.link.records import Record, Value
from quanho.lang import say
from telemetry.quality import FLAGS
from telemetry.spoken import spoken

_LOGS = 200
_NO_FRAMES = 20  # damaged runs, and not one frame: another baud rate, or no link firmware
LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value of one field."""

    measurement: str
    field: str
    unit: str
    value: Value
    quality: int
    taken_s: float
    count: int


class Account:
    """Collects events. Times are on the monotonic clock; `wall_s` is what to add for 1970."""

    def __init__(self, wall_s: float) -> None:
        self.logs: deque[LogLine] = deque(maxlen=_LOGS)
        self.latest: dict[tuple[int, str], Latest] = {}
        self.refused: Refused | None = None
        self.was_opened = False
        self.last_lost: tuple[int, float] | None = None
        self._sensors: dict[int, SensorSet] = {}
        self._wall_s = wall_s

    def note(self, event: Event) -> None:
        """Take what happened."""
        if isinstance(event, Opened):
            self.was_opened, self.refused = True, None
            self._sensors = {sensor.index: sensor for sensor in event.sensors}
            known = {(sensor.index, field.name) for sensor in event.sensors for field in sensor.fields}
            self.latest = {key: latest for key, latest in self.latest.items() if key in known}
        elif isinstance(event, Refused):
            self.refused = event
        elif isinstance(event, LogLine):
            self.logs.append(event)
        elif isinstance(event, Frame):
            for record in event.records:
                self._note_record(record)

    def _note_record(self, record: Record) -> None:
        if record.lost is not None:
            self.last_lost = (record.lost.count, record.taken_s)
            return
        sensor = self._sensors.get(record.set_index)
        if sensor is None:
            return
        units = {one.name: one.unit for one in sensor.fields}
        for name, value in record.values.items():
            key = (record.set_index, name)
            before = self.latest.get(key)
            count = before.count + 1 if before is not None else 1
            self.latest[key] = Latest(sensor.measurement, name, units[name], value, record.quality, record.taken_s, count)

    def named(self, record: Record) -> SensorSet | None:
        """Return the set of a reading, None for what the board lost."""
        return self._sensors.get(record.set_index)

    def time(self, at_s: float) -> str:
        """Return a moment as RFC 3339."""
        return datetime.fromtimestamp(at_s + self._wall_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def clock(self, at_s: float) -> str:
        """Return a moment as people here read clocks."""
        return f"{datetime.fromtimestamp(at_s + self._wall_s, UTC).astimezone():%H:%M:%S}"


def who(hello: Hello) -> dict[str, str]:
    """Return what a board says of itself, for JSON."""
    return {
        "board": printable(hello.board),
        "firmware": printable(hello.firmware),
        "version": printable(hello.version),
        "build_id": printable(hello.build_id),
        "uid": hello.uid.hex(),
        "device": printable(hello.device),
        "site": printable(hello.site),
    }


def counts(state: HostState) -> dict[str, int]:
    """Return the counters of the line, for JSON."""
    return {
        "frames": state.counts.frames,
        "damaged": state.cut.damaged,
        "malformed": state.counts.malformed + state.counts.faulty_frames,
        "resent": state.counts.again,
        "readings": state.counts.readings,
        "board_lost": max(state.counts.board_lost, state.hello.lost if state.hello is not None else 0),
        "sessions": state.counts.sessions,
        "kept_on_board": state.not_durable,
    }


def identity_line(hello: Hello) -> str:
    """Return a board in one line."""
    name = " ".join(word for word in (printable(hello.firmware), printable(hello.version)) if word)
    place = " @ ".join(word for word in (printable(hello.device), printable(hello.site)) if word)
    blank = say("chưa đặt tên", "no identity yet")
    return f"{printable(hello.board) or '?'} · {name or '?'} · uid {hello.uid.hex() or '-'} · {place or blank}"


def counts_line(state: HostState) -> str:
    """Return the counters in one line."""
    found = counts(state)
    return say(
        f"{found['frames']} khung, {found['damaged']} hỏng, {found['resent']} gửi lại; {found['readings']} lần đo, "
        f"bo mạch bỏ mất {found['board_lost']}; còn giữ trên bo mạch {found['kept_on_board']} khung",
        f"{found['frames']} frames, {found['damaged']} damaged, {found['resent']} sent again; {found['readings']} readings, "
        f"{found['board_lost']} lost on the board; {found['kept_on_board']} frames kept there",
    )


def verdict(account: Account, state: HostState, *, take: bool) -> Iterator[str]:
    """Yield what to know or to do, if anything."""
    if account.refused is not None:
        low, high = account.refused.board_min, account.refused.board_max
        yield say(
            f"bo mạch nói phiên bản {low} đến {high}, máy này nói phiên bản 1: nạp lại bo mạch hoặc cập nhật quanho",
            f"the board speaks {low} to {high}, this gateway 1; flash the board or update the gateway",
        )
    elif not account.was_opened:
        yield _unheard(state)
    if state.is_waiting:
        yield say("chờ các khung trước được ghi xong", "waits until earlier frames are stored")
    if state.not_durable and not take:
        yield say(
            "bo mạch vẫn giữ những gì hiện ở đây cho agent; khi đầy bộ nhớ, bo mạch ngừng nhận số đo mới (--take: cho bo mạch quên)",
            "the board keeps what is shown here for the agent; once full it takes no new readings (--take lets it forget)",
        )
    if account.last_lost is not None:
        count, at_s = account.last_lost
        yield say(
            f"từ {account.clock(at_s)} bo mạch hết chỗ cho {count} lần đo: bộ nhớ đầy",
            f"from {account.clock(at_s)} on the board had no room for {count} readings: its store was full",
        )


def _unheard(state: HostState) -> str:
    if state.counts.frames:
        return say(
            "bo mạch có nói nhưng phiên chưa mở được: dây TX của máy này (RX của bo mạch) có nối không?",
            "the board talks, and does not hear us: is our TX (its RX) connected?",
        )
    if state.cut.damaged >= _NO_FRAMES or state.cut.damaged_bytes >= 500:
        return say(
            "có byte đến nhưng không có khung nào: sai tốc độ baud, hoặc bo mạch không chạy firmware của quanho",
            "bytes arrive, and no frame: another baud rate, or no quanho firmware on the board",
        )
    return say(
        "không nghe thấy gì: bo mạch có điện không, đúng cổng chưa, đã nạp firmware chưa?",
        "nothing was heard: is the board powered, is it this port, was it ever flashed?",
    )


def quality_words(bits: int) -> str:
    """Return quality bits in words, "" for none."""
    return ", ".join(say(flag.vi, flag.en) for flag in FLAGS if bits & flag.bit)


def value_text(value: Value, unit: str) -> str:
    """Return a value with its unit."""
    text = ("1" if value else "0") if isinstance(value, bool) else f"{value:.7g}" if isinstance(value, float) else str(value)
    return f"{text} {printable(spoken(unit))}".rstrip()


def printable(text: str) -> str:
    """Return what a board said without what would move a terminal's cursor."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def level_name(level: int) -> str:
    """Return a log level in a word."""
    return LEVELS[min(level, len(LEVELS) - 1)]


def sets_json(sensors: tuple[SensorSet, ...]) -> list[dict[str, Any]]:
    """Return what a board measures, for JSON."""
    return [
        {
            "set": sensor.index,
            "measurement": printable(sensor.measurement),
            "interval_ms": sensor.interval_ms,
            "fields": {printable(one.name): printable(one.unit) for one in sensor.fields},
        }
        for sensor in sensors
    ]
