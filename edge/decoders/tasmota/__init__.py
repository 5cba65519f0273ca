"""Tasmota: sensors, energy and state of its devices (tasmota.github.io/docs, "MQTT", "Peripherals", "Commands")."""

from edge.decoders.tasmota.messages import Options, build, recognise

__all__ = ["Options", "build", "recognise"]
