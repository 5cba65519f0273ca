"""`quanho bus watch`: the bus doctor. Asks each device in turn, or only listens, and says what is wrong with the line."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from edge.modbus.doctor import LineCounts
from edge.modbus.frame import Span
from edge.modbus.overheard import Overheard
from quanho.bus_account import Account
from quanho.bus_line import OpenLine, Place, opened
from quanho.bus_scan import added
from quanho.bus_screen import Display, display

_LISTEN_S = 0.1  # so long is silence between two frames
_FAULTS = ("timeout", "damaged", "exception", "late", "repeated", "foreign", "noise")


@dataclass(frozen=True)
class Watched:
    """One device: what it is asked, and how long an answer is waited for."""

    unit: int
    spans: Sequence[Span]
    wait_s: float = 0.5
    name: str = ""


@dataclass(frozen=True)
class WatchWish:
    """What is asked for. Without `devices` the line is only listened to."""

    place: Place
    devices: Sequence[Watched] = ()
    every_s: float = 1.0
    seconds: float | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    as_json: bool = False
    is_plain: bool = False

    @property
    def end_s(self) -> float:
        return time.monotonic() + self.seconds if self.seconds else float("inf")


def watch(wish: WatchWish) -> int:
    """Watch until the time is over or Ctrl-C; show what happens as it goes, and the account at the end. Return the exit code."""
    run = _ask if wish.devices else _listen
    account = Account({}, LineCounts(), is_listening=not wish.devices)
    with opened(wish.place) as line:
        try:
            with display(as_json=wish.as_json, is_plain=wish.is_plain) as shown:
                for account in run(wish, line, shown):
                    shown.show(account)
        except KeyboardInterrupt:
            pass
        finally:
            _print(account, as_json=wish.as_json)
    return 0 if account.is_answered else 1


def _ask(wish: WatchWish, line: OpenLine, shown: Display) -> Iterator[Account]:
    end_s = wish.end_s
    names = {device.unit: device.name for device in wish.devices if device.name}
    while time.monotonic() < end_s:
        began_s = time.monotonic()
        for device in wish.devices:
            for span in device.spans:
                exchange = line.ask(device.unit, span, device.wait_s)
                if exchange.outcome in _FAULTS:
                    why = f": {exchange.answer.exception}" if exchange.answer else f"  {exchange.noise[:16].hex(' ')}"
                    shown.fault(device.unit, exchange.outcome, f"{span}{why}".rstrip())
                yield Account(line.master.counts, added(LineCounts(is_tcp=bool(wish.place.host)), line.master), names)
        time.sleep(max(0.0, min(began_s + wish.every_s, end_s) - time.monotonic()))


def _listen(wish: WatchWish, line: OpenLine, shown: Display) -> Iterator[Account]:
    end_s = wish.end_s
    overheard = Overheard()
    silent_since_s = time.monotonic()
    while time.monotonic() < end_s:
        line.wait_until_open()
        data = line.wire.receive(min(_LISTEN_S, max(0.0, end_s - time.monotonic())) or _LISTEN_S)
        now_s = time.monotonic()
        if data:
            silent_since_s = now_s
        elif now_s - silent_since_s < _LISTEN_S:
            continue
        for event in overheard.hear(data, now_s):
            if event.kind in _FAULTS:
                shown.fault(event.unit, event.kind, event.what)
        yield Account(overheard.counts, overheard.line, wish.names, is_listening=True)


def _print(account: Account, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(account.as_json(), ensure_ascii=False))
    else:
        print("\n".join([*account.table(), *account.words()]))
