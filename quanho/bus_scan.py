"""`quanho bus scan`: who answers on a line, at which baud rate and parity, and what it may be. Nothing is written to any device.

First every id is asked for a holding register (function 3), and who is late is given more time. Many devices know input registers only
(function 4), and some of those leave what they do not know without an answer. So who was silent is asked for an input register too: at
the settings at which somebody was heard, or at all of them where nobody was. "quick" leaves that out, and what a device may be; "thorough"
asks at all settings, and also for coils, inputs and the first read of each of our register maps.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from edge.modbus.doctor import LineCounts
from edge.modbus.frame import Span
from edge.modbus.master import Exchange, Master
from edge.modbus.recognise import known
from quanho.bus_device import Device, described
from quanho.bus_line import OpenLine, Place, Setting, opened

Depth = Literal["quick", "usual", "thorough"]
FIRST = Span(3, 0, 1)
SECOND = Span(4, 0, 1)
BITS = (Span(1, 0, 1), Span(2, 0, 1))
_LATE_S = 1.0
_LAST_S = 0.6  # for who was asked last
_ASKED_AGAIN = 2  # who was damaged: whether it always is
_NOBODY_THERE = (10, 11)  # a gateway says so
_ALIKE = 8  # ids in a row that all answer, over TCP: the device does not look at the id


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    place: Place
    settings: Sequence[Setting]
    ids: Sequence[int]
    wait_s: float = 0.15
    depth: Depth = "usual"


class Step(NamedTuple):
    """One id was asked: what was found, if anything; how many of how many ids were done."""

    setting: Setting
    unit: int
    found: dict[str, Any] | None
    done: int
    total: int


class Scan:
    """One scan; iterate over it once."""

    def __init__(self, wish: Wish) -> None:
        self.found: list[dict[str, Any]] = []
        self.repeated: set[int] = set()
        self.late: set[int] = set()
        self.heard = LineCounts(is_tcp=wish.place.is_tcp)
        self._wish = wish
        self._done = 0
        self._total = len(wish.settings) * len(wish.ids)
        self._maps = {} if wish.depth == "quick" else known()

    def __iter__(self) -> Iterator[Step]:
        silent: dict[Setting, list[int]] = {}
        for setting in self._wish.settings:
            silent[setting] = yield from self._pass(setting, self._wish.ids, (FIRST,))
        if self._wish.depth == "quick":
            return
        spans = (SECOND, *BITS, *self._first_reads()) if self._wish.depth == "thorough" else (SECOND,)
        settings = [setting for setting in self._wish.settings if self._is_heard(setting)] or self._wish.settings
        if self._wish.depth == "thorough":
            settings = self._wish.settings
        self._total += sum(len(silent[setting]) for setting in settings)
        for setting in settings:
            yield from self._pass(setting, silent[setting], spans)

    def _pass(self, setting: Setting, ids: Sequence[int], spans: Sequence[Span]) -> Generator[Step, None, list[int]]:
        """Ask `ids` for each of `spans` until they answer; return who did not."""
        silent: list[int] = []
        if not ids:
            return silent
        with opened(self._wish.place.at(setting)) as line:
            for unit in ids:
                self._done += 1
                found = self._ask(line, unit, spans, self._wish.wait_s)
                yield Step(setting, unit, found, self._done, self._total)
                if found is None:
                    silent.append(unit)
            line.master.listen(_LAST_S)
            for unit in [unit for unit in silent if (counts := line.master.counts.get(unit)) and counts.late]:
                found = self._ask(line, unit, spans, max(_LATE_S, 4 * self._wish.wait_s))
                if found is not None:
                    silent.remove(unit)
                    self.late.add(unit)
                    yield Step(setting, unit, found, self._done, self._total)
            self.heard = added(self.heard, line.master)
            self.repeated |= {unit for unit, counts in line.master.counts.items() if counts.repeated}
        return silent

    def _ask(self, line: OpenLine, unit: int, spans: Sequence[Span], wait_s: float) -> dict[str, Any] | None:
        is_damaged = False
        for span in spans:
            exchange = line.ask(unit, span, wait_s, is_any_welcome=True)
            if _is_answer(exchange):
                return self._answered(line, unit, span, exchange, wait_s)
            if exchange.outcome == "damaged":
                again = [line.ask(unit, span, wait_s, is_any_welcome=True) for _ in range(_ASKED_AGAIN)]
                for one in again:
                    if _is_answer(one):
                        found = self._answered(line, unit, span, one, wait_s)
                        found["damaged"] = 1
                        return found
                is_damaged = is_damaged or any(one.outcome == "damaged" for one in again)  # once may be noise
        if not is_damaged:
            return None
        found = {**line.place.described(), "id": unit, "answers": "damaged", "latency_ms": None}
        self.found.append(found)
        return found

    def _answered(self, line: OpenLine, unit: int, span: Span, exchange: Exchange, wait_s: float) -> dict[str, Any]:
        found = {
            **line.place.described(),
            "id": unit,
            "answers": f"{exchange.outcome} to {span}",
            "latency_ms": round(exchange.latency_s * 1000, 1),
        }
        self.found.append(found)
        if self._maps and not (self._wish.place.is_tcp and len(self.found) > _ALIKE and self.answers_to_all):
            device = Device(line, unit, max(wait_s, 3 * exchange.latency_s), {span.function})
            found.update(described(device, self._maps, None if line.place.is_tcp else line.place.setting))
        return found

    @property
    def is_tcp(self) -> bool:
        return bool(self._wish.place.host)

    @property
    def answers_to_all(self) -> bool:
        """Whether all that were asked have answered, and alike: over TCP that is one device that does not look at the id."""
        return len(self.found) >= min(self._done, self._total) > _ALIKE and len({one["answers"] for one in self.found}) == 1

    def _is_heard(self, setting: Setting) -> bool:
        described_as = self._wish.place.at(setting).described()
        return any(described_as.items() <= one.items() for one in self.found)

    def _first_reads(self) -> list[Span]:
        firsts = {Span(reads[0].function, reads[0].address, reads[0].length) for _, reads in self._maps.values()}
        return sorted(firsts - {FIRST, SECOND})


def added(line: LineCounts, master: Master) -> LineCounts:
    """Return `line` with what `master` heard besides answers."""
    return LineCounts(
        line.echoes + master.echo_count,
        line.foreign + master.foreign_count,
        line.noise_bytes + master.noise_bytes,
        line.zeros + master.zero_bytes,
        line.is_tcp,
    )


def _is_answer(exchange: Exchange) -> bool:
    if exchange.outcome == "exception":
        return exchange.answer is None or exchange.answer.data[0] not in _NOBODY_THERE
    return exchange.outcome == "answer"
