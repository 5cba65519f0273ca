"""What `quanho dashboards check` found, for people and for programs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dashboards.check.subject import Subject
from dashboards.lint.finding import Finding
from dashboards.lint.walk import name_of, queries, rule_queries
from quanho.lang import current, say
from quanho.report import coloured, print_json, print_lines


def print_report(what: Subject, found: Sequence[Finding], *, is_strict: bool, is_offline: bool) -> None:
    """Print a line a finding, a count for each dashboard that has any, and the sum."""
    print_lines(_lines(what, found, is_strict=is_strict, is_offline=is_offline))


def print_json_report(what: Subject, found: Sequence[Finding], *, is_strict: bool, is_offline: bool) -> None:
    """Print one object."""
    findings, notes = _counted(found)
    print_json(
        {
            "ok": not findings and not (is_strict and notes),
            "is_offline": is_offline,
            "query_count": _query_count(what),
            "rule_count": len(what.rules),
            "dashboards": [{"uid": name, "finding_count": findings[name], "note_count": notes[name]} for name in map(name_of, what.boards)],
            "findings": [
                {
                    "level": each.level,
                    "rule": each.rule,
                    "dashboard": each.place.board,
                    "panel": each.place.panel,
                    "ref": each.place.ref,
                    "what": each.what._asdict(),
                    "way_out": each.way_out._asdict(),
                }
                for each in found
            ],
        }
    )


def _lines(what: Subject, found: Sequence[Finding], *, is_strict: bool, is_offline: bool) -> Iterator[str]:
    for each in found:
        if is_strict or each.level == "finding":
            way_out = coloured(f"→ {each.way_out.to(current())}", "dim")
            yield f"{coloured('✗', 'bad')} {coloured(str(each.place), 'bold')} [{each.rule}] {each.what.to(current())} {way_out}"
    if not is_strict:
        yield from _notes(each for each in found if each.level == "note")
    findings, notes = _counted(found)
    for name in dict.fromkeys(each.place.board for each in found):
        yield f"{name}: {_count(findings[name], notes[name])}"
    boards, asked = len(what.boards), _query_count(what)
    of = say(
        f"{boards} bảng, {len(what.rules)} luật, {asked} câu truy vấn", f"{boards} dashboards, {len(what.rules)} rules, {asked} queries"
    )
    how = say(" (chưa hỏi kho)", " (no store was asked)") if is_offline else ""
    total = _count(findings.total(), notes.total())
    yield coloured(f"{of}{how}: {total}", "bad" if findings or (is_strict and notes) else "good")


def _notes(notes: Iterable[Finding]) -> Iterator[str]:
    """Yield a line for each dashboard and reason: notes are many, and mostly good news."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for each in notes:
        where = " / ".join(filter(None, (each.place.panel, each.place.ref)))
        grouped.setdefault((each.place.board, each.rule, each.what.to(current())), []).append(where)
    for (board, rule, words), places in grouped.items():
        yield f"{coloured('·', 'warn')} {coloured(board, 'bold')} [{rule}] {words}: {'; '.join(dict.fromkeys(places))}"


def _count(findings: int, notes: int) -> str:
    if not findings and not notes:
        return say("không có lỗi", "nothing wrong")
    return say(f"{findings} lỗi, {notes} ghi chú", f"{findings} findings, {notes} notes")


def _counted(found: Sequence[Finding]) -> tuple[Counter[str], Counter[str]]:
    findings = Counter(each.place.board for each in found if each.level == "finding")
    return findings, Counter(each.place.board for each in found if each.level == "note")


def _query_count(what: Subject) -> int:
    """Return how many different queries there are."""
    texts = {asked.text for board in what.boards for asked in queries(board)}
    return len(texts | {asked.text for rule in what.rules for asked in rule_queries(rule)})
