"""Captures of a logic analyser (sigrok and PulseView, `.sr`): the bytes of each UART in it, of all channels in order of time.

A .sr file is a zip: `metadata` (INI: sample rate, names of channels) and the samples as `logic-1` or `logic-1-1`, `logic-1-2`, ... . Baud
rate, parity and polarity are found for each channel (baud.py), or said with --baud and --parity. Damaged bytes and glitches are told and
left out. Samples are read twice and never held; what a zip may unpack to is limited.
"""

import configparser
import heapq
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from quanho.captures.baud import EDGES_WANTED, find_format
from quanho.captures.capture import CaptureOptions, Fault, FaultLog, Item, Note, Piece, chosen
from quanho.captures.cut_zip import CutZip
from quanho.captures.logic import ChannelEdges
from quanho.captures.uart import Event, LineFormat, Uart

_METADATA_BYTES = 64 * 1024
_PIPED_BYTES = 1 << 30
_SAMPLE_BYTES = 8 << 30
_CHUNK_SAMPLES = 256 * 1024
_PIECE_BYTES = 1024
_MOST_CHANNELS = 64
_GAP_BITS = 16.0  # 1.5 characters of silence, after which Modbus calls a frame broken: a piece ends there
_RATE = re.compile(r"([0-9.]+) ?([kMG]?)Hz|([0-9]+)")
_SCALES = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError, OverflowError)


