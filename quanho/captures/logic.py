"""Samples of a logic analyser → edges of each channel.

A sample is `unit_bytes` bytes, little-endian, one bit a channel. Changes are found by searching, not by looking at each sample.
"""

from collections.abc import Sequence

_TABLES = [bytes(byte >> bit & 1 for byte in range(256)) for bit in range(8)]
_LEVELS = (b"\x00", b"\x01")


class ChannelEdges:
    """Finds the edges of one channel; fed chunk by chunk, of whole samples."""

    def __init__(self, channel: int, unit_bytes: int) -> None:
        self._byte, self._bit = divmod(channel, 8)
        self._unit_bytes = unit_bytes
        self.first_level = -1  # before any sample
        self._level = 0

    def feed(self, chunk: bytes, first_sample: int) -> Sequence[int]:
        """Return the numbers of the samples at which the level changes."""
        column = chunk[self._byte :: self._unit_bytes]
        levels = column.translate(_TABLES[self._bit])
        if self.first_level < 0:
            self.first_level = self._level = levels[0]
        edges: list[int] = []
        at = levels.find(_LEVELS[self._level ^ 1])
        while at >= 0:
            self._level ^= 1
            edges.append(first_sample + at)
            at = levels.find(_LEVELS[self._level ^ 1], at)
        return edges
