"""`quanho bus watch`: the bus doctor. Asks each device in turn and says what is wrong with the line."""

import json
import sys
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from edge.modbus.doctor import hints
from edge.modbus.frame import Span
from edge.modbus.master import Master
from quanho.bus_line import Setting, opened
from quanho.lang import say

_REMEMBERED = 500


def watch(where: str, setting: Setting, ids: Sequence[int], span: Span, every_s: float, seconds: float | None, *, as_json: bool) -> int:
    """Watch until `seconds` are over or Ctrl-C; print a table as it goes where somebody looks, and the account at the end."""
    latencies: dict[int, list[float]] = {unit: [] for unit in ids}
    end_s = time.monotonic() + seconds if seconds else float("inf")
    with opened(where, setting) as master:
        is_shown = sys.stdout.isatty() and not as_json
        try:
            while time.monotonic() < end_s:
                began_s = time.monotonic()
                for unit in ids:
                    exchange = master.ask(unit, span, 0.5)
                    if exchange.outcome in {"answer", "exception"}:
                        latencies[unit] = [*latencies[unit], exchange.latency_s][-_REMEMBERED:]
                if is_shown:
                    print("\x1b[H\x1b[2J" + "\n".join(_table(master, latencies)), flush=True)
                time.sleep(max(0.0, min(began_s + every_s, end_s) - time.monotonic()))
        except KeyboardInterrupt:
            pass
        account = _account(master, latencies)
        if as_json:
            print(json.dumps(account, ensure_ascii=False))
        else:
            print("\n".join([*([] if is_shown else _table(master, latencies)), *_said(master)]))
    return 0 if any(one["answered"] for one in account["slaves"]) else 1


def _account(master: Master, latencies: dict[int, list[float]]) -> dict[str, Any]:
    slaves = [
        {
            "id": unit,
            "asked": one.asked,
            "answered": one.answered,
            "timeouts": one.timeouts,
            "damaged": one.damaged,
            "exceptions": one.exceptions,
            "late": one.late,
            "latency_p50_ms": _ms(median(latencies[unit])) if latencies[unit] else None,
            "latency_p95_ms": _ms(sorted(latencies[unit])[int(0.95 * (len(latencies[unit]) - 1))]) if latencies[unit] else None,
        }
        for unit, one in master.counts.items()
    ]
    return {"slaves": slaves, "foreign": master.foreign_count, "echoes": master.echo_count, "hints": _said(master)}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _table(master: Master, latencies: dict[int, list[float]]) -> list[str]:
    head = say(
        "  id   hỏi  đáp  quá hạn  sai CRC  từ chối   p50 ms   p95 ms", "  id asked answered timeouts  wrong CRC  refused   p50 ms   p95 ms"
    )
    rows = [
        f"{one['id']:>4} {one['asked']:>5} {one['answered']:>5} {one['timeouts']:>8} {one['damaged']:>9} {one['exceptions']:>9}"
        f" {one['latency_p50_ms'] or '-':>9} {one['latency_p95_ms'] or '-':>8}"
        for one in _account(master, latencies)["slaves"]
    ]
    return [head, *rows]


def _said(master: Master) -> list[str]:
    found = hints(master.counts, echoes=master.echo_count, foreign=master.foreign_count)
    return [(f"{hint.slave}: " if hint.slave is not None else "") + say(hint.vi, hint.en) for hint in found]
