"""First readings of boards that do not speak the link: a decoder of the gateway's on what the board says."""

from collections.abc import Iterable, Mapping
from typing import Any

from edge.decoders.table import build_decoder
from edge.framers.framer import FramerSettings
from edge.framers.lines import Options as Lines
from edge.framers.table import build_framer
from firmware_bridge.flash.job import Take
from firmware_bridge.flash.plausible import Reading
from telemetry import catalogue, point
from telemetry.errors import RejectedError
from telemetry.said import said


def take_with(name: str, options: Mapping[str, Any]) -> Take:
    """Return what turns bytes of the line into readings. ConfigError where there is no such decoder or option."""
    decoder = build_decoder(name, options)
    framer = build_framer(decoder.framing if isinstance(decoder.framing, FramerSettings) else Lines())
    framer.restart(mid_frame=True)

    def take(data: bytes) -> Iterable[Reading]:
        for frame in framer.feed(data):
            try:
                decoded = decoder.decode("", frame)
            except RejectedError:
                continue
            yield from map(_judged, decoded.readings)

    return take


def _judged(reading: point.Reading) -> Reading:
    values = {name: value for name, value in reading.fields.items() if isinstance(value, bool | int | float)}
    why = []
    for name, value in values.items():
        quantity = catalogue.find(reading.measurement, name)
        if quantity is not None and not quantity.is_plausible(float(value)):
            vi = f"{reading.measurement} {name} là {value:g}, ngoài khoảng {quantity.low} đến {quantity.high}"
            why.append(said(vi, f"{reading.measurement} {name} is {value:g}, outside {quantity.low} to {quantity.high}"))
    return Reading(reading.measurement, values, reading.quality, tuple(why))
