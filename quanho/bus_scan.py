"""`quanho bus scan`: who answers on a line, at which baud rate and parity."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from edge.modbus.frame import Span
from edge.modbus.master import Master
from quanho.bus_line import Setting, is_host, opened
from quanho.lang import say

PROBES = (Span(3, 0, 1), Span(4, 0, 1))  # an exception is an answer too
EXIT_NONE = 1


def scan(where: str, settings: Sequence[Setting], ids: Sequence[int], wait_s: float) -> Iterator[dict[str, Any] | None]:
    """Yield what was found, None for each id that does not answer."""
    for setting in settings:
        with opened(where, setting) as master:
            for unit in ids:
                found = _probe(master, unit, wait_s)
                yield {**_of(where, setting), "id": unit, **found} if found else None


def _of(where: str, setting: Setting) -> dict[str, Any]:
    return {"host": where} if is_host(where) else {"port": where, "baud": setting.baud, "parity": setting.parity}


def _probe(master: Master, unit: int, wait_s: float) -> dict[str, Any] | None:
    damaged = False
    for span in PROBES:
        exchange = master.ask(unit, span, wait_s)
        if exchange.outcome in {"answer", "exception"}:
            return {"answers": f"{exchange.outcome} to {span}", "latency_ms": round(exchange.latency_s * 1000, 1)}
        damaged = damaged or exchange.outcome == "damaged"
        if exchange.outcome == "timeout":
            break  # a slave that is there says something to any question
    return {"answers": "damaged", "latency_ms": None} if damaged else None


def print_scan(where: str, settings: Sequence[Setting], ids: Sequence[int], wait_s: float, *, as_json: bool) -> int:
    """Scan with a progress bar where somebody looks; print what was found, also after Ctrl-C. Return the exit code."""
    found: list[dict[str, Any]] = []
    interrupted = False
    try:
        for one in _shown(scan(where, settings, ids, wait_s), len(settings) * len(ids)):
            if one is not None:
                found.append(one)
                if not as_json:
                    print(_line(one), flush=True)
    except KeyboardInterrupt:
        interrupted = True
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    elif found:
        print(_sample(found), file=sys.stderr)
    else:
        print(say("không thiết bị nào trả lời", "nobody answers"), file=sys.stderr)
    return 130 if interrupted else 0 if found else EXIT_NONE


def _shown(steps: Iterator[dict[str, Any] | None], total: int) -> Iterator[dict[str, Any] | None]:
    if not sys.stderr.isatty():
        yield from steps
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(steps, total=total, description=say("đang dò", "scanning"), console=Console(stderr=True), transient=True)


def _line(one: dict[str, Any]) -> str:
    where = one.get("host") or f"{one['baud']} baud, {one['parity']}"
    latency = f", {one['latency_ms']} ms" if one["latency_ms"] is not None else ""
    return f"id {one['id']:>3}  {where}  {one['answers']}{latency}"


def _sample(found: Sequence[dict[str, Any]]) -> str:
    """Return the beginning of a config for what was found."""
    first = found[0]
    line = [f'host = "{first["host"]}"'] if "host" in first else []
    line = line or [f'port = "{first["port"]}"', f"baudrate = {first['baud']}", f'parity = "{first["parity"]}"']
    head = [say("# cho tệp cấu hình; chọn template: quanho decode --list modbus", "# for the config; templates: docs/sensors/modbus.md")]
    slaves = [f'\n[[source.slave]]\nid = {one["id"]}\ntemplate = "…"\nevery_s = 10' for one in found]
    return "\n".join(["", *head, "[[source]]", 'id = "bus-1"', 'kind = "modbus"', *line, *slaves])
