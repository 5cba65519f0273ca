"""What the counts of a line say in words: one rule a row. Pure.

Of the rules of the line the first that fits is said, and what `_BESIDES` has; of those of a slave the first. A rule names what the counts
come from as a rule, the likeliest first, and never one cause alone where several look the same.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from edge.modbus.master import SlaveCounts

_OFTEN = 0.1  # of the requests
_LEAST = 5  # requests before anything is said
_LEAST_NOISE = 20  # bytes
_MOSTLY = 0.8
_SLOW_S = 0.5


class Hint(NamedTuple):
    """`slave` is None for what is about the line."""

    slave: int | None
    vi: str
    en: str


class LineCounts(NamedTuple):
    """What was heard besides the answers. `zeros` of the `noise_bytes` were 0x00.

    Of a line that somebody else masters: of `asked` requests `hasty` ones came so soon that nobody could have answered the one before.
    """

    echoes: int = 0
    foreign: int = 0
    noise_bytes: int = 0
    zeros: int = 0
    is_tcp: bool = False
    hasty: int = 0
    asked: int = 0


class _Rule(NamedTuple):
    fits: Callable[[SlaveCounts], bool]
    vi: str
    en: str


class _LineRule(NamedTuple):
    fits: Callable[[Sequence[SlaveCounts], LineCounts], bool]
    vi: str
    en: str


def _is_silent(one: SlaveCounts) -> bool:
    return one.timeouts == one.asked and not one.late


def _is_garbled(one: SlaveCounts) -> bool:
    return one.damaged > 0 and not one.answered and one.damaged >= _OFTEN * one.asked


_OF_LINE = (
    _LineRule(
        lambda all_, line: line.is_tcp and all(map(_is_silent, all_)),
        "không ai trả lời: sai địa chỉ (thiết bị không phải cổng nối thường dùng 1 hoặc 255), hoặc dây RS-485 sau cổng nối",
        "nobody answers: the ids (a device that is no gateway mostly has 1 or 255), or the RS-485 line behind the gateway",
    ),
    _LineRule(
        lambda all_, line: all(map(_is_silent, all_)) and line.noise_bytes >= _LEAST_NOISE and line.zeros >= _MOSTLY * line.noise_bytes,
        "không ai trả lời, và dây chỉ có byte 00: A và B bị đảo, hoặc thiếu điện trở phân cực (bias)",
        "nobody answers, and all that is heard is bytes 00: A and B swapped, or no bias on the line",
    ),
    _LineRule(
        lambda all_, line: all(map(_is_silent, all_)) and line.noise_bytes >= _LEAST_NOISE,
        "không ai trả lời, nhưng trên dây có tín hiệu: sai tốc độ hoặc chẵn lẻ (dùng bus scan), nhiễu, A và B bị đảo",
        "nobody answers, but something is on the line: baud rate or parity (try bus scan), noise, or A and B swapped",
    ),
    _LineRule(
        lambda all_, _: all(map(_is_silent, all_)),
        "không ai trả lời: A và B bị đảo, sai tốc độ hoặc chẵn lẻ, hoặc mất nguồn",
        "nobody answers: A and B swapped, baud rate or parity, or supply",
    ),
    _LineRule(
        lambda all_, _: all(map(_is_garbled, all_)),
        "mọi câu trả lời đều sai CRC: sai tốc độ hoặc chẵn lẻ (dùng bus scan)",
        "nothing but wrong CRCs: baud rate or parity (try bus scan)",
    ),
    _LineRule(
        lambda all_, _: all(one.damaged >= _OFTEN * one.asked for one in all_),
        "mọi thiết bị đều sai CRC: kiểm tra điện trở đầu cuối, dây đất, tốc độ và chẵn lẻ",
        "wrong CRCs from all: check termination, ground, baud rate and parity",
    ),
)
_BESIDES = (
    _LineRule(
        lambda _, line: line.echoes > 0,
        "bộ chuyển đổi nghe lại chính mình: không sao",
        "the adapter hears itself, which is put up with",
    ),
    _LineRule(
        lambda _, line: line.foreign > 0,
        "có trả lời không ai hỏi: trả lời muộn, hai thiết bị cùng địa chỉ, hoặc có máy chủ khác trên dây",
        "answers that nobody asked for: they come late, two devices share an id, or another master is on the line",
    ),
    _LineRule(
        lambda _, line: line.hasty >= _LEAST and line.hasty >= _OFTEN * line.asked,
        "các câu hỏi chồng lên nhau: có hai máy chủ trên dây, hoặc máy chủ chờ quá ngắn",
        "requests run into each other: two masters on the line, or one that hardly waits",
    ),
    _LineRule(
        lambda all_, line: line.noise_bytes >= _LEAST_NOISE and any(one.answered for one in all_) and not any(one.damaged for one in all_),
        "có nhiễu giữa các khung tin: kiểm tra dây đất, lưới chắn, điện trở phân cực (bias)",
        "noise between the frames: check the ground wire, the shield and the bias",
    ),
)
_OF_SLAVE = (
    _Rule(
        _is_silent,
        "không trả lời lần nào: kiểm tra nguồn, địa chỉ, dây A/B, và câu hỏi (--register input:0 cho thiết bị chỉ biết hàm 4)",
        "never answers: check its supply, its id, A and B, and what it is asked (--register input:0 where it only knows function 4)",
    ),
    _Rule(
        lambda one: one.repeated >= _OFTEN * one.asked,
        "trả lời hai lần: hai thiết bị cùng địa chỉ, hoặc bộ lặp phản hồi",
        "answers twice: two devices share this id, or a repeater echoes it",
    ),
    _Rule(
        _is_garbled,
        "chỉ trả lời sai CRC: nó dùng tốc độ hoặc chẵn lẻ khác, hoặc hai thiết bị cùng địa chỉ",
        "only ever a wrong CRC: it has another baud rate or parity, or two devices share this id",
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
    _Rule(
        lambda one: one.for_others >= _OFTEN * one.asked,
        "lên tiếng khi thiết bị khác được hỏi: trả lời muộn, hoặc trùng địa chỉ",
        "speaks while others are asked: it is late, or another device has its id too",
    ),
    _Rule(
        lambda one: len(one.latencies_s) >= _LEAST and median(one.latencies_s) > _SLOW_S,
        "trả lời chậm: đặt timeout_s ít nhất gấp đôi thời gian này, và đọc nó thưa hơn",
        "slow: let timeout_s be twice that time at least, and read it less often",
    ),
)


def hints(counts: Mapping[int, SlaveCounts], line: LineCounts | None = None) -> list[Hint]:
    """Return what to look at, the line first."""
    heard = line or LineCounts()
    asked = {slave: one for slave, one in counts.items() if one.asked >= _LEAST}
    all_ = list(asked.values())
    found = [Hint(None, rule.vi, rule.en) for rule in _BESIDES if rule.fits(all_, heard)]
    of_line = next((rule for rule in _OF_LINE if rule.fits(all_, heard)), None) if len(all_) > 1 else None
    if of_line:
        return [*found, Hint(None, of_line.vi, of_line.en)]
    for slave, one in sorted(asked.items()):
        rule = next((rule for rule in _OF_SLAVE if rule.fits(one)), None)
        if rule:
            found.append(Hint(slave, rule.vi, rule.en))
    return found
