"""Zigbee2MQTT: what Zigbee devices measure, one topic a device (zigbee2mqtt.io, "MQTT topics and messages")."""

from edge.decoders.zigbee2mqtt.messages import Options, build, recognise

__all__ = ["Options", "build", "recognise"]
