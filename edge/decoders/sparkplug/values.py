"""A metric's value on the wire → a field value, by its data type (Sparkplug 3.0.0, section 6.4.16).

Integers travel in the unsigned fields int_value (32 bits) and long_value (64 bits): a negative one as its two's complement, of the type's
own width or sign-extended to that of the field; implementations differ, and also in which of the two they use. A Float is what the device
had in mind: the shortest decimal that is the same 32-bit float (12.1, not 12.100000381469727).
"""

from collections.abc import Callable, Mapping

from edge.decoders.sparkplug.schema import DATA_TYPES
from edge.decoders.values import as_float, as_str, shortest_float
from telemetry.point import FieldValue, Unsigned

Read = Callable[[object], FieldValue]

_INTEGERS = {"Int8": 8, "Int16": 16, "Int32": 32, "Int64": 64, "UInt8": 8, "UInt16": 16, "UInt32": 32, "UInt64": 64}
_INT64_MAX = 2**63 - 1
_WIDTHS = {"int_value": 32, "long_value": 64}


def integer(raw: int, width: int, bits: int, *, is_signed: bool) -> int:
    """Return what `raw`, of an unsigned field of `width` bits, is as an integer of `bits`; ValueError if it does not fit."""
    limit = 1 << bits
    if not is_signed:
        if raw < limit:
            return raw
    elif raw < limit:
        return raw - limit if raw >> (bits - 1) else raw
    elif raw - (1 << width) >= -(limit >> 1):
        return raw - (1 << width)
    raise ValueError(f"{raw} does not fit {'Int' if is_signed else 'UInt'}{bits}")


def _integer_reader(width: int, bits: int, *, is_signed: bool) -> Read:
    def read(raw: object) -> FieldValue:
        whole = integer(raw, width, bits, is_signed=is_signed)  # type: ignore[arg-type]
        return whole if whole <= _INT64_MAX else Unsigned(whole)

    return read


def _text(raw: object) -> str:
    if isinstance(raw, bytes):
        raise ValueError("text that is not UTF-8")  # noqa: TRY004 - one kind of refusal for the caller
    return as_str(raw)


def _float32(raw: object) -> float:
    return shortest_float(raw)  # type: ignore[arg-type]


def _readers() -> dict[str, Mapping[str, Read]]:
    readers: dict[str, Mapping[str, Read]] = {
        name: {field: _integer_reader(width, bits, is_signed=name[0] == "I") for field, width in _WIDTHS.items()}
        for name, bits in _INTEGERS.items()
    }
    real: Mapping[str, Read] = {"float_value": _float32, "double_value": as_float}
    readers |= dict.fromkeys(("Float", "Double"), real)
    readers["Boolean"] = {"boolean_value": bool}
    text: Mapping[str, Read] = {"string_value": _text}
    readers |= dict.fromkeys(("String", "Text", "UUID"), text)
    readers["DateTime"] = {"long_value": _integer_reader(64, 64, is_signed=False)}  # ms since 1970 UTC
    readers["Unknown"] = {**real, "boolean_value": bool, "string_value": _text}
    return readers


READERS = _readers()  # by data type, then by the field that holds the value; types that are not here are not stored


def type_name(datatype: int) -> str:
    return DATA_TYPES[datatype] if datatype < len(DATA_TYPES) else f"{datatype}"


def is_integer(datatype: str) -> bool:
    return datatype in _INTEGERS or datatype == "DateTime"
