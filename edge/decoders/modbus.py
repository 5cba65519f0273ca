"""Modbus, polled by us or overheard on a line that somebody else masters: requests and answers → readings by register maps.

A message is one frame or several in the order in which they were on the wire, RTU or Modbus/TCP. An answer does not say what it answers, so
it counts only behind its request: same unit, same function, as much data as was asked for. What is late, foreign or unasked
for is refused by name, and the pair behind it is read. Answers of one message that belong to one device become one reading.

A device without a template gives its registers as they are: measurement `modbus`, fields h100 (holding), i100 (input), c100 (coil), d100
(discrete input), the address counted from 0. Writes are understood and give nothing.
"""

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.decoders.decoder import Decoded, Refusals
from edge.framers import rtu
from edge.modbus.frame import (
    BROADCAST,
    FUNCTIONS,
    LEAST_RTU_BYTES,
    READS,
    Pdu,
    Span,
    has_right_crc,
    open_rtu,
    read_span,
    split_mbap,
)
from edge.modbus.registers import Block, Map
from edge.modbus.template import load_template
from telemetry.errors import ConfigError, RejectedError
from telemetry.point import FieldValue, Reading

_MOST_BYTES = 64 * 1024
_MOST_TOPICS = 1_000
_LETTER = {1: "c", 2: "d", 3: "h", 4: "i"}
_BITS = (1, 2)


class Slave(BaseModel):
    """One device of the line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int = Field(ge=1, le=255, description="its unit id")
    template: str = Field("", description="its register map: a name (quanho decode --list modbus) or a .toml file; none: raw registers")
    device: str = Field("", max_length=255, description="name of the measuring point; default: slave-<id>")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Slave":
        if self.template:
            try:
                load_template(self.template)
            except ConfigError as error:
                raise ValueError("; ".join(map(str, error.problems))) from None
        return self


class Options(BaseModel):
    """Options of decoder `modbus`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slaves: tuple[Slave, ...] = Field((), description="the devices: id, template, device")
    others: Literal["raw", "ignore"] = Field("raw", description="devices that are not among the slaves: raw registers, or nothing")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        ids = [slave.id for slave in self.slaves]
        if len(set(ids)) < len(ids):
            raise ValueError("each slave has an id of its own; one is there twice")
        return self


class _Asked(NamedTuple):
    transaction: int
    pdu: Pdu
    span: Span | None


class _Device(NamedTuple):
    name: str
    map: Map | None


class ModbusDecoder:
    """See the module. Remembers, by topic, the one request that has no answer yet."""

    framing = rtu.Options()

    def __init__(self, options: Options) -> None:
        self._devices = {
            slave.id: _Device(slave.device or f"slave-{slave.id}", Map(load_template(slave.template)) if slave.template else None)
            for slave in options.slaves
        }
        self._takes_others = options.others == "raw"
        self._asked: dict[str, _Asked] = {}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if len(payload) > _MOST_BYTES:
            raise RejectedError(f"{len(payload)} bytes are no exchange of a Modbus line")
        refusals = Refusals()
        blocks: dict[int, list[Block]] = {}
        is_understood = False
        for transaction, pdu in _frames(payload, refusals):
            found = self._take(topic, transaction, pdu, refusals)
            is_understood = True
            if found is not None:
                blocks.setdefault(pdu.unit, []).append(found)
        readings = [reading for unit, told in blocks.items() if (reading := self._reading(unit, told, refusals)) is not None]
        return Decoded(readings, refusals.listed(), is_understood=is_understood)

    def _take(self, topic: str, transaction: int, pdu: Pdu, refusals: Refusals) -> Block | None:
        """Take one frame: remember a request, or return what an answer to it tells."""
        asked = self._asked.get(topic)
        if asked is not None and _answers(asked, transaction, pdu):
            del self._asked[topic]
            return _block(asked, pdu, refusals)
        span = read_span(pdu)
        if span is None and (pdu.function in READS or pdu.function & 0x80):
            refusals.add(_unasked(asked, pdu))
            return None
        if asked is not None:
            refusals.add(f"slave {asked.pdu.unit}: no answer to {asked.span or _name(asked.pdu.function)}")
            del self._asked[topic]
        if pdu.unit != BROADCAST:
            if len(self._asked) >= _MOST_TOPICS:
                del self._asked[next(iter(self._asked))]
            self._asked[topic] = _Asked(transaction, pdu, span)
        return None

    def _reading(self, unit: int, blocks: list[Block], refusals: Refusals) -> Reading | None:
        device = self._devices.get(unit)
        if device is None:
            if not self._takes_others:
                return None
            device = _Device(f"slave-{unit}", None)
        if device.map is None:
            return Reading("modbus", {"device": device.name}, _raw(blocks))
        fields = device.map.fields(blocks, refusals, device.name)
        return Reading(device.map.measurement, {"device": device.name}, fields) if fields else None


