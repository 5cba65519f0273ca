"""The decoder of a source that decodes what it gets itself, and hands readings to the intake: no message ever comes to it."""

from typing import Literal

from edge.decoders.decoder import Decoded, Decoder
from telemetry.errors import RejectedError


class _SelfDecoded:
    framing: Literal["message"] = "message"

    def decode(self, topic: str, payload: bytes) -> Decoded:  # noqa: ARG002
        raise RejectedError("this source decodes its messages itself")


SELF_DECODED: Decoder = _SelfDecoded()
