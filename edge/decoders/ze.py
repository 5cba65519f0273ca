"""Winsen ZE modules for gases (ZE03, ZE07, ZE08, ZE12, ZE14, ZE15, ZE25, ZE27) and ZH modules for dust (ZH03, ZH06).

Source: Winsen's manuals of ZE03 2.8, ZE07-CO 1.2, ZE07-CH2O and ZE08-CH2O 1.0, ZE25-O3 1.0, ZH03B 2.1. 9600 baud 8N1.

    FF │ gas │ unit │ decimals │ value (2) │ full range (2) │ cs      9 bytes, every second by itself ("initiative upload")
    FF │ 86 │ ...                                          │ cs      9 bytes, answer to FF 01 86 00 00 00 00 00 79; what is in it, the
                                                                     option `model` says:
        ZE03, ZE07-CO        value (2), 4 reserved, in ppm or tenths of a ppm
        ZE07-CH2O, ZE08 ...  value in ug/m3 (2), 2 reserved, value in ppb (2)
        ZH03, ZH06           PM2.5 (2), PM10 (2), PM1 (2), in ug/m3
    42 4D │ 00 14 or 00 1C │ ... PM1, PM2.5, PM10 at 10, 12, 14 │ sum16      24 or 32 bytes, ZH03 and ZH06 by themselves

Numbers are big-endian. cs is the negated low byte of the sum of bytes 1 to 7. value = number / 10^decimals, in unit 03 = ppm or 04 = ppb
(O2: % of volume). Gases of the catalogue become ug/m3 at 25 °C and 760 mmHg (units.gas_mass), from ppb, also where a module tells ug/m3 as
well: that number is for another temperature. Other gases are stored in ppm.
"""

from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from edge.decoders.decoder import UNDERSTOOD, Decoded
from edge.decoders.mhz19 import SIZE, check
from edge.framers import header
from runtime.settings import Settings
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading
from telemetry.units import GAS_G_PER_MOL, convert, gas_mass

GASES = {
    0x02: "nh3",
    0x03: "h2s",
    0x04: "co",
    0x05: "o2",
    0x06: "h2",
    0x07: "ch4",
    0x08: "c2h4",
    0x17: "hcho",
    0x1B: "c6h6",
    0x2A: "o3",
    0x2B: "so2",
    0x2C: "no2",
    0x2E: "hcl",
    0x2F: "hcn",
    0x31: "cl2",
    0x33: "hf",
    0x34: "eto",
    0x45: "ph3",
}
UNITS = {0x03: "ppm", 0x04: "ppb"}
GasName = Literal[
    "nh3", "h2s", "co", "o2", "h2", "ch4", "c2h4", "hcho", "c6h6", "o3", "so2", "no2", "hcl", "hcn", "cl2", "hf", "eto", "ph3"
]
_IN_TENTHS = frozenset({"so2", "no2", "o2", "cl2", "o3", "hcl", "hcn", "ph3", "eto"})  # ZE03: ranges to 20 ppm, and O2
_ANSWER = 0x86
_COMMANDS = (0x78, 0x79, 0x87, 0x88, 0xA7)
_MOST_DECIMALS = 4
_DUST_SIZES = {24: b"\x42\x4d\x00\x14", 32: b"\x42\x4d\x00\x1c"}

FRAMING = header.Options(
    shapes=(
        *(
            header.Shape(header=f"ff{code:02x}", size=SIZE, checksum="sum8_negated", checksum_from=1)
            for code in (*GASES, _ANSWER, *_COMMANDS)
        ),
        *(header.Shape(header=start.hex(), size=size, checksum="sum16_be") for size, start in _DUST_SIZES.items()),
    ),
    max_frame_bytes=32,
)


class _Model(NamedTuple):
    layout: Literal["ppm", "tenths", "ppb", "dust"]
    gas: str = ""  # "" where the option `gas` has to say it


_MODELS = {
    "ze03": _Model("ppm"),
    "ze07-co": _Model("tenths", "co"),
    "ze15-co": _Model("tenths", "co"),
    "ze07-ch2o": _Model("ppb", "hcho"),
    "ze08-ch2o": _Model("ppb", "hcho"),
    "ze12": _Model("ppb"),
    "ze14-o3": _Model("ppb", "o3"),
    "ze25-o3": _Model("ppb", "o3"),
    "ze27-o3": _Model("ppb", "o3"),
    "zh03": _Model("dust"),
    "zh06": _Model("dust"),
}
ModelName = Literal["ze03", "ze07-co", "ze15-co", "ze07-ch2o", "ze08-ch2o", "ze12", "ze14-o3", "ze25-o3", "ze27-o3", "zh03", "zh06"]