def _frames(payload: bytes, refusals: Refusals) -> Iterator[tuple[int, Pdu]]:
    """Yield (transaction, PDU); the transaction is 0 for RTU."""
    if (of_tcp := split_mbap(payload)) is not None:
        yield from of_tcp
        return
    at = 0
    skipped = 0
    while at < len(payload):
        size = rtu.frame_size(payload, at)
        if not size and at == 0 and len(payload) >= LEAST_RTU_BYTES and has_right_crc(payload):
            size = len(payload)  # a function that nobody knows, but whole
        if size:
            yield 0, open_rtu(payload[at : at + size])
            at += size
        else:
            at += 1
            skipped += 1
    if skipped:
        refusals.add(f"{skipped} bytes that are no frame with a right CRC: {payload[:16].hex(' ')}")


def _answers(asked: _Asked, transaction: int, pdu: Pdu) -> bool:
    if (asked.transaction, asked.pdu.unit, asked.pdu.function) != (transaction, pdu.unit, pdu.function & 0x7F):
        return False
    if pdu.function & 0x80:
        return len(pdu.data) == 1
    if asked.span is None:
        return True
    return len(pdu.data) == asked.span.byte_count + 1 and pdu.data[0] == asked.span.byte_count


def _block(asked: _Asked, pdu: Pdu, refusals: Refusals) -> Block | None:
    if pdu.function & 0x80:
        refusals.add(f"slave {pdu.unit}: {pdu.exception} to {asked.span or _name(asked.pdu.function)}")
        return None
    return Block(asked.span, pdu.data[1:]) if asked.span is not None else None


def _unasked(asked: _Asked | None, pdu: Pdu) -> str:
    what = pdu.exception or f"{len(pdu.data) - 1} bytes for {_name(pdu.function)}"
    if asked is None:
        return f"slave {pdu.unit}: {what}, which nobody asked for (late, or its request was lost)"
    return f"slave {pdu.unit}: {what}, while slave {asked.pdu.unit} was asked for {asked.span or _name(asked.pdu.function)}"


def _name(function: int) -> str:
    return FUNCTIONS.get(function & 0x7F, f"function {function & 0x7F}")


def _raw(blocks: list[Block]) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    for span, data in blocks:
        if span.function in _BITS:
            values: Iterable[int] = (data[number // 8] >> number % 8 & 1 for number in range(span.length))
        else:
            values = struct.unpack(f">{span.length}H", data)
        fields.update(zip(_raw_names(span), map(float, values), strict=True))
    return fields


@lru_cache(maxsize=256)
def _raw_names(span: Span) -> tuple[str, ...]:
    return tuple(f"{_LETTER[span.function]}{span.address + number}" for number in range(span.length))


def recognise(topic: str, payload: bytes) -> str:  # noqa: ARG001
    """Return why this looks like Modbus: whole frames with a right CRC, or Modbus/TCP frames, and nothing else."""
    if (of_tcp := split_mbap(payload)) is not None and all(pdu.function & 0x7F in FUNCTIONS for _, pdu in of_tcp):
        return f"{len(of_tcp)} Modbus/TCP frames"
    at = count = 0
    while at < len(payload) <= _MOST_BYTES:
        size = rtu.frame_size(payload, at)
        if not size:
            return ""
        at, count = at + size, count + 1
    return f"{count} Modbus RTU frames with a right CRC" if count else ""


def build(options: Options) -> ModbusDecoder:
    """Return the decoder for checked options."""
    return ModbusDecoder(options)
