"""Acknowledgements as bytes: a successful PUBACK is 0x40, 0x02 and the packet id, in MQTT 3.1.1 and 5 alike (section 3.4)."""

import struct
from collections.abc import Sequence

_PUBACK = 0x4002_0000


def pubacks(packet_ids: Sequence[int]) -> bytes:
    """Return one PUBACK for each packet id, in order, as one piece of bytes for one write."""
    return struct.pack(f">{len(packet_ids)}I", *[_PUBACK | packet_id for packet_id in packet_ids])