class _DamagedError(Exception):
    """The file cannot be read (on); says why."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """What metadata tells: samples a second, bytes a sample, channels by name, members with samples in order."""

    samplerate: int
    unit_bytes: int
    channels: dict[str, int]
    members: list[str]


def recognise(head: bytes, name: str) -> bool:
    return head.startswith(b"PK\x03\x04") or (head.startswith(b"PK") and name.endswith(".sr"))


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    with tempfile.SpooledTemporaryFile(max_size=1 << 24) as copy:
        try:
            archive = _opened(stream if stream.seekable() else _copied(stream, copy))
            if isinstance(archive, CutZip):
                yield Fault("not a whole sigrok capture: its end is missing, what is there is read")
            layout = _layout(archive)
            where = chosen(options, ("channel",))
            if where and where["channel"] not in layout.channels:
                raise _DamagedError(f"no channel {where['channel']!r}; there are: {', '.join(layout.channels)}")  # noqa: TRY301
            names = [name for name in layout.channels if not where or name == where["channel"]]
            yield from _Reading(archive, layout, options).items(names)
        except _DamagedError as error:
            yield Fault(str(error))
        except _DAMAGED as error:
            yield Fault(f"not a whole sigrok capture: {_shown(error)}")


def _opened(stream: IO[bytes]) -> zipfile.ZipFile | CutZip:
    try:
        return zipfile.ZipFile(stream)
    except zipfile.BadZipFile:
        cut = CutZip(stream)
        if "metadata" not in cut.namelist():
            raise
        return cut


def _copied(stream: BinaryIO, copy: "tempfile.SpooledTemporaryFile[bytes]") -> IO[bytes]:
    """A zip is read from its end, and a pipe has none."""
    count = 0
    while chunk := stream.read(1 << 20):
        count += len(chunk)
        if count > _PIPED_BYTES:
            raise _DamagedError(f"more than {_PIPED_BYTES} bytes on a pipe; name the file instead")
        copy.write(chunk)
    copy.seek(0)
    return copy


def _layout(archive: zipfile.ZipFile | CutZip) -> _Layout:
    if "metadata" not in archive.namelist():
        raise _DamagedError("a zip, but no sigrok capture: there is no metadata in it")
    with archive.open("metadata") as member:
        text = member.read(_METADATA_BYTES).decode("utf-8", "replace")
    ini = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        ini.read_string(text)
    except configparser.Error:
        raise _DamagedError("its metadata is no INI file") from None
    device = next((ini[name] for name in ini.sections() if "capturefile" in ini[name]), None)
    if device is None:
        raise _DamagedError("no device with samples of logic in its metadata")
    unit_bytes = device.getint("unitsize", 1)
    channels = {device[key]: int(key[5:]) - 1 for key in device if re.fullmatch(r"probe[0-9]{1,3}", key)}
    channels = {name: number for name, number in channels.items() if 0 <= number < 8 * unit_bytes}
    if not 1 <= unit_bytes <= 8 or not channels or len(channels) > _MOST_CHANNELS:
        raise _DamagedError(f"impossible metadata: unitsize {unit_bytes}, {len(channels)} channels")
    return _Layout(_samplerate(device.get("samplerate", "")), unit_bytes, channels, _members(archive, device["capturefile"]))


def _samplerate(text: str) -> int:
    found = _RATE.fullmatch(text.strip())
    rate = round(float(found[1]) * _SCALES[found[2]]) if found and found[1] else int(found[3]) if found else 0
    if rate <= 0:
        raise _DamagedError(f"no sample rate in its metadata ({text[:20]!r}), so no baud rate")
    return rate


def _members(archive: zipfile.ZipFile | CutZip, base: str) -> list[str]:
    pattern = re.compile(re.escape(base) + r"(?:-([0-9]{1,9}))?")
    found = [(int(match[1] or 0), name) for name in archive.namelist() if (match := pattern.fullmatch(name))]
    if not found:
        raise _DamagedError(f"no samples ({base}) in it")
    return [name for _, name in sorted(found)]


class _Reading:
    """One reading of one capture."""

    def __init__(self, archive: zipfile.ZipFile | CutZip, layout: _Layout, options: CaptureOptions) -> None:
        self._archive = archive
        self._layout = layout
        self._options = options
        self._faults = FaultLog()

    def items(self, names: list[str]) -> Iterator[Item]:
        lines: dict[str, LineFormat] = {}
        levels: dict[str, int] = {}
        for name, edges, level, end in self._first_edges(names):
            line = self._format(edges, level, end)
            if line is None:
                yield from self._faults.add(Fault(f"{len(edges)} edges or more, but no UART that fits; --baud says which", _place(name)))
                continue
            yield Note(f"channel {name}: {line}")
            lines[name], levels[name] = line, level
        if not lines:
            yield Fault("no channel of it carries a UART")
        else:
            yield from self._pieces(lines, levels)
        yield from self._faults.end()

    def _format(self, edges: list[int], level: int, end: int) -> LineFormat | None:
        options = self._options
        return find_format(
            edges, level, end, self._layout.samplerate, baud=options.baud, parity=options.parity, data_bits=options.data_bits
        )

    def _first_edges(self, names: list[str]) -> Iterator[tuple[str, list[int], int, int]]:
        """Yield (name, its first edges, the level before, up to which sample these are all) of each channel that moves."""
        finders = {name: ChannelEdges(self._layout.channels[name], self._layout.unit_bytes) for name in names}
        found: dict[str, list[int]] = {name: [] for name in names}
        ends = dict.fromkeys(names, 0)
        try:
            for first, chunk in self._chunks():
                for name, finder in finders.items():
                    if len(found[name]) < EDGES_WANTED:
                        found[name] += finder.feed(chunk, first)
                        ends[name] = first + len(chunk) // self._layout.unit_bytes
                if all(len(edges) >= EDGES_WANTED for edges in found.values()):
                    break
        except (_DamagedError, *_DAMAGED):
            pass  # told when the samples are read for good
        for name in names:
            if len(found[name]) > 1:
                yield name, found[name], finders[name].first_level, ends[name]

    def _pieces(self, lines: dict[str, LineFormat], levels: dict[str, int]) -> Iterator[Item]:
        finders = {name: ChannelEdges(self._layout.channels[name], self._layout.unit_bytes) for name in lines}
        uarts = {name: Uart(line, levels[name]) for name, line in lines.items()}
        wire = _Wire(self._layout.samplerate, max(line.bit for line in lines.values()))
        waiting: list[tuple[int, str, Event]] = []
        end = 0
        damage: Exception | None = None
        try:
            for first, chunk in self._chunks():
                end = first + len(chunk) // self._layout.unit_bytes
                for name, uart in uarts.items():
                    for event in uart.feed(finders[name].feed(chunk, first), end):
                        heapq.heappush(waiting, (event.start, name, event))
                horizon = min(uart.pending_since for uart in uarts.values())
                while waiting and waiting[0][0] < horizon:
                    yield from self._told(wire, *heapq.heappop(waiting)[1:])
        except (_DamagedError, *_DAMAGED) as error:
            damage = error
        for name, uart in uarts.items():
            for event in uart.feed((), end, is_end=True):
                heapq.heappush(waiting, (event.start, name, event))
        while waiting:
            yield from self._told(wire, *heapq.heappop(waiting)[1:])
        yield from wire.flush()
        if damage is not None:
            yield Fault(f"the samples end early: {_shown(damage)}")

    def _told(self, wire: "_Wire", name: str, event: Event) -> Iterator[Item]:
        if event.wrong:
            yield from self._faults.add(Fault(event.wrong, f"{_place(name)[:-2]} at {event.start / self._layout.samplerate:.6f} s: "))
        else:
            yield from wire.add(event)

    def _chunks(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number of the first sample, whole samples)."""
        unit, left = self._layout.unit_bytes, _SAMPLE_BYTES
        first, rest = 0, b""
        for name in self._layout.members:
            with self._archive.open(name) as member:
                while chunk := member.read(_CHUNK_SAMPLES * unit):
                    left -= len(chunk)
                    if left < 0:
                        raise _DamagedError(f"more than {_SAMPLE_BYTES >> 30} GiB of samples")
                    chunk = rest + chunk
                    whole = len(chunk) - len(chunk) % unit
                    if whole:
                        yield first, chunk[:whole]
                    first += whole // unit
                    rest = chunk[whole:]


class _Wire:
    """Joins bytes that follow each other closely into pieces, each with the silence before it."""

    def __init__(self, samplerate: int, bit: float) -> None:
        self._samplerate = samplerate
        self._gap = _GAP_BITS * bit
        self._piece = bytearray()
        self._start = self._end = 0
        self._previous_end: int | None = None

    def add(self, event: Event) -> Iterator[Piece]:
        if self._piece and (event.start - self._end > self._gap or len(self._piece) >= _PIECE_BYTES):
            yield from self.flush()
        if not self._piece:
            self._start = event.start
        self._piece.append(event.value)
        self._end = max(self._end, event.end)

    def flush(self) -> Iterator[Piece]:
        if self._piece:
            gap = None if self._previous_end is None else max(0, self._start - self._previous_end) / self._samplerate
            yield Piece(bytes(self._piece), f"at {self._start / self._samplerate:.6f} s: ", gap_s=gap)
            self._previous_end = self._end
            self._piece.clear()


def _place(channel: str) -> str:
    return f"channel {channel[:40] if channel.isprintable() else '?'}: "


def _shown(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text[:120] if text.isprintable() else type(error).__name__
