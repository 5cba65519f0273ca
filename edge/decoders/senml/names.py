"""A record's name → device and field.

`urn:dev:ow:10e2073a0108006:voltage` is field `voltage` of device `urn:dev:ow:10e2073a0108006`. A name is cut at its last separator, but
never inside a device URN (RFC 9039: `urn:dev:` type `:` identifier). A name that is a device's alone gets its field from the unit.
"""

import re

from edge.decoders.decoder import shown
from edge.decoders.senml.units import BARE_FIELD, FIELDS
from edge.field_plan import stored_name

LONGEST_NAME = 256  # characters
_DEVICE_URN = re.compile(r"urn:dev:[a-z0-9]+:[^:/]+", re.IGNORECASE)


def cut(name: str, separators: str) -> tuple[str, str]:
    """Return (device, rest); either may be empty."""
    urn = _DEVICE_URN.match(name)
    at = max((name.rfind(separator) for separator in separators), default=-1)
    if urn and at < urn.end():
        return name, ""
    if at < 0:
        return "", name
    return (name[:at], name[at + 1 :]) if at + 1 < len(name) else (name, "")


def field_name(rest: str, unit: str | None) -> str:
    """Return the field for what a name says beyond its device, or for the unit if it says nothing more."""
    if rest:
        return stored_name(stored_name(rest))  # what is stored is not named anew ("_" → "f_" → "f")
    return FIELDS.get(unit) or stored_name(f"{BARE_FIELD}_{unit}") if unit else BARE_FIELD


def check_name(name: str) -> None:
    """ValueError if a name, base name and all, names nothing or cannot be shown."""
    if not name:
        raise ValueError("no name (n, bn)")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"name {shown(name)} is no printable text of at most {LONGEST_NAME} characters")
