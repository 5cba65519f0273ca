"""What the counts of a line say in words: one rule a row, the first that fits a slave or the line counts. Pure."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from edge.modbus.master import SlaveCounts

_OFTEN = 0.1  # of the requests
_LEAST = 5  # requests before anything is said


class Hint(NamedTuple):
    """`slave` is None for what is about the line."""

    slave: int | None
    vi: str
    en: str


class _Rule(NamedTuple):
    fits: Callable[[SlaveCounts], bool]
    vi: str
    en: str


_OF_SLAVE = (
    _Rule(
        lambda one: one.timeouts == one.asked and not one.late,
        "không trả lời lần nào: kiểm tra nguồn, địa chỉ, dây A/B",
        "never answers: check its supply, its id, and A and B",
    ),
    _Rule(
        lambda one: one.damaged >= _OFTEN * one.asked,
        "hay sai CRC: kiểm tra điện trở đầu cuối, dây đất, hoặc hai thiết bị cùng địa chỉ",
        "often a wrong CRC: check termination and ground, or two devices share this id",
    ),
    _Rule(
        lambda one: one.late >= _OFTEN * one.asked,
        "trả lời sau khi đã hết thời gian chờ: tăng timeout_s của nó",
        "answers after we gave up: raise its timeout_s",
    ),
    _Rule(
        lambda one: one.timeouts >= _OFTEN * one.asked,
        "hay trả lời muộn hoặc không trả lời: tăng thời gian chờ, kiểm tra dây",
        "often late or silent: allow it more time, check its wires",
    ),
    _Rule(
        lambda one: one.exceptions == one.answered > 0,
        "có trả lời nhưng từ chối mọi câu hỏi: bản đồ thanh ghi không đúng",
        "answers, but refuses everything: this is not its register map",
    ),
)


def hints(counts: Mapping[int, SlaveCounts], *, echoes: int = 0, foreign: int = 0) -> list[Hint]:
    """Return what to look at, the line first."""
    asked = {slave: one for slave, one in counts.items() if one.asked >= _LEAST}
    found: list[Hint] = []
    if echoes:
        found.append(Hint(None, "bộ chuyển đổi nghe lại chính mình: không sao", "the adapter hears itself, which is put up with"))
    if foreign:
        found.append(
            Hint(
                None,
                "có trả lời không ai hỏi: trả lời muộn, hoặc có máy chủ khác trên dây",
                "answers that nobody asked for: they come late, or another master is on the line",
            )
        )
    if len(asked) > 1 and all(one.timeouts == one.asked and not one.late for one in asked.values()):
        return [
            *found,
            Hint(
                None, "không ai trả lời: A và B bị đảo, sai tốc độ, hoặc mất nguồn", "nobody answers: A and B swapped, baud rate, or supply"
            ),
        ]
    if len(asked) > 1 and all(one.damaged >= _OFTEN * one.asked for one in asked.values()):
        text = "mọi thiết bị đều sai CRC: kiểm tra tốc độ, chẵn lẻ, điện trở đầu cuối, dây đất"
        return [*found, Hint(None, text, "wrong CRCs from all: check baud rate, parity, termination and ground")]
    for slave, one in sorted(asked.items()):
        rule = next((rule for rule in _OF_SLAVE if rule.fits(one)), None)
        if rule:
            found.append(Hint(slave, rule.vi, rule.en))
    return found
