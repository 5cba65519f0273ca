"""Sparkplug B (Eclipse Sparkplug 3.0.0): edge nodes, their devices and metrics → readings; a gap → a request to be born again."""

from edge.decoders.sparkplug.decoder import build
from edge.decoders.sparkplug.options import Options
from edge.decoders.sparkplug.topics import recognise

__all__ = ["Options", "build", "recognise"]
