"""NMEA 0183 sentences → readings: receivers (decoder.py, sentences.py) and the sky that they see (sky.py)."""

from edge.decoders.nmea.decoder import Options, build, recognise

__all__ = ["Options", "build", "recognise"]
