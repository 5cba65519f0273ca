"""Modbus by register maps beside pymodbus (raw registers: serial_lines). Its framer gets each frame whole, as ours does.

The values change from round to round as a meter's do, the requests do not.
"""

import struct
from collections.abc import Callable, Iterator

from bench.rates.case import Case
from edge.decoders.table import build_decoder
from edge.modbus.frame import Span, read_request, rtu
from edge.modbus.plan import reads_of
from edge.modbus.template import load_template

_ROUNDS = 500


def cases() -> Iterator[Case]:
    """Yield a meter with float32 values, and one with whole numbers."""
    yield _template("sdm630", "float32", lambda number, at: struct.pack(">f", 220 + number * 0.07 + at), 2)
    yield _template("pzem004t", "uint16", lambda number, at: struct.pack(">H", (2200 + 7 * number + at) % 5000), 1)


def _template(name: str, type_name: str, value: Callable[[int, int], bytes], registers: int) -> Case:
    frames = _frames(reads_of(load_template(name)), value, registers)
    options = {"slaves": [{"id": 1, "template": name}]}
    return Case(f"modbus, {name}", "pymodbus", len(frames), _ours(frames, options), _peer(frames, type_name, registers))


def _frames(spans: "list[Span] | tuple[Span, ...]", value: Callable[[int, int], bytes], registers: int) -> list[bytes]:
    frames: list[bytes] = []
    for number in range(_ROUNDS):
        for span in spans:
            data = b"".join(value(number, at) for at in range(span.length // registers))
            data = data.ljust(2 * span.length, b"\0")
            frames += [rtu(1, read_request(span)), rtu(1, bytes((span.function, len(data))) + data)]
    return frames


def _ours(frames: list[bytes], options: dict[str, object]) -> Callable[[], int]:
    decoder = build_decoder("modbus", options)
    return lambda: sum(len(decoder.decode("", frame).readings) for frame in frames)


def _peer(frames: list[bytes], type_name: str, registers: int) -> Callable[[], int]:
    """Return pymodbus on the same frames; it also gives one number a value, the way its users ask for them."""
    from pymodbus.client.mixin import ModbusClientMixin
    from pymodbus.framer import FramerRTU
    from pymodbus.pdu import DecodePDU

    requests, answers = FramerRTU(DecodePDU(is_server=True)), FramerRTU(DecodePDU(is_server=False))
    convert = ModbusClientMixin.convert_from_registers
    kind = ModbusClientMixin.DATATYPE[type_name.upper()]

    def reference() -> int:
        found = 0
        for number, frame in enumerate(frames):
            _, pdu = (answers if number % 2 else requests).handleFrame(frame, 0, 0)
            if number % 2 and pdu is not None:
                words = pdu.registers
                found += bool([convert(words[at : at + registers], kind) for at in range(0, len(words), registers)])
        return found

    return reference
