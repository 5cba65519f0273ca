"""A picture that a board offers, and the chunks of it that the gateway asked for (docs/specs/link.md, section 7)."""

from firmware_bridge.link.messages import CHUNK_BYTES, NOT_WANTED, Chunk, Message, Picture, Want

OFFER_AGAIN_S = 1.0
ASKED_AGAIN_WITHIN_S = 5.0  # else the gateway may have forgotten, or its last word was lost: offer again
_NEVER = float("inf")


class Pictures:
    """The one picture of a board, if it has one."""

    def __init__(self) -> None:
        self._number = 0
        self._data: bytes | None = None
        self._sha256 = b""
        self._taken_s = 0.0
        self._is_asked_for = False
        self._offered_s = -_NEVER
        self._offset = 0
        self._chunks = 0
        self._asked_s = -_NEVER

    @property
    def is_offering(self) -> bool:
        """Whether a picture is not forgotten yet."""
        return self._data is not None

    def offer(self, data: bytes, sha256: bytes, now_s: float) -> int:
        """Take a picture in the place of the last one; return its number."""
        self._number = (self._number + 1) & 0xFFFF
        self._data, self._sha256, self._taken_s = data, sha256, now_s
        self.session_began()
        return self._number

    def session_began(self) -> None:
        """Offer again: nobody asked for anything."""
        self._is_asked_for, self._offered_s, self._chunks = False, -_NEVER, 0

    def wanted(self, want: Want, now_s: float) -> None:
        """Take the gateway's wish; one for another picture is ignored."""
        if self._data is None or want.picture != self._number:
            return
        if want.offset in (len(self._data), NOT_WANTED):
            self._data = None
        elif want.offset < len(self._data):
            self._is_asked_for, self._asked_s = True, now_s
            self._offset, self._chunks = want.offset, want.chunks

    def due_s(self) -> float:
        """When `next_message` has something."""
        if self._data is None:
            return _NEVER
        if not self._is_asked_for:
            return self._offered_s + OFFER_AGAIN_S
        return -_NEVER if self._chunks else self._asked_s + ASKED_AGAIN_WITHIN_S

    def next_message(self, now_s: float) -> Message | None:
        """Return the offer or the next chunk, if one is due."""
        if self._data is None or now_s < self.due_s():
            return None
        if not self._chunks:
            self._is_asked_for, self._offered_s = False, now_s
            age_ms = min(round((now_s - self._taken_s) * 1000), 0xFFFF_FFFF)
            return Picture(self._number, len(self._data), self._sha256, age_ms)
        chunk = Chunk(self._number, self._offset, self._data[self._offset : self._offset + CHUNK_BYTES])
        self._offset += len(chunk.data)
        self._chunks = self._chunks - 1 if self._offset < len(self._data) else 0
        self._asked_s = now_s
        return chunk
