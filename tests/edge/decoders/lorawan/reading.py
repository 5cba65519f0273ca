"""What a codec makes of a payload."""

from typing import Any

from edge.decoders.lorawan.codec.groups import Entry, Out
from edge.decoders.lorawan.codec.library import load


def run(codec: str | dict[str, Any], payload: str, port: int | None = 1) -> Out:
    return load(codec).decode(bytes.fromhex(payload), port)


def entries(codec: str | dict[str, Any], payload: str, port: int | None = 1) -> list[Entry]:
    """Return what it says now, and then what the device kept; nothing may be refused."""
    out = run(codec, payload, port)
    assert not out.refusals.listed(), out.refusals.listed()
    return out.entries


def flat(entry: Entry) -> dict[str, Any]:
    """Return the fields of all measurements."""
    return {name: value for group in entry.fields.values() for name, value in group.items()}


def fields(codec: str | dict[str, Any], payload: str, port: int | None = 1) -> dict[str, Any]:
    """Return what the payload says now."""
    return flat(entries(codec, payload, port)[0])


def reasons(codec: str | dict[str, Any], payload: str, port: int | None = 1) -> list[str]:
    return [refusal.reason for refusal in run(codec, payload, port).refusals.listed()]
