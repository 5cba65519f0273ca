"""A Home Assistant decoder that was told of entities, and what it then reads."""

import json

from edge.decoders.decoder import Decoded, Decoder
from edge.decoders.table import build_decoder


def fresh() -> Decoder:
    return build_decoder("ha_discovery", {})


def tell(decoder: Decoder, what: str, config: dict[str, object] | bytes) -> Decoded:
    payload = config if isinstance(config, bytes) else json.dumps(config).encode()
    return decoder.decode(f"homeassistant/{what}/config", payload)


def told_sensor(**config: object) -> Decoder:
    decoder = fresh()
    decoded = tell(decoder, "sensor/box/s1", {"state_topic": "box/s1", "device": {"name": "Box"}, **config})
    assert not decoded.refusals
    return decoder


def values(decoder: Decoder, payload: str, topic: str = "box/s1") -> dict[str, object]:
    decoded = decoder.decode(topic, payload.encode())
    assert not decoded.refusals
    return {f"{one.measurement}.{name}": value for one in decoded.readings for name, value in one.fields.items()}
