"""How a scan is shown: a progress bar where somebody looks, a line a device, hints, and the beginning of a config."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edge.modbus.doctor import Hint
from edge.modbus.scan_doctor import scan_hints
from quanho.bus_scan import Scan, Step, Wish
from quanho.failure import Failed
from quanho.lang import pick, say
from telemetry.errors import TransientError

EXIT_NONE = 1
EXIT_LINE = 2
EXIT_INTERRUPTED = 130
_WEAK = 3  # points; one small number fits anything
_NAMES = ("maker", "product", "product_name", "model", "version", "server_id")


def print_scan(wish: Wish, *, as_json: bool) -> int:
    """Scan and print what was found, also when Ctrl-C or the line ends it. Return the exit code."""
    scan = Scan(wish)
    code = None
    trouble = ""
    try:
        for step in _watched(scan, is_quiet=as_json):
            if step.found is not None and not as_json:
                print("\n".join(lines_of(step.found)), flush=True)
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except TransientError as error:
        code, trouble = EXIT_LINE, error.reason
    unusable = say(f"không dùng được đường dây: {pick(trouble)}", f"the line cannot be used: {trouble}")
    if trouble and not scan.found:
        raise Failed(unusable, EXIT_LINE)
    if as_json:
        print(json.dumps(scan.found, ensure_ascii=False))
    elif scan.found or not trouble:
        _print_account(scan, is_whole=code is None)
    if trouble:
        print(unusable, file=sys.stderr)
    return code if code is not None else 0 if scan.found else EXIT_NONE


def lines_of(one: Mapping[str, Any]) -> list[str]:
    """Return what was found of one device, for people."""
    where = f"{one['host']}:{one['tcp_port']}" if "host" in one else f"{one['baud']} baud, {one['parity']}"
    latency = f", {one['latency_ms']} ms" if one["latency_ms"] is not None else ""
    lines = [f"id {one['id']:>3}  {where}  {one['answers']}{latency}"]
    if name := " ".join(dict.fromkeys(str(one[key]) for key in _NAMES if key in one)):
        lines.append(say("        tự xưng: ", "        calls itself: ") + name)
    for place, each in enumerate(one.get("templates", ())):
        words = say("khớp", "fits") if place == 0 else say("cũng khớp", "also fits")
        words += say(" (ít bằng chứng)", " (weak evidence)") if each["points"] < _WEAK else ""
        lines.append(f"        {words} {each['template']}: {', '.join(each['evidence'])}")
    return lines


def sample(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the beginning of a config for what was found: a source for each setting of the line."""
    head = say(
        "# cho tệp cấu hình. template là cái khớp nhất, chưa chắc đúng: so với nhãn thiết bị (tất cả: quanho decode --list modbus)",
        "# for the config. template is what fits best, which is no proof: look at the device's label (all: quanho decode --list modbus)",
    )
    places: dict[tuple[tuple[str, Any], ...], list[Mapping[str, Any]]] = {}
    for one in found:
        place = tuple((key, one[key]) for key in ("host", "tcp_port", "tcp_framing", "port", "baud", "parity") if key in one)
        places.setdefault(place, []).append(one)
    return "\n".join(["", head, *(line for number, place in enumerate(places, 1) for line in _source(number, dict(place), places[place]))])


def _source(number: int, place: Mapping[str, Any], slaves: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from ("[[source]]", f'id = "bus-{number}"', 'kind = "modbus"')
    for key, value in place.items():
        if (key, value) not in {("tcp_port", 502), ("tcp_framing", "tcp")}:
            yield f"{'baudrate' if key == 'baud' else key} = {json.dumps(value)}"
    for one in sorted(slaves, key=lambda one: int(one["id"])):
        names = [each["template"] for each in one.get("templates", ())]
        others = say("  # cũng khớp: ", "  # also fits: ") + ", ".join(names[1:]) if names[1:] else ""
        unknown = "" if names or "templates" not in one else say("  # không bản đồ nào khớp", "  # no map fits")
        unknown = say("  # ít bằng chứng", "  # weak evidence") if names and one["templates"][0]["points"] < _WEAK else unknown
        yield f'\n[[source.slave]]\nid = {one["id"]}\ntemplate = "{names[0] if names else "…"}"{unknown}{others}\nevery_s = 10'
    yield ""


def _print_account(scan: Scan, *, is_whole: bool) -> None:
    readable = [one for one in scan.found if one["answers"] != "damaged"]
    if readable:
        print(sample(readable[:1] if scan.is_tcp and scan.answers_to_all else readable), file=sys.stderr)
    elif not scan.found:
        words = say("không thiết bị nào trả lời", "nobody answers")
        print(words if is_whole else words + say(" cho đến lúc dừng", " so far"), file=sys.stderr)
    for hint in _hints(scan):
        print(f"→ {hint.slave}: " if hint.slave is not None else "→ ", say(hint.vi, hint.en), sep="", file=sys.stderr)


def _hints(scan: Scan) -> list[Hint]:
    damaged = {one["id"]: one["answers"] == "damaged" or "damaged" in one for one in scan.found}
    is_one = scan.is_tcp and scan.answers_to_all
    return scan_hints(damaged, scan.heard, repeated=scan.repeated, late=scan.late, answers_to_all=is_one)


def _watched(scan: Scan, *, is_quiet: bool) -> Iterator[Step]:
    if not sys.stderr.isatty() or (is_quiet and sys.stdout.isatty()):
        yield from scan
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task(say("đang dò", "scanning"))
        for step in scan:
            where = "" if scan.is_tcp else f" {step.setting}"
            bar.update(task, description=say("đang dò", "scanning") + f"{where} id {step.unit}", completed=step.done, total=step.total)
            yield step
