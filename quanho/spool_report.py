"""What `quanho spool inspect` and `verify` say."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
from rich.table import Table

from edge.spool.survey import Finding, Found, SpoolFolder, SpoolSurvey
from quanho.lang import say


def inspect(folder: SpoolFolder, *, as_json: bool) -> int:
    """Print what the spool holds; return the exit code."""
    with progress(folder) as on_bytes:
        survey = folder.survey(on_bytes)
    if as_json:
        print(json.dumps(_as_dict(folder, survey), ensure_ascii=False))
        return 0
    console = Console(highlight=False)
    state = say("tác tử đang chạy", "an agent is running") if folder.is_running else say("không có tác tử nào chạy", "no agent is running")
    console.print(f"{folder.path} ({state})", soft_wrap=True)
    console.print(_queue_table(survey))
    for reason, count in survey.set_aside.most_common():
        console.print(say(f"để riêng: {count} × {reason}", f"set aside: {count} × {reason}"), soft_wrap=True, markup=False)
    if survey.quarantine:
        size = sum(survey.quarantine.values())
        files = len(survey.quarantine)
        console.print(say(f"cách ly: {files} tệp, {size} byte", f"quarantine: {files} files, {size} bytes"))
    if survey.found:
        console.print(say("có hư hỏng; xem `quanho spool verify`", "there is damage; see `quanho spool verify`"))
    return 0


def verify(folder: SpoolFolder) -> int:
    """Print what is damaged and what that means; return 1 when anything is."""
    with progress(folder) as on_bytes:
        survey = folder.survey(on_bytes)
    for found in survey.found:
        print(_describe(found))
    records = sum(queue.records for queue in survey.queues.values())
    if not survey.found:
        print(say(f"nguyên vẹn: {records} bản ghi", f"intact: {records} records"))
        return 0
    count = len(survey.found)
    print(say(f"{count} chỗ hư hỏng, {records} bản ghi còn nguyên", f"{count} places are damaged, {records} records are intact"))
    return 1


@contextmanager
def progress(folder: SpoolFolder) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error, if that is a terminal."""
    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=folder.total_bytes())
        yield lambda size: bar.advance(task, size)


def _queue_table(survey: SpoolSurvey) -> Table:
    table = Table()
    for vi, en in (
        ("ưu tiên", "priority"),
        ("đoạn", "segments"),
        ("bản ghi", "records"),
        ("dòng", "lines"),
        ("byte", "bytes"),
        ("chưa gửi", "unsent"),
        ("cũ nhất", "oldest"),
        ("chưa gửi cũ nhất", "oldest unsent"),
        ("đã giao", "delivered"),
    ):
        table.add_column(say(vi, en), overflow="fold")
    for priority, queue in survey.queues.items():
        done = " ".join(f"{first}-{last}" for first, last in list(queue.done)[-4:])
        numbers = (queue.segments, queue.records, queue.lines, queue.size_bytes)
        unsent = f"{queue.unsent_records} ({queue.unsent_lines})"
        table.add_row(priority.value, *map(str, numbers), unsent, _when(queue.oldest_ns), _when(queue.oldest_unsent_ns), done)
    return table


def _as_dict(folder: SpoolFolder, survey: SpoolSurvey) -> dict[str, object]:
    queues = {
        priority.value: {
            "segments": queue.segments,
            "records": queue.records,
            "lines": queue.lines,
            "bytes": queue.size_bytes,
            "unsent_records": queue.unsent_records,
            "unsent_lines": queue.unsent_lines,
            "oldest_ns": queue.oldest_ns,
            "oldest_unsent_ns": queue.oldest_unsent_ns,
            "done": list(queue.done),
        }
        for priority, queue in survey.queues.items()
    }
    found = [
        {
            "finding": each.finding.name.lower(),
            "priority": each.priority.value,
            "segment": each.segment,
            "offset": each.offset,
            "bytes": each.size_bytes,
            "lines": each.lines,
            "source": each.source,
        }
        for each in survey.found
    ]
    return {
        "folder": str(folder.path),
        "running": folder.is_running,
        "queues": queues,
        "set_aside": dict(survey.set_aside),
        "quarantine": survey.quarantine,
        "damage": found,
    }


def _describe(found: Found) -> str:
    place = f"{found.priority.value}/{found.segment}"
    lines = (
        say("không rõ bao nhiêu dòng", "nobody knows how many lines")
        if found.lines is None
        else say(f"{found.lines} dòng", f"{found.lines} lines")
    )
    source = say(f" của {found.source}", f" of {found.source}") if found.source else ""
    return f"{place} @ {found.offset} (+{found.size_bytes}): {_meaning(found, lines + source)}"


def _meaning(found: Found, cost: str) -> str:
    match found.finding:
        case Finding.BODY | Finding.BYTES:
            return say(
                f"hỏng: mất {cost}; sổ cái ghi lại khi gửi đến đó", f"damaged: {cost} lost; the ledger says so when sending gets there"
            )
        case Finding.TAIL:
            return say(
                f"đuôi bị đứt ({cost}): lần khởi động sau sẽ cắt và giữ trong quarantine/",
                f"a torn tail ({cost}): the next start cuts it off and keeps it in quarantine/",
            )
        case Finding.UNREADABLE:
            return say(
                f"không đọc được ({cost}): thẻ nhớ có thể đang hỏng, hãy thay",
                f"cannot be read ({cost}): the card may be dying, replace it",
            )
        case Finding.MISSING:
            return say(f"thiếu bản ghi trước chỗ này: {cost}", f"records before this are missing: {cost}")
        case Finding.SEGMENT_HEAD:
            return say("đầu đoạn hỏng: không mất gì", "the segment's head is damaged: nothing is lost")


def _when(time_ns: int | None) -> str:
    return "" if time_ns is None else datetime.fromtimestamp(time_ns / 1e9, UTC).astimezone().isoformat(timespec="seconds")
