"""Shelly devices of all generations: Gen1 by topics, later ones by RPC and status topics (shelly-api-docs.shelly.cloud)."""

from edge.decoders.shelly.messages import Options, build, recognise

__all__ = ["Options", "build", "recognise"]
