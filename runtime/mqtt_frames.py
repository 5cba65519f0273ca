"""MQTT packets out of a byte stream, for a receiver that takes whole socket reads (MQTT 3.1.1 and 5, sections 2 and 3.3).

A packet is one byte of type and flags, the remaining length in 1 to 4 bytes of 7 bits (low first, top bit = more), then that
many bytes. A PUBLISH holds: u16 length and topic, u16 packet id if QoS 1, in MQTT 5 the length of the properties (coded like
the remaining length) and the properties, then the payload.

Memory is bounded: a PUBLISH above `max_packet_bytes` is passed over as it streams in (only its topic, packet id and CRC are
kept); another packet above it is damage. After damage the stream cannot be trusted: `MalformedStream`, drop the connection.
"""

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

_PUBLISH = 0x30
_TOPIC_CACHE_ENTRIES = 10_000


class MalformedStream(ValueError):
    """The bytes are not MQTT as we asked for it: disconnect, giving the reason."""


class Publish(NamedTuple):
    """A message as it came. `packet_id` is 0 for QoS 0; `receipt` is the CRC-32 of topic and payload, 0 for QoS 0."""

    topic: str
    payload: bytes
    packet_id: int
    receipt: int
    dup: bool
    retain: bool


class Oversized(NamedTuple):
    """A message too large to take, `size` bytes on the wire. `receipt` as in `Publish` (over any MQTT 5 properties too)."""

    topic: str
    size: int
    packet_id: int
    receipt: int
    dup: bool


class ControlPacket(NamedTuple):
    """Any packet that is not a PUBLISH: its first byte and what follows the remaining length."""

    head: int
    body: bytes


Packet = Publish | Oversized | ControlPacket


class PacketReader:
    """Cuts a stream of one connection into packets."""

    def __init__(self, mqtt5: bool, max_packet_bytes: int) -> None:
        self._mqtt5 = mqtt5
        self._limit = max_packet_bytes
        self._tail = bytearray()  # an incomplete packet
        self._needed = 0  # bytes the tail must hold before it is worth another look
        self._passing: Oversized | None = None
        self._left = 0  # bytes of `_passing` still to come
        self._topics: dict[bytes, str] = {}

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Yield the packets that `data` completes; exhaust it before feeding more. Raises MalformedStream after the good ones."""
        if self._tail:
            self._tail += data
            if len(self._tail) < self._needed:
                return
            data = bytes(self._tail)
            self._tail.clear()
        at, end = 0, len(data)
        while at < end:
            if self._passing:
                at = self._pass_over(self._passing, data, at)
            else:
                body, size = _remaining_length(data, at + 1, "remaining length")
                stop = body + size
                oversized = size >= 0 and stop - at > self._limit
                if oversized:
                    stop = self._begin_to_pass(data, at, body, stop)
                if size < 0 or stop > end:
                    self._tail += data[at:]
                    self._needed = stop - at
                    return
                if not oversized:
                    head = data[at]
                    yield self._publish(head, data, body, stop) if head & 0xF0 == _PUBLISH else ControlPacket(head, data[body:stop])
                at = stop
            if self._passing and not self._left:
                yield self._passing
                self._passing = None

    def _publish(self, head: int, data: bytes, at: int, stop: int) -> Publish:
        raw_topic, packet_id, at = _publish_head(head, data, at, stop)
        topic = self._topics.get(raw_topic) or self._topic(raw_topic)
        if self._mqtt5:
            at, size = _remaining_length(data, at, "property length")
            at += size
            if size < 0 or at > stop:
                raise MalformedStream("properties are longer than their packet")
        payload = data[at:stop]
        receipt = crc32(payload, crc32(raw_topic)) if packet_id else 0
        return Publish(topic, payload, packet_id, receipt, head & 0x08 != 0, head & 0x01 != 0)

    def _topic(self, raw: bytes) -> str:
        if not raw:
            raise MalformedStream("empty topic: a topic alias, though we announced none")
        try:
            topic = raw.decode()
        except UnicodeDecodeError as error:
            raise MalformedStream(f"topic {raw!r} is not UTF-8") from error
        if "\0" in topic or "+" in topic or "#" in topic:
            raise MalformedStream(f"topic {topic!r} holds a wildcard or NUL")
        if len(self._topics) >= _TOPIC_CACHE_ENTRIES:  # random topics must not grow the cache
            self._topics.clear()
        self._topics[raw] = topic
        return topic

    def _begin_to_pass(self, data: bytes, at: int, body: int, stop: int) -> int:
        """Note the packet from `at` to `stop` as one to pass over, if its head is in `data`; return where that head ends."""
        head = data[at]
        if head & 0xF0 != _PUBLISH:
            raise MalformedStream(f"a packet of type {head >> 4} has {stop - body} bytes")
        head_end = body + 2 + int.from_bytes(data[body : body + 2], "big") + (2 if head & 0x06 else 0)
        if len(data) < body + 2 or len(data) < head_end:
            return max(head_end, body + 2)
        raw_topic, packet_id, head_end = _publish_head(head, data, body, stop)
        receipt = crc32(raw_topic) if packet_id else 0
        self._passing = Oversized(self._topic(raw_topic), stop - at, packet_id, receipt, head & 0x08 != 0)
        self._left = stop - head_end
        return head_end

    def _pass_over(self, packet: Oversized, data: bytes, at: int) -> int:
        stop = min(at + self._left, len(data))
        self._left -= stop - at
        if packet.packet_id:
            self._passing = packet._replace(receipt=crc32(memoryview(data)[at:stop], packet.receipt))
        return stop


def _publish_head(head: int, data: bytes, at: int, stop: int) -> tuple[bytes, int, int]:
    """Return raw topic, packet id (0 for QoS 0) and where the rest starts."""
    topic_at = at + 2
    topic_end = topic_at + int.from_bytes(data[at:topic_at], "big")
    qos = head & 0x06
    at = topic_end + 2 if qos else topic_end
    if at > stop or stop < topic_at:
        raise MalformedStream("topic is longer than its packet")
    if not qos:
        return data[topic_at:topic_end], 0, at
    if qos != 2:
        raise MalformedStream("a message of QoS 2 or 3, though we subscribe with at most 1")
    packet_id = int.from_bytes(data[topic_end:at], "big")
    if not packet_id:
        raise MalformedStream("packet id 0")
    return data[topic_at:topic_end], packet_id, at


def _remaining_length(data: bytes, at: int, what: str) -> tuple[int, int]:
    """Return where the counted bytes start and how many they are; -1 when `data` ends before the number does."""
    size = shift = 0
    for byte in data[at : at + 4]:
        at += 1
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            return at, size
        shift += 7
    if shift == 28:
        raise MalformedStream(f"{what} has more than 4 bytes")
    return at, -1
