"""From a capture to the messages that one decoder takes: as the decoder's device is cut on a serial line."""

from collections.abc import Generator, Iterable, Iterator
from typing import Literal, NamedTuple

from edge.framers.framer import Framer, FramerSettings
from edge.framers.table import build_framer
from quanho.captures.capture import WHOLE_BYTES, Capture, Fault, Item, Piece
from quanho.captures.text import lines_in

Framing = Literal["message", "lines"] | FramerSettings


_FED_BYTES = 1024  # at once: a framer names at most 100 of what it drops between two looks at it


class _Told(NamedTuple):
    """What was dropped since the last look: bytes of noise, and damaged frames that were named."""

    noise_bytes: int
    named: int


def payloads(capture: Capture, framing: Framing) -> Iterator[Item]:
    """Yield the messages of `capture` for a decoder with `framing`, and its faults and notes, in order."""
    if not capture.is_wire:
        yield from _messages(capture, framing) if isinstance(framing, FramerSettings) else capture.items()
    elif framing == "message":
        yield from _whole(capture.items())
    elif framing == "lines":
        yield from _lines(capture.items())
    else:
        yield from _framed(capture.items(), framing)


def _whole(items: Iterable[Item]) -> Iterator[Item]:
    whole = bytearray()
    for item in items:
        if not isinstance(item, Piece):
            yield item
        elif len(whole) + len(item.payload) > WHOLE_BYTES:
            yield Fault(f"longer than {WHOLE_BYTES} bytes, which is no message")
            return
        else:
            whole += item.payload
    yield Piece(bytes(whole))


def _lines(items: Iterable[Item]) -> Iterator[Item]:
    """Cut the pieces into lines; faults and notes are handed on where they stand."""
    waiting: list[Item] = []

    def pieces() -> Iterator[Piece]:
        for item in items:
            if isinstance(item, Piece):
                yield item
            else:
                waiting.append(item)

    for line in lines_in(pieces()):
        yield from waiting
        waiting.clear()
        yield line
    yield from waiting


def _framed(items: Iterable[Item], settings: FramerSettings) -> Iterator[Item]:
    framer = build_framer(settings)
    noise_bytes = named = 0
    for item in items:
        if not isinstance(item, Piece):
            yield item
            continue
        if item.gap_s is not None and settings.idle_reset_s is not None and item.gap_s >= settings.idle_reset_s:
            told = yield from _told(framer, framer.silence())
            noise_bytes, named = noise_bytes + told.noise_bytes, named + told.named
        for at in range(0, len(item.payload), _FED_BYTES):
            told = yield from _told(framer, framer.feed(item.payload[at : at + _FED_BYTES]))
            noise_bytes, named = noise_bytes + told.noise_bytes, named + told.named
    told = yield from _told(framer, framer.silence())
    if (unnamed := framer.counts.damaged - named - told.named) > 0:
        yield Fault(f"and {unnamed} more damaged frames", times=unnamed)
    if noise_bytes + told.noise_bytes and not framer.counts.frames and not framer.counts.damaged:
        yield Fault(f"no frame in {noise_bytes + told.noise_bytes} bytes; are the decoder and its framing right?")


def _told(framer: Framer, frames: list[bytes]) -> Generator[Piece | Fault, None, _Told]:
    first = framer.counts.frames - len(frames)
    for number, frame in enumerate(frames, start=first + 1):
        yield Piece(frame, f"frame {number}: ")
    noise_bytes = named = 0
    for drop in framer.drops():
        if drop.is_frame:
            named += 1
            yield Fault(f"{drop.reason}, {drop.size} bytes: {drop.head[:16].hex(' ')}", f"after frame {framer.counts.frames}: ")
        else:
            noise_bytes += drop.size
    return _Told(noise_bytes, named)


def _messages(capture: Capture, settings: FramerSettings) -> Iterator[Item]:
    """Each message went over the wire with its framing (a hex string of a serial frame): take that off."""
    framer = build_framer(settings)
    for item in capture.items():
        if not isinstance(item, Piece) or item.is_cut:
            yield item
            continue
        frames = framer.feed(item.payload) + framer.silence()
        yield from (item._replace(payload=frame) for frame in frames)
        damaged = [drop for drop in framer.drops() if drop.is_frame]
        yield from (Fault(f"{drop.reason}, {drop.size} bytes: {drop.head[:16].hex(' ')}", item.place) for drop in damaged)
        if not frames and not damaged:
            yield item  # perhaps somebody has taken it off already
