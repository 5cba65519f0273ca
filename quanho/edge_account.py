"""`quanho edge account`: does everything that came in come out again? The balance of a gateway's spool, as tables or JSON."""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from edge.account import Account, Note, Row, balance
from edge.account_outside import GapTold
from edge.config import AgentConfig
from edge.config_file import load_agent_config
from edge.control_client import ask
from edge.spool.done import DoneSet
from edge.spool.history import Span, read_history
from edge.spool.lease import Horizon
from edge.spool.page import Page, page_from
from edge.spool.reasons import BEFORE_US
from edge.spool.set_aside import read_set_aside
from edge.spool.survey import SpoolFolder
from quanho.lang import say
from quanho.spool_report import progress
from quanho.spool_transfer import time_range
from telemetry.batch import Priority

_ANSWER_S = 60.0
_UNBALANCED = 1

_REASONS = {
    "decoder rejected": "bộ giải mã từ chối",
    "refused by the store": "kho lưu trữ từ chối",
    "quota": "hết hạn mức",
    "memory full": "đầy bộ nhớ",
    "frame too long": "khung quá dài",
    "spool damaged": "kho đệm hỏng",
    "spool cut": "đuôi kho đệm bị cắt",
    "spool quarantined": "đoạn bị cách ly",
    "spool left as it is": "đoạn hỏng để nguyên",
    "set-aside shed": "bản lưu để riêng bị bỏ vì hết chỗ",
    "set-aside full": "không còn chỗ để riêng",
    "broker": "broker bỏ",
    "source silent": "nguồn im lặng",
    "gateway off": "gateway tắt",
    "clock corrected": "chỉnh đồng hồ",
}
_NOTES = {
    Note.UNKNOWN_SIZE: (
        "{count} mục mất mát không thể biết cỡ; bảng chỉ tính phần biết được",
        "{count} losses have a size that cannot be known; the table has what is known",
    ),
    Note.WHOSE_UNKNOWN: (
        "{count} số đo nằm trong bản ghi hỏng phần đầu: không thể biết của nguồn nào; tổng vẫn khớp",
        "{count} readings were in records whose heads are damaged: whose they were cannot be known; the total balances",
    ),
    Note.HEADLESS: (
        "{count} bản ghi hỏng phần đầu: ngoài những gì sổ cái nói, không thể biết chúng còn chứa gì",
        "the heads of {count} records are damaged: what they held beyond the ledger's word cannot be known",
    ),
    Note.BAD_PAGES: (
        "{count} trang của sổ lịch sử không đọc được: phần đó thiếu ở cả hai vế",
        "{count} pages of the book cannot be read: what they said is missing on both sides",
    ),
    Note.NO_PAGE: (
        "{count} số đo chỉ còn trong sổ cái, trang lịch sử của chúng bị mất",
        "{count} readings are known from the ledger alone, their page of the book is missing",
    ),
    Note.UNSAID: (
        "{count} số đo vừa bị loại; sổ cái sẽ ghi khi tác tử chạy tiếp",
        "{count} readings were given up just now; the ledger will say so when the agent goes on",
    ),
    Note.UNOPENED: (
        "{count} đoạn không mở được nên không có trong bảng",
        "{count} segments cannot be opened and are not in the table",
    ),
    Note.ROUNDED: (
        "phần lịch sử đã bị xóa khỏi đĩa được làm tròn theo giờ hoặc ngày",
        "what is no longer on the disk is rounded to hours or days",
    ),
    Note.UNDATED: (
        "{count} số đo chưa có thời gian nên không thuộc khoảng nào",
        "{count} readings have no time yet and are in no range",
    ),
}


def account(arguments: argparse.Namespace) -> int:
    """Print the account; 0 when it balances, 1 when it does not."""
    config = load_agent_config(arguments.config)
    has_range = arguments.from_time is not None or arguments.to_time is not None
    span = time_range(arguments) if has_range else None
    answer, settled, folder = drawn_up(config, span)
    kept = Counter(str(entry.get("source")) for entry in read_set_aside(folder / "set-aside"))
    if arguments.json:
        print(json.dumps(as_dict(answer, span, kept, is_settled=settled), ensure_ascii=False))
    else:
        _print(answer, span, kept, is_settled=settled)
    return 0 if answer.is_balanced else _UNBALANCED


def drawn_up(config: AgentConfig, span: Span | None = None) -> tuple[Account, bool, Path]:
    """Return the account, whether the disk took everything that was in memory, and the spool's folder. Raises TransientError."""
    folder = SpoolFolder(config.spool_dir)
    settled, horizons, waiting = _settle(config) if folder.is_running else (True, None, [])
    with progress(folder) as on_bytes:
        found = read_history(folder.path, folder.epoch, span, horizons, on_bytes, waiting=waiting)
    return balance(found, span), settled, folder.path


def _settle(config: AgentConfig) -> tuple[bool, Mapping[Priority, Horizon], list[Page]]:
    """Have the running agent make everything durable; return what counts from then on. Raises TransientError."""
    answer = ask(config.control_socket, {"command": "settle"}, _ANSWER_S)
    horizons = {
        priority: Horizon(int(queue["next"]), DoneSet((int(first), int(last)) for first, last in queue["done"]))
        for priority in Priority
        if (queue := answer["queues"][priority.value])
    }
    return bool(answer["settled"]), horizons, [page_from(text) for text in answer["pages"]]


