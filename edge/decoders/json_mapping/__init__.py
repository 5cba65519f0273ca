"""JSON messages → readings, by a mapping of paths (options.py), or every number of the message where none is given (flatten.py)."""

from edge.decoders.json_mapping.mapping import build
from edge.decoders.json_mapping.options import Options

__all__ = ["Options", "build"]
