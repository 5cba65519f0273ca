"""Groups of values of a payload, read one after the other, into what the payload says."""

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from edge.decoders.decoder import Refusals
from edge.decoders.lorawan.codec.settings import Group, Order
from edge.decoders.lorawan.codec.values import Short, ValuePlan, unix_ns
from telemetry.point import FieldValue

_REMEMBERED_NAMES = 1_024
_LETTERS = {"u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "f32": "f", "f64": "d"}  # of struct


class Entry(NamedTuple):
    """What a payload says of one moment: fields by measurement; time in ns since 1970 UTC, None: the time of the uplink."""

    time_ns: int | None
    fields: dict[str, dict[str, FieldValue]]


class Out:
    """Collects what one payload gives."""

    def __init__(self) -> None:
        self.fields: dict[str, dict[str, FieldValue]] = {}
        self.time_ns: int | None = None
        self.apart: list[Entry] = []
        self.refusals = Refusals()

    @property
    def entries(self) -> list[Entry]:
        return [Entry(self.time_ns, self.fields), *self.apart]


class GroupPlan:
    """Values that stand together, from `start` of the payload."""

    def __init__(self, group: Group, plans: Sequence[ValuePlan], more: Mapping[int, Sequence[ValuePlan]], order: Order) -> None:
        self._plans = plans
        self._more = more
        self._by = group.by
        self._length = group.length
        self._apart = group.apart
        self._words = struct.Struct(f"{'>' if order == 'big' else '<'}{group.words}H") if group.words else None
        self._all_at_once = self._of_plain_numbers(group, order)

    @staticmethod
    def _of_plain_numbers(group: Group, order: Order) -> struct.Struct | None:
        """Return what reads the whole group in one step, if it is numbers one after the other: most are."""
        if group.apart or group.words or group.length is not None or group.by is not None or not group.values:
            return None
        letters = [_LETTERS.get(value.type) for value in group.values]
        if None in letters or any(value.at is not None or value.bits or value.is_time or value.order for value in group.values):
            return None
        return struct.Struct(f"{'>' if order == 'big' else '<'}{''.join(filter(None, letters))}")

    def run(self, data: bytes, start: int, out: Out, channel: int | None = None) -> int:
        """Read the group and return where the next one begins; Short when the payload ends before."""
        if self._all_at_once is not None:
            end = start + self._all_at_once.size
            if end > len(data):
                raise Short
            for plan, raw in zip(self._plans, self._all_at_once.unpack_from(data, start), strict=True):
                _store(plan, raw, (), out.fields, out, channel)
            return end
        words: tuple[float, ...] = ()
        end = start + (self._length or 0)
        if self._words is not None:
            end = max(end, start + self._words.size)
        if end > len(data):
            raise Short
        if self._words is not None:
            words = self._words.unpack_from(data, start)
        if not self._apart:
            pos, out.time_ns = self._read_each(data, start, words, out.fields, out, channel, out.time_ns)
        else:
            entry: dict[str, dict[str, FieldValue]] = {}
            pos, time_ns = self._read_each(data, start, words, entry, out, channel, None)
            out.apart.append(Entry(time_ns, entry))
        return max(pos, end)

    def _read_each(
        self,
        data: bytes,
        start: int,
        words: tuple[float, ...],
        fields: dict[str, dict[str, FieldValue]],
        out: Out,
        channel: int | None,
        time_ns: int | None,
    ) -> tuple[int, int | None]:
        """Read value by value; return where the group ends, and the time that stands among them."""
        pos = furthest = start
        for plan in self._of(data, start):
            if plan.at is not None:
                pos = start + plan.at
            part, pos = plan.bytes_of(data, pos)
            furthest = max(furthest, pos)
            if plan.kind == "time":
                time_ns = unix_ns(plan.unpack(part)) or None
            elif plan.kind != "skip":
                _store(plan, plan.unpack(part), words, fields, out, channel)
        return furthest, time_ns

    def _of(self, data: bytes, start: int) -> Sequence[ValuePlan]:
        if self._by is None:
            return self._plans
        if start + self._by >= len(data):
            raise Short
        return (*self._plans, *self._more.get(data[start + self._by], ()))


class UnknownGroup:
    """A group whose length is not known: reading ends with it."""

    def __init__(self, number: int) -> None:
        self._number = number

    def run(self, data: bytes, start: int, _out: Out) -> int:
        raise Short(f"group {self._number}: its length is not known; the {len(data) - start} bytes from there are left out")


def read_group(group: GroupPlan, data: bytes, start: int, out: Out, if_short: str, channel: int | None = None) -> int | None:
    """Read the group and return where the next one begins; None, with the refusal told, when reading ends here."""
    try:
        return group.run(data, start, out, channel)
    except Short:
        out.refusals.add(if_short)
        return None


def read_flagged(groups: Sequence[GroupPlan | UnknownGroup], word: int, data: bytes, pos: int, out: Out) -> int | None:
    """Read the groups whose bits are set in `word` and return where they end; None, with the refusal told, when reading ends before."""
    number = 0
    try:
        for number, group in enumerate(groups):
            if word >> number & 1:
                pos = group.run(data, pos, out)
    except Short as short:
        out.refusals.add(str(short) or f"group {number}: the payload ends within it")
        return None
    return pos


def refuse_twice(plans: Sequence[ValuePlan]) -> None:
    """Of two values with one name only the last would be kept."""
    seen: set[tuple[str, str]] = set()
    for plan in plans:
        field = (plan.measurement, plan.name)
        if plan.kind in {"skip", "time"}:
            continue
        if field in seen:
            raise ValueError(
                f"{plan.measurement} {plan.name}: two values that come together have this name, and one would be lost; rename one"
            )
        seen.add(field)


def _store(
    plan: ValuePlan, raw: float | str, words: tuple[float, ...], fields: dict[str, dict[str, FieldValue]], out: Out, channel: int | None
) -> None:
    name = _with_channel(plan.name, channel) if plan.has_channel else plan.name
    try:
        value = plan.stored(raw, words)
    except (ValueError, ArithmeticError) as error:
        out.refusals.add(f"field {name}: {error}")
        return
    if value is not None:
        group = fields.get(plan.measurement)
        if group is None:
            group = fields[plan.measurement] = {}
        group[name] = value


@lru_cache(_REMEMBERED_NAMES)
def _with_channel(name: str, channel: int | None) -> str:
    return name.replace("{channel}", str(channel))
