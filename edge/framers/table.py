"""Every framer by the name a config gives it. A new one is one file, one row here, and its options in `Framing`.

Each module has `Options` (FramerSettings with a literal `kind`) and `build(options) -> Framer`.
"""

from importlib import import_module
from typing import Annotated, cast

from pydantic import BeforeValidator, Field, TypeAdapter

from edge.framers import cobs, header, length, lines, nmea, rtu, shdlc, slip
from edge.framers.framer import Framer, FramerSettings

FRAMERS = {
    "lines": "edge.framers.lines",
    "header": "edge.framers.header",
    "rtu": "edge.framers.rtu",
    "nmea": "edge.framers.nmea",
    "cobs": "edge.framers.cobs",
    "slip": "edge.framers.slip",
    "shdlc": "edge.framers.shdlc",
    "length": "edge.framers.length",
}

Framing = Annotated[
    Annotated[
        lines.Options | header.Options | rtu.Options | nmea.Options | cobs.Options | slip.Options | shdlc.Options | length.Options,
        Field(discriminator="kind"),
    ],
    BeforeValidator(lambda given: {"kind": "lines", **given} if isinstance(given, dict) else given),
]
FRAMING: TypeAdapter[FramerSettings] = TypeAdapter(Framing)


def build_framer(options: FramerSettings) -> Framer:
    """Return a fresh framer for checked `options`."""
    return cast(Framer, import_module(type(options).__module__).build(options))
