"""Modbus, polled by us or overheard on a line that somebody else masters: requests and answers → readings by register maps.

A message is one frame or several in the order in which they were on the wire, RTU or Modbus/TCP. An answer does not say what it answers, so
it counts only behind its request (edge/modbus/pairing.py). What is late, foreign or unasked for is refused by name, and the pair behind it
is read. Answers of one message that belong to one device become one reading; one more begins where a field comes again.

A device without a template gives its registers as they are: measurement `modbus`, fields h100 (holding), i100 (input), c100 (coil), d100
(discrete input), the address counted from 0. Writes are understood and give nothing.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.decoders.decoder import UNDERSTOOD, Decoded, Refusals
from edge.framers import rtu
from edge.modbus.frame import BROADCAST, FUNCTIONS, READS, Pdu, answer_size, has_right_crc, open_rtu, read_span, split_mbap
from edge.modbus.pairing import Asked, Pairing, Told
from edge.modbus.registers import Block, Map, raw_fields
from edge.modbus.template import load_template
from telemetry.errors import ConfigError, RejectedError
from telemetry.point import FieldValue, Reading

_MOST_BYTES = 64 * 1024
_MOST_TOPICS = 1_000
_REQUEST_BYTES = 8


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


class _Device(NamedTuple):
    name: str
    map: Map | None


class ModbusDecoder:
    """See the module. Remembers, by topic, the requests that have no answer yet."""

    framing = rtu.Options()

    def __init__(self, options: Options) -> None:
        self._devices: dict[int, _Device] = {
            slave.id: _Device(slave.device or f"slave-{slave.id}", Map(load_template(slave.template)) if slave.template else None)
            for slave in options.slaves
        }
        self._takes_others = options.others == "raw"
        self._lines: dict[str, Pairing] = {}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        line = self._line(topic)
        asked = line.only
        told: Sequence[Told] | None = None
        if asked is not None:
            if (found := _answer_to(asked, payload)) is not None:
                line.answered()
                told = (found,)
        elif line.is_idle:
            if (request := _read_request(payload)) is not None:
                line.ask(request)
                return UNDERSTOOD
            told = _exchanges(payload)
        if told is None:
            return self._decode_frames(line, payload)
        refusals = Refusals()
        readings = self._readings(told, refusals)
        return Decoded(readings, refusals.listed(), is_understood=True)

    def _decode_frames(self, line: Pairing, payload: bytes) -> Decoded:
        if len(payload) > _MOST_BYTES:
            raise RejectedError(f"{len(payload)} bytes are no exchange of a Modbus line")
        refusals = Refusals()
        told: list[Told] = []
        count = 0
        for transaction, pdu in _frames(payload, refusals):
            count += 1
            if (found := line.take(transaction, pdu, refusals)) is not None:
                told.append(found)
        if count > 1 and (found := line.release()) is not None:  # nothing of this exchange comes later
            told.append(found)
        return Decoded(self._readings(told, refusals), refusals.listed(), is_understood=count > 0)

    def _line(self, topic: str) -> Pairing:
        line = self._lines.get(topic)
        if line is None:
            if len(self._lines) >= _MOST_TOPICS:
                del self._lines[next(iter(self._lines))]
            line = self._lines[topic] = Pairing()
        return line

    def _readings(self, told: Sequence[Told], refusals: Refusals) -> list[Reading]:
        """Return one reading a device; one more where a field comes again, which is the next round of a capture."""
        readings: list[Reading] = []
        now: dict[str, tuple[Reading, dict[str, FieldValue]]] = {}
        for unit, block in told:
            device = self._devices.get(unit)
            if device is None:
                if not self._takes_others:
                    continue
                device = _Device(f"slave-{unit}", None)
            if device.map is None:
                measurement, fields = "modbus", raw_fields(block)
            else:
                measurement, fields = device.map.measurement, device.map.fields((block,), refusals, device.name)
            if not fields:
                continue
            _, before = now.get(device.name, (None, None))
            if before is not None and before.keys().isdisjoint(fields):
                before.update(fields)
            else:
                readings.append(reading := Reading(measurement, {"device": device.name}, fields))
                now[device.name] = (reading, fields)
        return readings


@lru_cache(maxsize=1024)
def _read_request(payload: bytes) -> Asked | None:
    """Return the request of a serial line to read, None for any other frame. Masters ask for the same again and again."""
    if len(payload) != _REQUEST_BYTES or payload[1] not in READS or payload[0] == BROADCAST or not has_right_crc(payload):
        return None
    pdu = open_rtu(payload)
    span = read_span(pdu)
    return None if span is None else Asked(pdu, span)


def _answer_to(asked: Asked, frame: bytes) -> Told | None:
    """Return what a frame of a serial line tells if it is the answer to `asked`, a read."""
    if asked.span is None or frame[:3] != asked.answer_head or len(frame) != asked.answer_size or not has_right_crc(frame):
        return None
    return Told(frame[0], Block(asked.span, frame[3:-2]))


def _exchanges(payload: bytes) -> list[Told] | None:
    """Return what a round of our own reads tells, answer behind request on a serial line; None for anything else."""
    told: list[Told] = []
    at = 0
    while at < len(payload):
        asked = _read_request(payload[at : at + _REQUEST_BYTES])
        if asked is None:
            return None
        at += _REQUEST_BYTES
        found = _answer_to(asked, payload[at : at + asked.answer_size])
        if found is None:
            return None
        told.append(found)
        at += asked.answer_size
    return told or None


def _frames(payload: bytes, refusals: Refusals) -> Iterator[tuple[int, Pdu]]:
    """Yield (transaction, PDU); the transaction is 0 for RTU.

    RTU goes first: 01 04 00 00 00 02 71 cb, two registers from 0, also has the form of Modbus/TCP, but not by chance a right CRC.
    """
    sizes = list(_rtu_sizes(payload))
    if sum(sizes) < len(payload) and (of_tcp := split_mbap(payload)) is not None:
        yield from of_tcp
        return
    at = 0
    for size in sizes:
        yield 0, open_rtu(payload[at : at + size])
        at += size
    if at < len(payload):
        yield from _frames_among_noise(payload, at, refusals)


def _rtu_sizes(payload: bytes) -> Iterator[int]:
    """Yield the bytes of each frame, as long as one follows the other."""
    at, before = 0, b""
    is_one_answer = answer_size(payload) == len(payload) and has_right_crc(payload)
    while at < len(payload):
        size = len(payload) if is_one_answer else rtu.frame_size(payload, at, before)
        if not size and at == 0 and has_right_crc(payload):
            size = len(payload)  # a function that nobody knows, but whole
        if not size:
            return
        yield size
        before = payload[at : at + size]
        at += size


def _frames_among_noise(payload: bytes, at: int, refusals: Refusals) -> Iterator[tuple[int, Pdu]]:
    first, skipped, before = at, 0, b""
    while at < len(payload):
        size = rtu.frame_size(payload, at, before)
        if size:
            before = payload[at : at + size]
            yield 0, open_rtu(before)
        else:
            skipped += 1
        at += size or 1
    if skipped:
        refusals.add(f"{skipped} bytes that are no frame with a right CRC: {payload[first : first + 16].hex(' ')}")


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like Modbus: whole frames with a right CRC, or Modbus/TCP frames, and nothing else."""
    sizes = list(_rtu_sizes(payload)) if len(payload) <= _MOST_BYTES else []
    if sizes and sum(sizes) == len(payload):
        return f"{len(sizes)} Modbus RTU frames with a right CRC"
    if (of_tcp := split_mbap(payload)) is not None and all(pdu.function & 0x7F in FUNCTIONS for _, pdu in of_tcp):
        return f"{len(of_tcp)} Modbus/TCP frames"
    return ""


def build(options: Options) -> ModbusDecoder:
    """Return the decoder for checked options."""
    return ModbusDecoder(options)
