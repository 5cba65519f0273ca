"""Every talk by the name a config gives it. A new one is one file and its options in `Talking`.

Each module has `Options` (TalkSettings with a literal `kind`) and `build(options) -> Talk`.
"""

from importlib import import_module
from typing import Annotated, cast

from pydantic import Field

from edge.talks import dust, poll
from edge.talks.talk import Talk, TalkSettings

Talking = Annotated[dust.Options | poll.Options, Field(discriminator="kind")]


def build_talk(options: TalkSettings) -> Talk:
    """Return a fresh talk for checked `options`."""
    return cast(Talk, import_module(type(options).__module__).build(options))
