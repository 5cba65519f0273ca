from contextlib import suppress
from itertools import pairwise
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.mqtt_frames import ControlPacket, MalformedStream, Oversized, Packet, PacketReader, Publish

_LIMIT = 4096
_TOPICS = st.text(st.characters(exclude_characters="+#\0", exclude_categories=["Cs"]), min_size=1, max_size=40)

_CUTS = st.lists(st.integers(0, 9999), max_size=9)


def counted(size: int) -> bytes:
    """The remaining length as MQTT writes it."""
    out = b""
    while size > 127:
        out += bytes((size & 127 | 128,))
        size >>= 7
    return out + bytes((size,))


def packet(head: int, body: bytes) -> bytes:
    return bytes((head,)) + counted(len(body)) + body


def publish_bytes(message: Publish, properties: bytes | None) -> bytes:
    topic = message.topic.encode()
    head = 0x30 | (0x02 if message.packet_id else 0) | (0x08 if message.dup else 0) | message.retain
    packet_id = message.packet_id.to_bytes(2, "big") if message.packet_id else b""
    middle = b"" if properties is None else counted(len(properties)) + properties
    return packet(head, len(topic).to_bytes(2, "big") + topic + packet_id + middle + message.payload)


def wire_bytes(item: Publish | ControlPacket, properties: bytes | None) -> bytes:
    return publish_bytes(item, properties) if isinstance(item, Publish) else packet(item.head, item.body)


@st.composite
def publishes(draw: st.DrawFn) -> Publish:
    topic, payload, packet_id = draw(_TOPICS), draw(st.binary(max_size=300)), draw(st.integers(0, 65_535))
    receipt = crc32(topic.encode() + payload) if packet_id else 0
    return Publish(topic, payload, packet_id, receipt, draw(st.booleans()), draw(st.booleans()))


def control_packets() -> st.SearchStrategy[ControlPacket]:
    heads = st.sampled_from([0x20, 0x40, 0x90, 0xB0, 0xD0, 0xE0])
    return st.builds(ControlPacket, heads, st.binary(max_size=200))


def feed_in_pieces(reader: PacketReader, data: bytes, cuts: list[int]) -> list[Packet]:
    ends = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [found for start, stop in pairwise(ends) for found in reader.feed(data[start:stop])]


@given(
    st.lists(publishes() | control_packets(), max_size=8),
    st.booleans(),
    st.binary(max_size=200),
    st.lists(st.integers(0, 9999), max_size=9),
)
def test_packets_are_the_same_however_the_stream_is_cut(
    packets: list[Publish | ControlPacket], mqtt5: bool, properties: bytes, cuts: list[int]
) -> None:
    wire = b"".join(wire_bytes(item, properties if mqtt5 else None) for item in packets)
    assert feed_in_pieces(PacketReader(mqtt5, _LIMIT), wire, cuts) == packets


@pytest.mark.parametrize("mqtt5", [False, True])
@given(extra=st.integers(1, 200_000), cuts=st.lists(st.integers(0, 300_000), max_size=6))
def test_an_oversized_message_is_passed_over_and_its_neighbours_arrive(mqtt5: bool, extra: int, cuts: list[int]) -> None:
    payload = bytes(range(256)) * ((_LIMIT + extra) // 256 + 1)
    before, after = Publish("a", b"1", 1, crc32(b"a1"), False, False), Publish("a", b"2", 3, crc32(b"a2"), False, False)  # noqa: FBT003
    big = Publish("big/topic", payload, 2, 0, True, False)  # noqa: FBT003
    properties = b"" if mqtt5 else None
    wire = b"".join(publish_bytes(message, properties) for message in (before, big, after))
    seen = feed_in_pieces(PacketReader(mqtt5, _LIMIT), wire, cuts)
    receipt = crc32(b"big/topic" + (b"\0" if mqtt5 else b"") + payload)
    assert seen == [before, Oversized("big/topic", len(publish_bytes(big, properties)), 2, receipt, True), after]  # noqa: FBT003


def test_an_oversized_message_that_is_all_topic_is_reported_at_its_last_byte() -> None:
    wire = publish_bytes(Publish("t" * 5000, b"", 7, 0, False, False), None)  # noqa: FBT003
    assert [type(found) for found in PacketReader(mqtt5=False, max_packet_bytes=_LIMIT).feed(wire)] == [Oversized]


@pytest.mark.parametrize(
    ("wire", "mqtt5", "reason"),
    [
        (b"\x30\xff\xff\xff\xff\x01", False, "more than 4 bytes"),
        (packet(0x34, b"\0\x01a\0\x01x"), False, "QoS 2 or 3"),
        (packet(0x32, b"\0\x01a\0\0x"), False, "packet id 0"),
        (packet(0x32, b"\0\x09a\0\x01"), False, "topic is longer"),
        (packet(0x30, b"\0"), False, "topic is longer"),
        (packet(0x30, b"\0\0x"), False, "topic alias"),
        (packet(0x30, b"\0\x02\xff\xfex"), False, "not UTF-8"),
        (packet(0x30, b"\0\x03a/+x"), False, "wildcard"),
        (packet(0x30, b"\0\x01a\x05x"), True, "properties are longer"),
        (packet(0x30, b"\0\x01a"), True, "properties are longer"),
        (packet(0x90, bytes(_LIMIT)), False, "packet of type 9"),
        (packet(0x30, b"\xff\xff" + bytes(_LIMIT)), False, "topic is longer"),
    ],
)
def test_damage_is_refused_with_its_reason_after_the_good_packets(wire: bytes, mqtt5: bool, reason: str) -> None:
    found = PacketReader(mqtt5, _LIMIT).feed(packet(0xD0, b"") + wire + bytes(70_000))
    assert next(found) == ControlPacket(0xD0, b"")
    with pytest.raises(MalformedStream, match=reason):
        list(found)


@given(st.binary(max_size=400), st.booleans(), st.lists(st.integers(0, 400), max_size=5))
def test_random_bytes_yield_packets_or_damage_and_nothing_else(data: bytes, mqtt5: bool, cuts: list[int]) -> None:
    with suppress(MalformedStream):
        feed_in_pieces(PacketReader(mqtt5, 64), data, cuts)
