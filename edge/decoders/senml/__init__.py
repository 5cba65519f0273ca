"""SenML packs (RFC 8428), as JSON or CBOR → readings. XML and EXI are refused with the reason."""

from edge.decoders.senml.decoder import build
from edge.decoders.senml.options import Options
from edge.decoders.senml.payload import recognise

__all__ = ["Options", "build", "recognise"]