def as_dict(answer: Account, span: Span | None, kept: Mapping[str, int], *, is_settled: bool) -> dict[str, Any]:
    """Return the account as plain data. Times are ns since 1970 UTC, null for no limit."""
    return {
        "ok": True,
        "balanced": answer.is_balanced,
        "from": span[0] if span else None,
        "to": span[1] if span else None,
        "settled": is_settled,
        "sources": [{"source": row.source, **_row(row), "kept_aside": kept.get(row.source, 0)} for row in answer.rows],
        "total": _row(answer.total),
        "gaps": [asdict(gap) for gap in answer.gaps],
        "outside": [asdict(each) for each in answer.outside],
        "notes": {note.name.lower(): count for note, count in answer.notes.items()},
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "produced": row.produced,
        "stored": row.stored,
        "waiting": row.waiting,
        "set_aside": row.set_aside,
        "dropped": dict(row.dropped),
        "difference": row.difference,
    }


def _print(answer: Account, span: Span | None, kept: Mapping[str, int], *, is_settled: bool) -> None:
    console = Console(highlight=False)
    if span:
        console.print(say("khoảng thời gian: ", "range: ") + f"{_when(span[0])} … {_when(span[1])}", markup=False)
    console.print(_table(answer))
    if total := sum(kept.values()):
        console.print(say(f"để riêng: còn giữ {total} mục trên đĩa", f"set aside: {total} of them are kept on the disk"))
    for line in _beside(answer):
        console.print(line, soft_wrap=True, markup=False)
    for note, count in answer.notes.items():
        console.print("• " + say(*_NOTES[note]).format(count=count), soft_wrap=True, markup=False)
    if not is_settled:
        text = say(
            "đĩa không nhận dữ liệu lúc này: phần còn trong bộ nhớ chưa được tính", "the disk takes nothing now: memory is not counted"
        )
        console.print("• " + text, soft_wrap=True)
    console.print(verdict(answer), soft_wrap=True, markup=False)


def verdict(answer: Account) -> str:
    """Return the sentence that says whether it balances."""
    if answer.is_balanced and not answer.total.difference:
        return say(
            "Sổ khớp: mọi số đo đã tạo ra đều được lưu, đang chờ, để riêng, hoặc bị bỏ có ghi lý do.",
            "It balances: every reading produced is stored, waiting, set aside, or dropped for a reason that is on record.",
        )
    if answer.is_balanced:
        return say(
            "Toàn bộ sổ khớp; chênh lệch trong khoảng này là do làm tròn ở mép.",
            "The whole account balances; the difference in this range comes from rounding at its edges.",
        )
    who = ", ".join(f"{row.source} {row.difference:+d}" for row in answer.rows if row.difference) or "?"
    return say(
        f"Sổ KHÔNG khớp: không giải thích được {who}. Hãy chạy `quanho spool verify`, giữ lại thư mục kho đệm và báo lỗi.",
        f"It does NOT balance: nobody can account for {who}. Run `quanho spool verify`, keep the spool's folder and report this.",
    )


def _table(answer: Account) -> Table:
    reasons = sorted(answer.total.dropped)
    table = Table()
    for vi, en in (
        ("nguồn", "source"),
        ("tạo ra", "produced"),
        ("đã lưu", "stored"),
        ("đang chờ", "waiting"),
        ("để riêng", "set aside"),
    ):
        table.add_column(say(vi, en), overflow="fold", justify="left" if en == "source" else "right")
    for reason in reasons:
        table.add_column(say("bỏ: ", "dropped: ") + reason_words(reason), overflow="fold", justify="right")
    table.add_column(say("chênh lệch", "difference"), justify="right")
    for row in (*answer.rows, answer.total):
        name = row.source or say("tổng", "total")
        numbers = (row.produced, row.stored, row.waiting, row.set_aside, *(row.dropped[reason] for reason in reasons))
        table.add_row(
            name,
            *map(str, numbers),
            f"{row.difference:+d}" if row.difference else "0",
            end_section=bool(answer.rows) and row is answer.rows[-1],
        )
    return table


def _beside(answer: Account) -> Iterator[str]:
    if answer.gaps or any(each.reason in BEFORE_US for each in answer.outside):
        yield say(
            "Ngoài bảng, vì cam kết của chúng ta bắt đầu từ lúc xác nhận bản tin:",
            "Outside the table, since our promise starts when we acknowledge a message:",
        )
    for gap in answer.gaps:
        yield "  " + _gap(gap)
    for each in answer.outside:
        count = str(each.count) if each.is_known else say(f"ít nhất {each.count}", f"at least {each.count}")
        count = count if each.is_known or each.count else say("không rõ bao nhiêu", "nobody knows how many")
        yield f"  {each.source}: {reason_words(each.reason)}: {count} ({_when(each.from_ns)} … {_when(each.to_ns)})"


def _gap(gap: GapTold) -> str:
    until = say("chưa hết", "not over yet") if gap.to_ns is None else _when(gap.to_ns)
    count = ""
    if gap.count is not None:
        count = say(f", khoảng {gap.count} bản tin", f", some {gap.count} messages")
    return f"{gap.source}: {reason_words(gap.reason)}: {_when(gap.from_ns)} … {until}{count}"


def reason_words(reason: str) -> str:
    """Return a reason in the operator's language."""
    return say(_REASONS.get(reason, reason), reason)


def _when(time_ns: int | None) -> str:
    if time_ns is None or abs(time_ns) > 1 << 62:
        return "…"
    return datetime.fromtimestamp(time_ns / 1e9, UTC).astimezone().isoformat(sep=" ", timespec="seconds")
