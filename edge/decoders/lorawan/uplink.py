"""One uplink, whatever network server tells of it, and how its parts are read out of JSON that anybody may have written.

A part that is wrong (an f_cnt as text, data that is no base64) becomes a refusal; the rest of the uplink is kept. Without a device nothing
can be kept.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from edge.decoders.decoder import Refusals, shown
from edge.decoders.timestamps import time_reader
from edge.decoders.values import Unreadable, as_float
from telemetry.errors import RejectedError

MOST_GATEWAYS = 256  # that one uplink is taken to be heard by
_REMEMBERED_EUIS = 10_000
_LONGEST_NAME = 200
_LONGEST_DATA = 2_048  # characters of hex or base64; a frame has 242 bytes at most
_LARGEST_F_CNT = 2**32 - 1
_EUI = re.compile(r"[0-9a-f]{16}")
_BASE64_EUI = re.compile(r"[A-Za-z0-9+/]{11}=")
_rfc3339 = time_reader("rfc3339", None, has_tz=False)
_unix_ms = time_reader("unix_ms", None)


class Heard(NamedTuple):
    """How one gateway heard the uplink."""

    gateway: str
    rssi: float | None
    snr: float | None


class Uplink(NamedTuple):
    """An uplink. `time_ns` is the network server's time of reception; `hints` are names by which a codec may be chosen, best first;
    `battery_percent` is what the device last answered to a status request of the network."""

    eui: str
    name: str
    f_cnt: int | None
    f_port: int | None
    data: bytes | None
    decoded: Mapping[str, Any] | None
    is_normalized: bool
    time_ns: int | None
    frequency_hz: float | None
    spreading_factor: int | None
    heard: Sequence[Heard]
    hints: tuple[str, ...]
    battery_percent: float | None = None
    is_simulated: bool = False
    before: Sequence[Mapping[str, Any]] = ()  # further measurements of a normalised payload

    @property
    def device(self) -> str:
        return self.eui or self.name


def best(heard: Sequence[Heard]) -> Heard | None:
    """Return how the gateway with the best signal heard it: the highest SNR, then RSSI (FSK has no SNR)."""
    return max(heard, key=lambda one: (-1e9 if one.snr is None else one.snr, -1e9 if one.rssi is None else one.rssi), default=None)


class Parts:
    """Reads members of one JSON object, and adds a refusal where one is wrong."""

    __slots__ = ("_message", "_refusals")

    def __init__(self, message: Mapping[str, Any], refusals: Refusals) -> None:
        self._message = message
        self._refusals = refusals

    def table(self, key: str) -> Mapping[str, Any]:
        """Return the object at `key`; empty when there is none."""
        found = self._message.get(key)
        if found is None or isinstance(found, dict):
            return found or {}
        self._refusals.add(f"{key}: {shown(found)} is not an object")
        return {}

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """Return the objects of the array at `key`."""
        found = self._message.get(key)
        if found is None:
            return []
        if not isinstance(found, list):
            self._refusals.add(f"{key}: {shown(found)} is not an array")
            return []
        return [one for one in found[:MOST_GATEWAYS] if isinstance(one, dict)]

    def has_table(self, key: str) -> bool:
        return isinstance(self._message.get(key), dict)

    def normalized(self) -> Sequence[Mapping[str, Any]]:
        """Return the measurements in `normalized_payload` (The Things Stack gives an array of them, or one object)."""
        found = self._message.get("normalized_payload")
        return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict) and one]

    def texts(self, key: str) -> list[str]:
        """Return the texts of the array at `key`, each short and on one line."""
        found = self._message.get(key)
        texts = found[:MOST_GATEWAYS] if isinstance(found, list) else []
        return [_on_one_line(one) for one in texts if isinstance(one, str)]

    def line(self, key: str) -> str:
        """Return the text at `key`, whatever it holds, short and on one line."""
        found = self._message.get(key)
        return _on_one_line(found) if isinstance(found, str) else ""

    def is_true(self, key: str) -> bool:
        return self._message.get(key) is True

    def text(self, key: str) -> str:
        found = self._message.get(key)
        return found.strip()[:_LONGEST_NAME] if isinstance(found, str) and found.isprintable() else ""

    def long_text(self, key: str) -> str:
        found = self._message.get(key)
        return found if isinstance(found, str) and not isinstance(found, Unreadable) else ""

    def whole(self, key: str, most: int) -> int | None:
        """Return a whole number from 0 to `most`."""
        found = self._message.get(key)
        if found is None:
            return None
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= most:
            return found
        self._refusals.add(f"{key}: {shown(found)} is not a whole number from 0 to {most}")
        return None

    def number(self, key: str) -> float | None:
        """Return a number; text is taken where it reads as one (protobuf writes 64-bit numbers as text)."""
        found = self._message.get(key)
        if found is None or found.__class__ is float:  # finite: parse_payload sees to it
            return found
        try:
            return as_float(found) if not isinstance(found, bool) else None
        except ValueError as error:
            self._refusals.add(f"{key}: {error}")
            return None

    def time(self, *keys: str) -> int | None:
        """Return the first readable time of `keys` in ns since 1970 UTC; numbers are milliseconds."""
        for key in keys:
            found = self._message.get(key)
            if found is None or found == "":
                continue
            try:
                return _unix_ms(found) if isinstance(found, int) and not isinstance(found, bool) else _rfc3339(found)
            except (ValueError, OverflowError) as error:
                self._refusals.add(f"{key}: {error}")
        return None

    def data(self, key: str, read: Callable[[str], bytes]) -> bytes | None:
        """Return payload bytes; None when there are none or they are wrong."""
        found = self._message.get(key)
        if found is None or found == "":
            return None
        if not isinstance(found, str) or len(found) > _LONGEST_DATA:
            self._refusals.add(f"{key}: {shown(found)} is not text, or longer than any frame")
            return None
        try:
            return read(found)
        except ValueError as error:
            self._refusals.add(f"{key}: {shown(found)}: {error}")
            return None


def from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None


def from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError("not hex") from None


@lru_cache(_REMEMBERED_EUIS)
def eui_of(text: str) -> str:
    """Return an EUI-64 as 16 hex digits in lower case; "" if it is none. ChirpStack v3 may write it as base64 (protobuf's JSON)."""
    plain = text.lower().replace("-", "").replace(":", "")
    if _EUI.fullmatch(plain):
        return plain
    return base64.b64decode(text).hex() if _BASE64_EUI.fullmatch(text) else ""


def _on_one_line(text: str) -> str:
    line = " ".join(text.split())[:_LONGEST_NAME]
    return line if line.isprintable() else shown(line)


def message_of(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RejectedError(f"{shown(value)}: an object is expected")
    return value


def f_cnt_of(parts: Parts, key: str) -> int | None:
    return parts.whole(key, _LARGEST_F_CNT)
