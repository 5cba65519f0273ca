"""A codec as settings say it → a function of payload and port. Every step goes forward in the payload: work is bounded by its length."""

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from edge.decoders.decoder import Refusals
from edge.decoders.lorawan.codec.settings import (
    MOST_BYTES,
    Cases,
    CodecSettings,
    Flags,
    Group,
    Layout,
    Order,
    Records,
    Tlv,
    Value,
    bytes_like,
)
from edge.decoders.lorawan.codec.values import Short, ValuePlan, plan_of, unix_ns
from telemetry.point import FieldValue

_REMEMBERED_IDS = 1_024
_LETTERS = {"u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "f32": "f", "f64": "d"}  # of struct
_MOST_CASES = 256  # of one range such as "1-10"


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


Step = Callable[[bytes, int | None, Out], None]


class Codec:
    """A compiled codec."""

    def __init__(self, settings: CodecSettings, measurement: str | None = None) -> None:
        """ValueError names the value that does not make sense. `measurement` replaces that of the codec for every field."""
        self.title = settings.title
        self._run = _Compiler(settings, measurement).layout(settings)

    def decode(self, data: bytes, port: int | None) -> Out:
        out = Out()
        if len(data) > MOST_BYTES:
            out.refusals.add(f"payload of {len(data)} bytes: no LoRaWAN frame is that long")
        else:
            self._run(data, port, out)
        return out


class _GroupPlan:
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


@lru_cache(_REMEMBERED_IDS)
def _with_channel(name: str, channel: int | None) -> str:
    return name.replace("{channel}", str(channel))


class _Unknown:
    """A group whose length is not known: reading ends with it."""

    def __init__(self, number: int) -> None:
        self._number = number

    def run(self, data: bytes, start: int, _out: Out) -> int:
        raise Short(f"group {self._number}: its length is not known; the {len(data) - start} bytes from there are left out")


def _read(group: _GroupPlan, data: bytes, start: int, out: Out, if_short: str, channel: int | None = None) -> int | None:
    """Read the group and return where the next one begins; None, with the refusal told, when reading ends here."""
    try:
        return group.run(data, start, out, channel)
    except Short:
        out.refusals.add(if_short)
        return None


def _read_flagged(groups: Sequence[_GroupPlan | _Unknown], word: int, data: bytes, pos: int, out: Out) -> int | None:
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


class _Compiler:
    def __init__(self, settings: CodecSettings, measurement: str | None) -> None:
        self._params = settings.params
        self._measurement = measurement or settings.measurement
        self._replaces = measurement is not None

    def layout(self, layout: Layout, order: Order | None = None) -> Step:
        order = layout.order if "order" in layout.model_fields_set or order is None else order
        step = self._whole(layout, order)
        if layout.every is not None:
            step = _in_frames(step, layout.every)
        return step if layout.tail is None else _of_the_end(step, layout.tail)

    def _whole(self, layout: Layout, order: Order) -> Step:
        if layout.values is not None:
            return _fixed(self._group(Group(values=layout.values), order))
        if layout.tlv is not None:
            return self._tlv(layout.tlv, order)
        if layout.flags is not None:
            return self._flags(layout.flags, order)
        if layout.records is not None:
            return self._records(layout.records, order)
        if layout.cases is not None:
            return self._cases(layout.cases, order)
        return lambda _data, _port, _out: None

    def _group(self, group: Group, order: Order) -> _GroupPlan:
        plans = self._values(group.values, group, order)
        more: dict[int, list[ValuePlan]] = {}
        for key, values in group.more.items():
            further = self._values(values, group, order)
            for number in bytes_like(key):
                more[number] = [*more.get(number, ()), *further]
        for further in (*more.values(), []):
            _refuse_twice([*plans, *further])
        return _GroupPlan(group, plans, more, order)

    def _values(self, values: Sequence[Value], group: Group, order: Order) -> list[ValuePlan]:
        if self._replaces:
            values = [value.model_copy(update={"measurement": None}) for value in values]
        return [plan_of(value, order, self._measurement, group.words, self._params) for value in values]

    def _tlv(self, tlv: Tlv, order: Order) -> Step:
        exact = {bytes.fromhex(key): self._group(group, order) for key, group in tlv.items.items() if "?" not in key}
        loose = [(key, self._group(group, order)) for key, group in tlv.items.items() if "?" in key]
        header, first, trailer, has_before, pad = tlv.header, tlv.at, tlv.trailer, bool(tlv.values), tlv.pad
        before = self._group(Group(values=tlv.values), order)

        def find_group(key: bytes) -> _GroupPlan | None:
            found = exact.get(key)
            if found is None and loose:
                text = key.hex()
                found = next((group for pattern, group in loose if all(a in ("?", b) for a, b in zip(pattern, text, strict=True))), None)
                if found is not None and len(exact) < _REMEMBERED_IDS:
                    exact[key] = found
            return found

        def run(data: bytes, _port: int | None, out: Out) -> None:
            if has_before and _read(before, data, 0, out, f"payload of {len(data)} bytes: shorter than its header") is None:
                return
            pos, data = first, data[: len(data) - trailer]
            while pos < len(data):
                if data[pos] == pad:
                    pos += 1
                    continue
                key = data[pos : pos + header]
                group = find_group(key) if len(key) == header else None
                if group is None:
                    out.refusals.add(
                        f"item {key.hex()} at byte {pos}: unknown to the codec; the {len(data) - pos} bytes from there are left out"
                    )
                    return
                try:
                    pos = group.run(data, pos + header, out, key[0])
                except Short:
                    out.refusals.add(f"item {key.hex()} at byte {pos}: the payload ends within it")
                    return

        return run

    def _flag_group(self, group: Group | Literal["unknown"], number: int, order: Order) -> _GroupPlan | _Unknown:
        return _Unknown(number) if group == "unknown" else self._group(group, order)

    def _flags(self, flags: Flags, order: Order) -> Step:
        groups = [self._flag_group(group, number, order) for number, group in enumerate(flags.groups)]
        known = len(groups)
        before, has_before = self._group(Group(values=flags.values), order), bool(flags.values)
        always = 0
        if flags.after:  # as one group more, whose flag is always set
            always = 1 << known
            groups.append(self._group(Group(values=flags.after), order))
        header, size = max(flags.header, flags.at + flags.size), flags.size
        together = [Group(values=flags.values), *(group for group in flags.groups if group != "unknown"), Group(values=flags.after)]
        _refuse_twice([plan for group in together for plan in self._values(group.values, group, order)])

        def run(data: bytes, _port: int | None, out: Out) -> None:
            if len(data) < header:
                out.refusals.add(f"payload of {len(data)} bytes: shorter than its header")
                return
            if flags.version is not None and data[flags.version[0]] != flags.version[1]:
                out.refusals.add(f"protocol version {data[flags.version[0]]}: the codec reads version {flags.version[1]}")
                return
            word, pos = int.from_bytes(data[flags.at : flags.at + size], flags.order), flags.header
            if word >> known:
                out.refusals.add(f"flags {word:#06x}: the codec knows {known} groups; is this the right model?")
                return
            if (
                has_before
                and _read(before, data, 0, out, f"payload of {len(data)} bytes: shorter than the values before its groups") is None
            ):
                return
            end = _read_flagged(groups, word | always, data, pos, out)
            if end is not None and end < len(data):
                out.refusals.add(f"{len(data) - end} bytes after the last group; is this the right model?")

        return run

    def _records(self, records: Records, order: Order) -> Step:
        group = self._group(Group(values=records.values, length=records.length, apart=records.apart), order)
        before = self._group(Group(values=records.before), order)

        def run(data: bytes, _port: int | None, out: Out) -> None:
            if _read(before, data, 0, out, f"payload of {len(data)} bytes: shorter than its header") is None:
                return
            pos, number = records.at, 0
            while pos < len(data):
                number += 1
                end = _read(group, data, pos, out, f"record at byte {pos}: the payload ends within it", number)
                if end is None or end == pos:
                    return
                pos = end

        return run

    def _cases(self, cases: Cases, order: Order) -> Step:
        steps: dict[int, Step] = {}
        otherwise: Step | None = None
        for key, layout in cases.of.items():
            step = self.layout(layout, order)
            if key == "else":
                otherwise = step
            elif len(numbers := _numbers(key)) > 1:
                steps = dict.fromkeys(numbers, step) | steps  # what is named by itself goes before its range, wherever it stands
            else:
                steps[numbers[0]] = step
        by, size = cases.by, cases.size
        low, mask = (cases.bits[0], (1 << cases.bits[1]) - 1) if cases.bits is not None else (0, -1)

        def run(data: bytes, port: int | None, out: Out) -> None:
            number = port if by == "port" else _number_at(data, by, size)
            if number is not None:
                number = number >> low & mask
            step = steps.get(number, otherwise) if number is not None else otherwise
            if step is None:
                out.refusals.add(f"{'port' if by == 'port' else f'byte {by}'} {number}: the codec has no layout for it")
            else:
                step(data, port, out)

        return run


def _refuse_twice(plans: Sequence[ValuePlan]) -> None:
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


def _of_the_end(step: Step, size: int) -> Step:
    def run(data: bytes, port: int | None, out: Out) -> None:
        if len(data) < size:
            out.refusals.add(f"payload of {len(data)} bytes: shorter than the {size} that are read from its end")
        else:
            step(data[-size:], port, out)

    return run


def _fixed(group: _GroupPlan) -> Step:
    def run(data: bytes, _port: int | None, out: Out) -> None:
        _read(group, data, 0, out, f"payload of {len(data)} bytes: shorter than its values")

    return run


def _in_frames(step: Step, size: int) -> Step:
    def run(data: bytes, port: int | None, out: Out) -> None:
        for start in range(0, max(len(data), 1), size):
            step(data[start : start + size], port, out)

    return run


def _number_at(data: bytes, place: int | str, size: int) -> int | None:
    part = data[int(place) : int(place) + size]
    return int.from_bytes(part, "big") if len(part) == size else None


def _numbers(key: str) -> range:
    low, sign, high = key.partition("-")
    try:
        first, last = int(low, 0), int(high or low, 0)
    except ValueError:
        first, last = 1, 0
    if not 0 <= last - first < _MOST_CASES or (sign and not high):
        raise ValueError(f'case {key!r}: a number, a range such as "1-10", or "else"')
    return range(first, last + 1)