class Options(Settings):
    """Options of decoder `ze`."""

    model: ModelName | None = Field(None, description="the module, for answers to questions (ff 86), which do not tell it; else not needed")
    gas: GasName | None = Field(None, description="its gas, for answers of ze03 and ze12, which are made for several")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        fixed = _MODELS[self.model].gas if self.model else ""
        if self.gas and fixed and self.gas != fixed:
            raise ValueError(f"{self.model} measures {fixed}, not {self.gas}")
        if self.model in {"ze03", "ze12"} and not self.gas:
            raise ValueError(f'{self.model} is made for several gases; say which, for example gas = "no2"')
        return self


class ZeDecoder:
    """Decoder `ze`."""

    framing = FRAMING

    def __init__(self, options: Options) -> None:
        self._model = _MODELS[options.model] if options.model else None
        self._gas = options.gas or (self._model.gas if self._model else "")

    def decode(self, topic: str, payload: bytes) -> Decoded:  # noqa: ARG002 - a serial line has no topics
        if payload[:2] == b"\x42\x4d":
            return _dust(payload)
        check(payload)
        kind = payload[1]
        if kind in GASES:
            return _uploaded(GASES[kind], payload)
        if kind == _ANSWER:
            return self._answered(payload)
        if kind in _COMMANDS:
            return UNDERSTOOD
        raise RejectedError(f"unknown gas {kind:02x}")

    def _answered(self, payload: bytes) -> Decoded:
        if self._model is None:
            raise RejectedError('an answer ff 86 does not tell its gas: set the option model, for example "ze08-ch2o"')
        first, second, third = (payload[at] << 8 | payload[at + 1] for at in (2, 4, 6))
        if self._model.layout == "dust":
            return _pm(third, first, second)
        if self._model.layout == "ppb":
            return _gas(self._gas, float(third), "ppb")
        is_tenths = self._model.layout == "tenths" or self._gas in _IN_TENTHS
        return _gas(self._gas, first / 10 if is_tenths else float(first), "ppm")


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like a ZE or ZH module: an upload with a known gas and unit, or a dust frame that is no Plantower's."""
    if _DUST_SIZES.get(len(payload)) == payload[:4] and sum(payload[:-2]) == payload[-2] << 8 | payload[-1]:
        is_dust = any(payload[10:16]) and not any(payload[4:10])
        return f"{len(payload)}-byte frame 42 4d of a Winsen ZH dust module, its first three numbers zero" if is_dust else ""
    is_frame = len(payload) == SIZE and payload[0] == 0xFF and not sum(payload[1:]) & 0xFF
    is_unit = payload[2:3] != b"" and (payload[2] in UNITS or GASES.get(payload[1]) == "o2")
    if is_frame and payload[1] in GASES and is_unit and payload[3] <= _MOST_DECIMALS and any(payload[6:8]):
        return f"9-byte upload ff {payload[1]:02x} {payload[2]:02x} of a Winsen ZE module for {GASES[payload[1]]}, checksum right"
    return ""


def build(options: Options) -> ZeDecoder:
    """Return the decoder."""
    return ZeDecoder(options)


def _uploaded(gas: str, payload: bytes) -> Decoded:
    unit, decimals = payload[2], payload[3]
    if decimals > _MOST_DECIMALS:
        raise RejectedError(f"{decimals} decimals of a 16-bit number")
    if unit not in UNITS and gas != "o2":
        raise RejectedError(f"unknown unit {unit:02x}; known: 03 ppm, 04 ppb")
    number, full = payload[4] << 8 | payload[5], payload[6] << 8 | payload[7]
    bits = quality.OUT_OF_RANGE if 0 < full < number else quality.GOOD
    return _gas(gas, number / 10**decimals, UNITS.get(unit, ""), bits)


def _gas(gas: str, value: float, unit: str, bits: int = quality.GOOD) -> Decoded:
    fields: dict[str, FieldValue]
    if gas == "o2":
        fields = {"o2": value}
    elif gas in GAS_G_PER_MOL:
        fields = {gas: gas_mass(convert(value, unit, "ppb"), gas)}
    else:
        fields = {f"{gas}_ppm": convert(value, unit, "ppm")}
    return Decoded((Reading("air", {}, fields, None, bits),))


def _dust(payload: bytes) -> Decoded:
    if _DUST_SIZES.get(len(payload)) != payload[:4]:
        raise RejectedError(f"no dust frame begins with {payload[:4].hex(' ')} and has {len(payload)} bytes")
    if sum(payload[:-2]) != payload[-2] << 8 | payload[-1]:
        raise RejectedError("wrong checksum")
    return _pm(*(payload[at] << 8 | payload[at + 1] for at in (10, 12, 14)))


def _pm(pm1: int, pm2_5: int, pm10: int) -> Decoded:
    return Decoded((Reading("air", {}, {"pm1": float(pm1), "pm2_5": float(pm2_5), "pm10": float(pm10)}),))
