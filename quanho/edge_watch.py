"""`quanho edge status` and `tail`: a look at a running agent through its control socket."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.config_file import load_agent_config
from edge.control_client import ask, stream
from quanho.edge_words import config_lines, maintenance_mark, storage_lines
from quanho.lang import say
from telemetry.lineprotocol.parse import parse

_TIMEOUT_S = 10.0


def status(path: Path, *, as_json: bool) -> int:
    """Print the agent's state; 0 when it is healthy, 1 when it is not, or not running."""
    config = load_agent_config(path)
    answer = ask(config.control_socket, {"command": "status"}, _TIMEOUT_S)
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        for line in describe(answer):
            print(line)
    return 0 if answer.get("healthy") else 1


def describe(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a status for people."""
    uplink, spool = state["uplink"], state["spool"]
    queues = spool["queues"].values()
    lines, records = sum(queue["lines_unsent"] for queue in queues), sum(queue["records_unsent"] for queue in queues)
    oldest = min((queue["oldest_ns"] for queue in queues if queue["oldest_ns"] is not None), default=None)
    age = f"{(state['now_ns'] - oldest) / 1e9:.0f} s" if oldest is not None else "-"
    way = say("đang gửi", "up") if uplink["is_up"] else say("mất", "down")
    yield (
        f"{state['gateway']} @ {state['site']}  "
        + say("đã chạy", "up for")
        + f" {state['uptime_s']:.0f} s  RSS {(state['rss_bytes'] or 0) / 1e6:.0f} MB"
    )
    yield say("đường lên:", "uplink:") + f" {way}  {uplink['server']}  {uplink['trouble']}".rstrip()
    if rate := uplink.get("link_bytes_per_s"):
        backlog, eta_s = uplink["backlog_bytes_per_s"], uplink["backlog_eta_s"]
        share = (
            "" if backlog is None else say(f", hàng tồn tối đa {backlog / 1000:.1f} kB/s", f", backlog at most {backlog / 1000:.1f} kB/s")
        )
        end = say(f", hết sau khoảng {eta_s / 60:.0f} phút", f", empty in about {eta_s / 60:.0f} min") if eta_s else ""
        yield say("đường truyền:", "link:  ") + f" {rate / 1000:.1f} kB/s{share}{end}"
    yield say("kho đệm: ", "spool: ") + say(
        f"{lines} dòng trong {records} bản ghi chưa gửi, cũ nhất {age}", f"{lines} lines in {records} records unsent, oldest {age}"
    )
    if spool["trouble"]:
        yield say("đĩa không nhận dữ liệu: ", "the disk does not take readings: ") + spool["trouble"]
    yield from _describe_clock(state["clock"])
    yield from storage_lines(state.get("storage"))
    yield from config_lines(state.get("config"))
    for source in state["sources"]:
        mark = "●" if source["connected"] else "○"
        counts = say(
            f"{source['messages']} bản tin, {source['points']} điểm, {source['refused']} bị từ chối",
            f"{source['messages']} messages, {source['points']} points, {source['refused']} refused",
        )
        silent = _silent(source.get("silent_since_ns"))
        detail = " ".join(filter(None, (source["last_error"] or source["detail"], maintenance_mark(source), silent)))
        yield f"{mark} {source['id']} ({source['kind']})  {counts}  {detail}".rstrip()
    for loss in state["losses"]:
        count = say("không rõ bao nhiêu", "nobody knows how many") if loss["count"] is None else loss["count"]
        yield say("sổ cái: ", "ledger: ") + f"{loss['source']}: {loss['reason']}: {count}"


def _describe_clock(clock: Mapping[str, Any]) -> Iterator[str]:
    title = say("đồng hồ:  ", "clock:  ")
    if not clock["is_trusted"]:
        yield (
            title + say("chưa tin được, số đo chờ trong kho đệm", "not trusted yet, readings wait in the spool") + f"  ({clock['refusal']})"
        )
        return
    line = (
        title
        + say(f"tin cậy ({clock['witness']}), sai tối đa", f"trusted ({clock['witness']}), error at most")
        + f" {clock['error_s']:.3f} s"
    )
    if clock["disputed_s"]:
        line += "  " + say("TRANH CHẤP: nguồn giờ lệch", "DISPUTED: its witness differs by") + f" {clock['disputed_s']:+.1f} s"
    elif abs(clock["host_ahead_s"] or 0.0) >= 1.0:
        line += "  " + say("đồng hồ máy lệch", "the host's clock is off by") + f" {clock['host_ahead_s']:+.1f} s"
    yield line


def _silent(since_ns: int | None) -> str:
    if since_ns is None:
        return ""
    since = datetime.fromtimestamp(since_ns / 1e9, UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    return say(f"im lặng từ {since}", f"silent since {since}")


def tail(path: Path, *, as_json: bool, count: int, seconds: float) -> int:
    """Print readings as they become durable until Ctrl-C, `count` readings or `seconds`."""
    config = load_agent_config(path)
    end_s = time.monotonic() + seconds if seconds else float("inf")
    shown = 0
    for answer in stream(config.control_socket, {"command": "tail"}, _TIMEOUT_S):
        for line in answer.get("lines", ()):
            print(_as_json(line) if as_json else _for_people(line), flush=True)
            shown += 1
            if count and shown >= count:
                return 0
        if time.monotonic() >= end_s:
            return 0
    return 0


def _point(line: str) -> Any:
    _, point = next(iter(parse(line.encode(), 0)))
    return point


def _as_json(line: str) -> str:
    point = _point(line)
    return json.dumps(
        {"measurement": point.measurement, "tags": dict(point.tags), "fields": dict(point.fields), "time": point.time_ns},
        ensure_ascii=False,
    )


def _for_people(line: str) -> str:
    point = _point(line)
    at = datetime.fromtimestamp(point.time_ns / 1e9, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
    fields = "  ".join(f"{name}={value}" for name, value in dict(point.fields).items() if name != "quality")
    return f"{at}  {point.measurement:<12} {dict(point.tags).get('device', ''):<16} {fields}"
