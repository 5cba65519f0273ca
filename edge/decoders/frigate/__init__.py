"""Frigate: what its cameras see, as counts and events (docs.frigate.video, "MQTT" and "HTTP API: events")."""

from edge.decoders.frigate.messages import Options, build, recognise

__all__ = ["Options", "build", "recognise"]
