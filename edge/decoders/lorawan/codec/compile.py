"""A codec as settings say it → a function of payload and port. Every step goes forward in the payload: work is bounded by its length."""

from collections.abc import Callable, Sequence
from typing import Literal

from edge.decoders.lorawan.codec.groups import GroupPlan, Out, UnknownGroup, read_flagged, read_group, refuse_twice
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
from edge.decoders.lorawan.codec.values import Short, ValuePlan, plan_of

_REMEMBERED_IDS = 1_024
_MOST_CASES = 256  # of one range such as "1-10"


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

    def _group(self, group: Group, order: Order) -> GroupPlan:
        plans = self._values(group.values, group, order)
        more: dict[int, list[ValuePlan]] = {}
        for key, values in group.more.items():
            further = self._values(values, group, order)
            for number in bytes_like(key):
                more[number] = [*more.get(number, ()), *further]
        for further in (*more.values(), []):
            refuse_twice([*plans, *further])
        return GroupPlan(group, plans, more, order)

    def _values(self, values: Sequence[Value], group: Group, order: Order) -> list[ValuePlan]:
        if self._replaces:
            values = [value.model_copy(update={"measurement": None}) for value in values]
        return [plan_of(value, order, self._measurement, group.words, self._params) for value in values]

    def _tlv(self, tlv: Tlv, order: Order) -> Step:
        exact = {bytes.fromhex(key): self._group(group, order) for key, group in tlv.items.items() if "?" not in key}
        loose = [(key, self._group(group, order)) for key, group in tlv.items.items() if "?" in key]
        header, first, trailer, has_before, pad = tlv.header, tlv.at, tlv.trailer, bool(tlv.values), tlv.pad
        before = self._group(Group(values=tlv.values), order)

        def find_group(key: bytes) -> GroupPlan | None:
            found = exact.get(key)
            if found is None and loose:
                text = key.hex()
                found = next((group for pattern, group in loose if all(a in ("?", b) for a, b in zip(pattern, text, strict=True))), None)
                if found is not None and len(exact) < _REMEMBERED_IDS:
                    exact[key] = found
            return found

        def run(data: bytes, _port: int | None, out: Out) -> None:
            if has_before and read_group(before, data, 0, out, f"payload of {len(data)} bytes: shorter than its header") is None:
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

    def _flag_group(self, group: Group | Literal["unknown"], number: int, order: Order) -> GroupPlan | UnknownGroup:
        return UnknownGroup(number) if group == "unknown" else self._group(group, order)

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
        refuse_twice([plan for group in together for plan in self._values(group.values, group, order)])

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
                and read_group(before, data, 0, out, f"payload of {len(data)} bytes: shorter than the values before its groups") is None
            ):
                return
            end = read_flagged(groups, word | always, data, pos, out)
            if end is not None and end < len(data):
                out.refusals.add(f"{len(data) - end} bytes after the last group; is this the right model?")

        return run

    def _records(self, records: Records, order: Order) -> Step:
        group = self._group(Group(values=records.values, length=records.length, apart=records.apart), order)
        before = self._group(Group(values=records.before), order)

        def run(data: bytes, _port: int | None, out: Out) -> None:
            if read_group(before, data, 0, out, f"payload of {len(data)} bytes: shorter than its header") is None:
                return
            pos, number = records.at, 0
            while pos < len(data):
                number += 1
                end = read_group(group, data, pos, out, f"record at byte {pos}: the payload ends within it", number)
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


def _of_the_end(step: Step, size: int) -> Step:
    def run(data: bytes, port: int | None, out: Out) -> None:
        if len(data) < size:
            out.refusals.add(f"payload of {len(data)} bytes: shorter than the {size} that are read from its end")
        else:
            step(data[-size:], port, out)

    return run


def _fixed(group: GroupPlan) -> Step:
    def run(data: bytes, _port: int | None, out: Out) -> None:
        read_group(group, data, 0, out, f"payload of {len(data)} bytes: shorter than its values")

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
