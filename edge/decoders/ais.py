"""AIS: ships and buoys on the river (ITU-R M.1371-5, by the package pyais), out of NMEA sentences !AIVDM and !AIVDO.

A message of several sentences is put together first: at most PARTIAL of them wait, the oldest is given up. Positions (types 1 to 4, 9, 18,
19, 21, 27) and what a ship says of itself (5, 19, 24) become readings of measurement `vessel`, tag `device` the MMSI; values that mean "not
available" are left out. All other types are understood and give nothing.
"""

from typing import Any

from edge.decoders.decoder import UNDERSTOOD, Decoded, shown
from edge.framers import nmea
from runtime.settings import Settings
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

PARTIAL = 100
_KNOT = 1852 / 3600
_POSITIONS = (1, 2, 3, 4, 9, 18, 19, 21, 27)
_NUMBERS = {"speed": 102.2, "course": 359.9, "heading": 359, "alt": 4094, "draught": 25.5, "ship_type": 255, "aid_type": 31}  # highest
_TEXTS = {"shipname": "name", "name": "name", "callsign": "callsign", "destination": "destination"}
_NAMES = {"alt": "altitude"}
_MOST_PARTS = 9


class Options(Settings):
    """Decoder `ais` has no options."""


class AisDecoder:
    """Decoder `ais`."""

    framing = nmea.Options()

    def __init__(self) -> None:
        self._partial: dict[tuple[str, str, str], dict[int, bytes]] = {}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        sentence = payload.strip()
        parts = sentence.split(b",")
        if sentence[:1] != b"!" or len(parts) < 7 or len(sentence) > 200:
            raise RejectedError(f"{shown(sentence[:20])} is no AIS sentence")
        if parts[0][3:] not in {b"VDM", b"VDO"}:
            return UNDERSTOOD
        whole = self._whole(topic, parts, sentence)
        if whole is None:
            return UNDERSTOOD
        message = _message(whole)
        fields = _fields(message)
        if not fields:
            return UNDERSTOOD
        return Decoded((Reading("vessel", {"device": f"{message['mmsi']:0>9}"}, fields),))

    def _whole(self, topic: str, parts: list[bytes], sentence: bytes) -> list[bytes] | None:
        """Return all sentences of the message, None while some are missing."""
        if not parts[1].isdigit() or not parts[2].isdigit() or not 1 <= int(parts[2]) <= int(parts[1]) <= _MOST_PARTS:
            raise RejectedError(f"{shown(sentence[:20])}: part {shown(parts[2])} of {shown(parts[1])}")
        total, number = int(parts[1]), int(parts[2])
        if total == 1:
            return [sentence]
        key = (topic, parts[3][:4].decode("latin-1"), parts[4][:2].decode("latin-1"))
        if number == 1 or key not in self._partial:
            self._partial.pop(key, None)
            if len(self._partial) >= PARTIAL:
                del self._partial[next(iter(self._partial))]
            self._partial[key] = {}
        held = self._partial[key]
        held[number] = sentence
        if sorted(held) != list(range(1, total + 1)):
            return None
        del self._partial[key]
        return [held[at] for at in range(1, total + 1)]


def _message(sentences: list[bytes]) -> dict[str, Any]:
    from pyais import decode

    try:
        return dict(decode(*sentences).asdict())
    except Exception as error:  # noqa: BLE001 - whatever a library makes of hostile bits, the message is no AIS
        raise RejectedError(f"no AIS message: {shown(str(error) or type(error).__name__)}") from None


def _fields(message: dict[str, Any]) -> dict[str, FieldValue]:
    kind = message.get("msg_type")
    fields: dict[str, FieldValue] = {}
    if kind in _POSITIONS:
        latitude, longitude = message.get("lat"), message.get("lon")
        if latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180:
            fields["latitude"], fields["longitude"] = float(latitude), float(longitude)
    if kind in {*_POSITIONS, 5, 24}:
        for name, most in _NUMBERS.items():
            value = message.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
                fields[_NAMES.get(name, name)] = round(float(value) * _KNOT, 4) if name == "speed" else float(value)
        for name, stored in _TEXTS.items():
            text = message.get(name)
            if isinstance(text, str) and text.strip():
                fields[stored] = text.strip()
    return fields


def recognise(topic: str, payload: bytes) -> str:  # noqa: ARG001
    """Return why this looks like AIS: an encapsulated sentence of a ship's radio."""
    return "AIS sentence !AIVDM or !AIVDO" if payload.lstrip()[:1] == b"!" and payload.lstrip()[3:6] in {b"VDM", b"VDO"} else ""


def build(options: Options) -> AisDecoder:  # noqa: ARG001
    """Return the decoder."""
    return AisDecoder()
