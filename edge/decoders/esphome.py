"""ESPHome: the decoder of Home Assistant discovery under the name that a technician looks for; states read without discovery too."""

from edge.decoders.ha_discovery.messages import Options, build, esphome_evidence

__all__ = ["Options", "build", "recognise"]


def recognise(topic: str, payload: bytes) -> str:
    """Return the evidence that this is a message of ESPHome, "" if there is none."""
    return esphome_evidence(topic, payload)
