"""From a reset board to a reading that may be true, and its identity, over the link."""

from dataclasses import dataclass

from firmware_bridge.bundle.manifest import Manifest
from firmware_bridge.flash.board_line import BoardLine
from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.plausible import FirstReadings, Reading, other_firmware, reading_text
from firmware_bridge.link.body import text8
from firmware_bridge.link.commands import Code, Status
from firmware_bridge.link.events import Answered, Event, Frame, Refused
from firmware_bridge.link.messages import ALL_SETS, Hello
from telemetry.said import Said, joined, said

_IDENTITY_S = 12.0
_READ_AGAIN_S = 4.0


@dataclass(frozen=True, slots=True)
class FirstReading:
    """What the board said first. `why`: what is implausible, or which sets were silent."""

    hello: Hello
    readings: tuple[Reading, ...]
    plausible: bool
    why: tuple[Said, ...]


def wait_hello(line: BoardLine, within_s: float) -> Hello | None:
    """Return who the board is, None where nobody says hello. NO_HELLO where it speaks another version of the link."""

    def found(events: list[Event]) -> Hello | None:
        for event in events:
            if isinstance(event, Refused):
                low, high = event.board_min, event.board_max
                vi = f"bo mạch nói giao thức link phiên bản {low} đến {high}, quanho này không biết: hãy cập nhật quanho"
                en = f"the board speaks version {low} to {high} of the link, which this quanho does not: update quanho"
                raise FlashError(Cause.NO_HELLO, said(vi, en))
        return line.host.state.hello

    return line.until(found, within_s)


def wait_first_reading(line: BoardLine, manifest: Manifest, hello_s: float, reading_s: float) -> FirstReading:
    """Return the first readings of the firmware that `manifest` describes.

    FlashError: NO_HELLO, WRONG_FIRMWARE, NO_READING where a set that should report does not, and nothing else is wrong;
    PORT_… where the port cannot be opened.
    """
    hello = wait_hello(line, hello_s)
    if hello is None:
        if not line.is_there():
            raise line.unavailable()
        vi = f"bo mạch không chào trong {hello_s:g} s: firmware không chạy, hoặc nói ở tốc độ khác"
        en = f"the board said no hello within {hello_s:g} s: the firmware does not run, or speaks at another rate"
        raise FlashError(Cause.NO_HELLO, said(vi, en))
    if wrong := other_firmware(hello, manifest):
        raise FlashError(Cause.WRONG_FIRMWARE, wrong)
    if not line.until(lambda _: line.host.state.is_open or None, hello_s):
        vi = "bo mạch có chào nhưng không mở phiên: nó có nghe được không? Kiểm tra dây vào chân thu (RX) của nó"
        en = "the board says hello and opens no session: does it hear us? Check the wire to its receiver (RX)"
        raise FlashError(Cause.NO_HELLO, said(vi, en))
    first = FirstReadings(line.host.state.sensors, manifest)
    asked = 0.0
    while not first.is_over and asked < reading_s:
        line.host.command(Code.READ, bytes((ALL_SETS,)))
        span_s = min(_READ_AGAIN_S, reading_s - asked)
        line.until(lambda events: _collect(first, events), span_s)
        asked += span_s
    waited_for = first.silent() if asked >= reading_s else ()  # else another set has failed before their time
    silent = tuple(
        said(f"{name} không báo gì trong {reading_s:g} s", f"{name} reported nothing within {reading_s:g} s") for name in waited_for
    )
    if silent and not first.why():
        raise FlashError(Cause.NO_READING, joined("; ", silent), tuple(map(reading_text, first.readings)))
    why = (*first.why(), *silent)
    return FirstReading(hello, first.readings, not why, why)


def write_identity(line: BoardLine, device: str, site: str) -> Hello:
    """Write who the board is and return the HELLO that says so. IDENTITY_REFUSED where the board does not take it."""
    hello = line.host.state.hello
    if hello is not None and (hello.device, hello.site) == (device, site):
        return hello
    command = line.host.command(Code.SET_IDENTITY, text8(device) + text8(site))
    refused: list[int | None] = []

    def found(events: list[Event]) -> Hello | None:
        refused.extend(
            event.status for event in events if isinstance(event, Answered) and event.id == command and event.status != Status.DONE
        )
        hello = line.host.state.hello
        return hello if hello is not None and (refused or (hello.device, hello.site) == (device, site)) else None

    hello = line.until(found, _IDENTITY_S)
    if refused:
        silent = said("không trả lời", "did not answer")
        answer = silent if refused[0] is None else said(f"trả lời {_status(refused[0])}", f"answered {_status(refused[0])}")
        vi = f"bo mạch {answer.vi} khi được đặt tên {device}"
        raise FlashError(Cause.IDENTITY_REFUSED, said(vi, f"the board {answer} when it was given its name {device}"))
    if hello is None:
        vi = f"bo mạch đã được đặt tên {device} nhưng không xưng tên đó"
        raise FlashError(Cause.IDENTITY_REFUSED, said(vi, f"the board was given its name {device} and does not say it"))
    return hello


def _collect(first: FirstReadings, events: list[Event]) -> bool | None:
    for event in events:
        if isinstance(event, Frame):
            for record in event.records:
                first.take(record)
    return True if first.is_over else None


def _status(status: int) -> str:
    return next((known.name.lower().replace("_", " ") for known in Status if known == status), str(status))
