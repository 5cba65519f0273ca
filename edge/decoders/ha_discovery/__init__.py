"""Home Assistant MQTT discovery, which ESPHome, Zigbee2MQTT, EMS-ESP, OpenMQTTGateway and many more speak: devices say what they send."""

from edge.decoders.ha_discovery.messages import Options, build, recognise

__all__ = ["Options", "build", "recognise"]
