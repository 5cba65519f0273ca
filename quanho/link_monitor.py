"""`quanho link monitor`: the board at the other end of a port, watched without taking anything from it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from firmware_bridge.link.events import Frame
from firmware_bridge.link.line import LinkLine
from quanho.bus_trouble import explained
from quanho.link_account import Account
from quanho.link_screen import Display, display
from runtime.serial_settings import SerialSettings
from telemetry.errors import TransientError

_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class MonitorWish:
    """What is asked for."""

    port: str
    baud: int
    seconds: float | None = None
    as_json: bool = False
    is_plain: bool = False
    log_only: bool = False
    take: bool = False


def monitor(wish: MonitorWish) -> int:
    """Watch until the time is over or Ctrl-C and return the exit code; TransientError where the port cannot be had at the beginning."""
    account = Account(time.time() - time.monotonic())
    with opened(wish.port, wish.baud) as line:
        shown = display(as_json=wish.as_json, is_plain=wish.is_plain, log_only=wish.log_only, take=wish.take)
        with suppress(KeyboardInterrupt), shown:
            _watch(wish, line, account, shown)
        shown.end(account, line.host.state)
    return 0 if account.was_opened else 1


def _watch(wish: MonitorWish, line: LinkLine, account: Account, shown: Display) -> None:
    end_s = time.monotonic() + wish.seconds if wish.seconds else float("inf")
    trouble = ""
    while (now_s := time.monotonic()) < end_s:
        for event in line.step(min(_STEP_S, end_s - now_s)):
            account.note(event)
            shown.event(event, account)
            if wish.take and isinstance(event, Frame):
                line.host.durable(event.boot, (event.seq + 1) & 0xFFFF)
        port = line.port()
        if not port.is_open and port.last_error != trouble:
            shown.port(explained(wish.port, port.last_error))
        elif port.is_open and trouble:
            shown.port("")
        trouble = "" if port.is_open else port.last_error
        shown.show(account, line.host.state, time.monotonic())


@contextmanager
def opened(port: str, baud: int) -> Iterator[LinkLine]:
    """Yield a line on `port`, open; TransientError says why it cannot be had."""
    settings = SerialSettings(port=port, baudrate=baud, read_timeout_s=_STEP_S, reopen_ceiling_s=1.0)
    line = LinkLine(settings)
    try:
        line.step(0.0)
        if not line.port().is_open:
            raise TransientError(line.port().last_error)
        yield line
    finally:
        line.close()
