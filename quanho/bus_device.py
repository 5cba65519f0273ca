"""One device that answers: what it says it is, and which of our register maps fit what it holds. Only reads, and few of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.modbus.frame import Question, Span
from edge.modbus.identify import MOST_CALLS, REPORT_ID, ask_for, identification, server_id
from edge.modbus.master import Exchange
from edge.modbus.recognise import Fit, Line, fit, ranked
from edge.modbus.template import Template
from quanho.bus_line import OpenLine, Setting
from quanho.lang import say
from telemetry import catalogue

_MOST_FITS = 4
_MOST_VALUES = 4
_SILENT_READS = 2  # of one function in a row: it does not know the function

Maps = Mapping[str, tuple[Template, tuple[Span, ...]]]


class Device:
    """Asks one device; `functions` are those that it has answered."""

    def __init__(self, line: OpenLine, unit: int, wait_s: float, functions: set[int]) -> None:
        self.unit = unit
        self._line = line
        self._wait_s = wait_s
        self._functions = set(functions)
        self._silences: dict[int, int] = {}
        self._read: dict[Span, bytes | None] = {}

    def identity(self) -> dict[str, str]:
        """Return what it says it is, by kind of name; nothing where it does not say."""
        said: dict[str, str] = {}
        following: int | None = 0
        is_regular = False
        for _ in range(MOST_CALLS):
            if following is None:
                break
            data = self._answer(ask_for(following, is_regular=is_regular))
            if data is None:
                break
            part = identification(data)
            said.update(part.texts)
            following = part.next_object
            if following is None and part.is_regular and not is_regular:
                following, is_regular = 3, True
        if (data := self._answer(REPORT_ID)) is not None and (name := server_id(data)):
            said["server_id"] = name
        return said

    def registers(self, spans: Sequence[Span]) -> dict[Span, bytes]:
        """Return what `spans` hold; none of them where the first is refused."""
        held: dict[Span, bytes] = {}
        for span in spans:
            data = self._registers(span)
            if data is None and not held:
                break
            if data is not None:
                held[span] = data
        return held

    def _registers(self, span: Span) -> bytes | None:
        if span in self._read:
            return self._read[span]
        if span.function not in self._functions and self._silences.get(span.function, 0) >= _SILENT_READS:
            return None
        exchange = self._ask(span)
        if exchange.outcome in {"answer", "exception"}:
            self._functions.add(span.function)
        else:
            self._silences[span.function] = self._silences.get(span.function, 0) + 1
        data = exchange.answer.data[1:] if exchange.outcome == "answer" and exchange.answer else None
        self._read[span] = data
        return data

    def _answer(self, question: Question) -> bytes | None:
        exchange = self._ask(question)
        return exchange.answer.data if exchange.outcome == "answer" and exchange.answer else None

    def _ask(self, question: Question) -> Exchange:
        exchange = self._line.ask(self.unit, question, self._wait_s)
        return self._line.ask(self.unit, question, self._wait_s) if exchange.outcome == "damaged" else exchange


def described(device: Device, maps: Maps, setting: Setting | None) -> dict[str, Any]:
    """Return identity and the register maps that fit, for JSON."""
    identity = device.identity()
    line = Line(setting.baud, setting.parity) if setting else None
    fits = []
    for template, reads in maps.values():
        answers = device.registers(reads)
        one = fit(template, answers, unit=device.unit, line=line, identity=tuple(identity.values())) if answers else None
        if one is not None:
            fits.append(one)
    templates = [
        {"template": one.template, "points": one.points, "evidence": evidence(one, maps[one.template][0])}
        for one in ranked(fits)[:_MOST_FITS]
    ]
    return {**identity, "templates": templates}


def evidence(one: Fit, template: Template) -> list[str]:
    """Return why a map fits, in words: values that make sense, how much of it was read, settings that are those of the factory."""
    said = [f"{name} {_number(value)} {_unit(template, name)}".rstrip() for name, value in list(one.values.items())[:_MOST_VALUES]]
    said.append(say(f"{one.given}/{one.asked_for} giá trị đọc được", f"{one.given} of {one.asked_for} values can be read"))
    if one.is_named:
        said.append(say("tự xưng tên này", "it calls itself that"))
    if one.is_factory_line:
        said.append(say(f"{template.baudrate} baud như xuất xưởng", f"{template.baudrate} baud as it leaves the factory"))
    if one.is_factory_id:
        said.append(say(f"địa chỉ {template.unit_id} như xuất xưởng", f"id {template.unit_id} as it leaves the factory"))
    return said


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unit(template: Template, name: str) -> str:
    quantity = catalogue.find(template.measurement, name)
    return quantity.unit if quantity else ""
