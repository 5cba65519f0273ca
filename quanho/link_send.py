"""`quanho link send`: one command to a board, and what it answers."""

import json
import sys
import time
from dataclasses import dataclass, replace

from firmware_bridge.link.body import text8
from firmware_bridge.link.commands import NAME_BYTES, Code, Status
from firmware_bridge.link.events import Answered, Frame, Refused
from firmware_bridge.link.line import LinkLine
from firmware_bridge.link.messages import ALL_SETS, SETS
from quanho.lang import say
from quanho.link_account import Account, identity_line, verdict, who
from quanho.link_monitor import opened
from quanho.link_screen import reading_lines, readings_json
from telemetry.identifiers import check_id
from telemetry.said import said

_STEP_S = 0.05
_READINGS_S = 2.0
_INTERVAL_BYTES = 4
_STATUS = {
    Status.DONE: ("xong", "done"),
    Status.UNKNOWN: ("firmware không biết lệnh này", "the firmware does not know this command"),
    Status.BAD_ARGUMENT: ("tham số không hợp với bo mạch", "the board does not take this argument"),
    Status.BUSY: ("bo mạch đang bận, thử lại sau", "the board is busy; try again"),
    Status.REFUSED: ("bo mạch từ chối", "the board refuses"),
    Status.FAILED: ("bo mạch làm không được", "the board failed to do it"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """A command with its arguments; `shows_readings`: those taken from then on are waited for."""

    code: int
    arguments: bytes = b""
    shows_readings: bool = False


def order_of(what: str, values: list[str]) -> Order:
    """Return the command that the words mean; ValueError says what is wrong with them."""
    if what not in _COUNTS:
        raise ValueError(say(f"không có lệnh {what!r}; có: {', '.join(_COUNTS)}", f"no command {what!r}; there are {', '.join(_COUNTS)}"))
    least, most, form = _COUNTS[what]
    if not least <= len(values) <= most:
        raise ValueError(say(f"viết: {what} {form}".rstrip(), f"write: {what} {form}".rstrip()))
    if what == "identify":
        return Order(Code.IDENTIFY, _milliseconds(values[0] if values else "5", 65_535).to_bytes(2, "little"))
    if what == "read":
        return Order(Code.READ, bytes((_set(values[0]) if values else ALL_SETS,)), shows_readings=True)
    if what == "interval":
        index = _set(values[1]) if len(values) > 1 else ALL_SETS
        return Order(Code.SET_INTERVAL, bytes((index,)) + _milliseconds(values[0], 0xFFFF_FFFF).to_bytes(4, "little"))
    if what == "identity":
        for value in values:
            check_id(value)
            if len(value) > NAME_BYTES:
                vi = f"{value!r} dài {len(value)} ký tự; bo mạch giữ nhiều nhất {NAME_BYTES}"
                raise ValueError(said(vi, f"{value!r} has {len(value)} characters; a board keeps {NAME_BYTES} at most"))
        return Order(Code.SET_IDENTITY, b"".join(map(text8, values)))
    if what == "custom":
        return Order(_own_code(values[0]), _hex(values[1] if len(values) > 1 else ""))
    return Order(Code.RESTART if what == "restart" else Code.BOOTLOADER)


def send(order: Order, port: str, baud: int, *, timeout_s: float, as_json: bool) -> int:
    """Send it and print what came of it; 0 when it is done."""
    account = Account(time.time() - time.monotonic())
    with opened(port, baud) as line:
        sent_s = time.monotonic()
        command = line.host.command(order.code, order.arguments)
        answered = _answer(line, account, command, sent_s + timeout_s)
        _print(order, answered, line, account, as_json=as_json)
        if answered is not None and answered.status == Status.DONE and order.shows_readings:
            _show_readings(line, account, sent_s, as_json=as_json)
    return 0 if answered is not None and answered.status == Status.DONE else 1


def _answer(line: LinkLine, account: Account, command: int, end_s: float) -> Answered | None:
    while (now_s := time.monotonic()) < end_s:
        for event in line.step(min(_STEP_S, end_s - now_s)):
            account.note(event)
            if isinstance(event, Answered) and event.id == command:
                return event
            if isinstance(event, Refused):
                return None
    return None


def _print(order: Order, answered: Answered | None, line: LinkLine, account: Account, *, as_json: bool) -> None:
    hello = line.host.state.hello
    if as_json:
        status = answered.status if answered is not None else None
        returned = answered.returned.hex() if answered is not None else ""
        name = Status(status).name.lower() if status in _STATUS else None
        board = who(hello) if hello is not None else None
        print(json.dumps({"event": "answer", "board": board, "status": status, "name": name, "returned": returned}, ensure_ascii=False))
        return
    if answered is None or answered.status is None:
        print(say("bo mạch không trả lời", "the board does not answer"), file=sys.stderr)
        for words in verdict(account, line.host.state, take=True):
            print(f"→ {words}", file=sys.stderr)
        return
    words = say(*_STATUS[Status(answered.status)]) if answered.status in _STATUS else f"status {answered.status}"
    out = sys.stdout if answered.status == Status.DONE else sys.stderr
    print(words, *_returned(order, answered.returned), file=out, flush=True)
    if hello is not None:
        print(identity_line(hello), file=out, flush=True)


def _returned(order: Order, returned: bytes) -> list[str]:
    if order.code == Code.SET_INTERVAL and len(returned) == _INTERVAL_BYTES:
        every_s = int.from_bytes(returned, "little") / 1000
        return [say(f"(mỗi {every_s:g} s)", f"(every {every_s:g} s)")]
    return [f"({returned.hex()})"] if returned else []


def _show_readings(line: LinkLine, account: Account, since_s: float, *, as_json: bool) -> None:
    end_s = time.monotonic() + _READINGS_S
    while (now_s := time.monotonic()) < end_s:
        for event in line.step(min(_STEP_S, end_s - now_s)):
            account.note(event)
            if not isinstance(event, Frame):
                continue
            event = replace(event, records=tuple(record for record in event.records if record.taken_s >= since_s))
            if event.records:
                lines = (
                    [json.dumps(one, ensure_ascii=False) for one in readings_json(event, account)]
                    if as_json
                    else reading_lines(event, account)
                )
                print("\n".join(lines), flush=True)


_COUNTS = {
    "identify": (0, 1, "[SECONDS]"),
    "read": (0, 1, "[SET]"),
    "interval": (1, 2, "SECONDS [SET]"),
    "identity": (2, 2, "DEVICE SITE"),
    "restart": (0, 0, ""),
    "bootloader": (0, 0, ""),
    "custom": (1, 2, "CODE [HEX]"),
}


def _milliseconds(text: str, largest: int) -> int:
    try:
        ms = round(float(text) * 1000)
    except (ValueError, OverflowError):
        ms = 0
    if not 1 <= ms <= largest:
        raise ValueError(
            say(
                f"{text!r} không phải số giây từ 0.001 đến {largest / 1000:.3f}",
                f"{text!r} is no number of seconds from 0.001 to {largest / 1000:.3f}",
            )
        )
    return ms


def _set(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) >= SETS:
        raise ValueError(say(f"{text!r} không phải số của bộ cảm biến, 0 đến {SETS - 1}", f"{text!r} is no set, which is 0 to {SETS - 1}"))
    return int(text)


def _own_code(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 128 <= int(text) <= 255:
        raise ValueError(say(f"{text!r} không phải mã từ 128 đến 255", f"{text!r} is no code from 128 to 255"))
    return int(text)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ValueError(say(f"{text!r} không phải số hex", f"{text!r} is not hexadecimal")) from error
