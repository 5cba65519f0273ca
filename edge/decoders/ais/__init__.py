"""AIS sentences of ships → readings: fragments.py joins the sentences of one message, messages.py says what it tells."""

from edge.decoders.ais.decoder import Options, build, recognise

__all__ = ["Options", "build", "recognise"]
