"""Which lines of a refused request the server's words point at."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from runtime.influx_answers import Answer
from runtime.influx_causes import BeyondRetention, TypeConflict, Unparseable, type_name
from telemetry.errors import RejectedError
from telemetry.lineprotocol.grammar import read_entry


@dataclass(frozen=True, slots=True)
class Suspects:
    """The lines that are `named` with their reason, and the `others`, both in order. `is_certain`: the named ones are the bad ones."""

    named: list[tuple[bytes, str]] = field(default_factory=list)
    others: list[bytes] = field(default_factory=list)
    is_certain: bool = False


def find_suspects(lines: Sequence[bytes], answer: Answer) -> Suspects:
    """Sort `lines` by what the cause of `answer` says of them; nothing is named when it has none or fits no line."""
    match answer.cause:
        case TypeConflict() as conflict:
            return _of_wrong_type(lines, conflict, answer.words)
        case BeyondRetention(dropped):
            return _oldest(lines, dropped, answer.words)
        case Unparseable(quoted):
            return _quoted(lines, dict(quoted))
        case _:
            return Suspects()


def _of_wrong_type(lines: Sequence[bytes], conflict: TypeConflict, words: str) -> Suspects:
    """Certain only where the server's count agrees: types are per shard in 1.x, and there may be other conflicts beside this one."""
    named: list[tuple[bytes, str]] = []
    others: list[bytes] = []
    for line in lines:
        if _carries(line, conflict):
            named.append((line, words))
        else:
            others.append(line)
    agrees = conflict.dropped == len(named) or (conflict.dropped is None and not others)
    return Suspects(named, others, is_certain=bool(named) and agrees)


def _carries(line: bytes, conflict: TypeConflict) -> bool:
    try:
        entry = read_entry(line, 0)
    except RejectedError:
        return False
    if entry.measurement != conflict.measurement:
        return False
    return any(key == conflict.field and type_name(value) == conflict.given for key, value in entry.fields)


def _oldest(lines: Sequence[bytes], count: int, words: str) -> Suspects:
    try:
        order = sorted(range(len(lines)), key=lambda index: int(lines[index].rpartition(b" ")[2]))
    except ValueError:
        return Suspects()
    if not 0 < count <= len(lines):
        return Suspects()
    old = set(order[:count])
    named = [(line, words) for index, line in enumerate(lines) if index in old]
    return Suspects(named, [line for index, line in enumerate(lines) if index not in old], is_certain=True)


def _quoted(lines: Sequence[bytes], reasons: dict[str, str]) -> Suspects:
    named: list[tuple[bytes, str]] = []
    others: list[bytes] = []
    for line in lines:
        text = line.decode("utf-8", "replace")
        if text in reasons:
            named.append((line, reasons[text]))
        else:
            others.append(line)
    return Suspects(named, others, is_certain=bool(named))
