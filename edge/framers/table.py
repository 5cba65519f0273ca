"""Every framer by the name a config gives it. A new one is one file and one row here; a second one makes `Framing` a union.

Each module has `Options` (a frozen settings model with a literal `kind`) and `build(options) -> Framer`.
"""

from importlib import import_module
from typing import cast

from edge.framers import lines
from edge.framers.framer import Framer

FRAMERS = {
    "lines": "edge.framers.lines",
}

Framing = lines.Options


def build_framer(options: Framing) -> Framer:
    """Return a fresh framer for checked `options`."""
    return cast(Framer, import_module(FRAMERS[options.kind]).build(options))
