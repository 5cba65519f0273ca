"""TCP connections in packet captures."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanho.captures.capture import Piece
from tests.quanho.captures.wires import faults, opened, pcap, pcapng, pieces, tcp

CLIENT, SERVER = ("10.0.0.9", 40_000), ("10.0.0.3", 502)
ASK = bytes.fromhex("000100000006010300000002")
ANSWER = bytes.fromhex("00010000000701030400010002")


def conversation() -> list[bytes]:
    return [
        tcp(CLIENT, SERVER, 99, flags=0x02),
        tcp(SERVER, CLIENT, 499, flags=0x12),
        tcp(CLIENT, SERVER, 100, ASK),
        tcp(SERVER, CLIENT, 500, ANSWER, ack=100 + len(ASK)),
    ]


@pytest.mark.parametrize(("order", "magic"), [("<", 0xA1B2C3D4), (">", 0xA1B2C3D4), ("<", 0xA1B23C4D), (">", 0xA1B23C4D)])
def test_both_directions_come_in_order_of_time_with_the_server_as_topic(order: str, magic: int) -> None:
    items = list(opened(pcap(conversation(), order=order, magic=magic)).items())
    fraction = 500_000 if magic == 0xA1B2C3D4 else 500
    assert items == [
        Piece(ASK, "packet 3: ", "modbus/tcp/10.0.0.3", 1_002_000_000_000 + fraction, None, is_cut=True),
        Piece(ANSWER, "packet 4: ", "modbus/tcp/10.0.0.3", 1_003_000_000_000 + fraction, None, is_cut=True),
    ]


@given(cuts=st.lists(st.integers(1, 3 * len(ASK) - 1), unique=True), data=st.data())
def test_messages_are_the_same_however_they_are_cut_and_shuffled(cuts: list[int], data: st.DataObject) -> None:
    stream = ASK * 3
    ends = [*sorted(cuts), len(stream)]
    starts = [0, *ends[:-1]]
    frames = [tcp(CLIENT, SERVER, 100 + start, stream[start:end]) for start, end in zip(starts, ends, strict=True)]
    shuffled = data.draw(st.permutations(frames[:8])) + frames[8:]
    repeated = shuffled + data.draw(st.lists(st.sampled_from(frames), max_size=5))
    items = list(opened(pcap([tcp(CLIENT, SERVER, 99, flags=0x02), *repeated])).items())
    assert (pieces(items), faults(items)) == ([ASK] * 3, [])


def test_sequence_numbers_wrap() -> None:
    near = 2**32 - 6
    frames = [tcp(CLIENT, SERVER, near - 1, flags=0x02), tcp(CLIENT, SERVER, near, ASK), tcp(CLIENT, SERVER, near + len(ASK), ASK)]
    assert pieces(list(opened(pcap(frames)).items())) == [ASK, ASK]


def test_what_is_sent_again_with_more_behind_it_gives_only_what_is_new() -> None:
    frames = [tcp(CLIENT, SERVER, 100, ASK), tcp(CLIENT, SERVER, 100, ASK + ASK), tcp(CLIENT, SERVER, 106, ASK[6:] + ASK)]
    assert pieces(list(opened(pcap(frames)).items())) == [ASK, ASK]


def test_what_is_missing_is_told_once_it_was_acknowledged() -> None:
    late = tcp(CLIENT, SERVER, 100 + 2 * len(ASK), ASK)
    acknowledged = tcp(SERVER, CLIENT, 500, ANSWER, ack=100 + 3 * len(ASK))
    items = list(opened(pcap([*conversation()[:3], late, acknowledged])).items())
    assert pieces(items) == [ASK, ASK, ANSWER]
    assert faults(items) == ["12 bytes of the connection are not in the capture"]


def test_a_message_with_a_wrong_length_costs_only_itself() -> None:
    wrong = ASK[:5] + b"\x04" + ASK[6:]
    frames = [tcp(CLIENT, SERVER, 100 + number * len(ASK), data) for number, data in enumerate([wrong, ASK, ASK])]
    assert pieces(list(opened(pcap(frames)).items()))[-2:] == [ASK, ASK]


def test_modbus_on_another_port_is_known_by_its_looks_and_the_rest_is_handed_on() -> None:
    frames = [tcp(CLIENT, ("10.0.0.4", 1502), 1, ASK), tcp(CLIENT, ("10.0.0.5", 80), 1, b"GET / HTTP/1.1\r\n\r\n")]
    topics = [item.topic for item in opened(pcap(frames)).items() if isinstance(item, Piece)]
    assert topics == ["modbus/tcp/10.0.0.4", "tcp/10.0.0.5:80"]
    assert len(pieces(list(opened(pcap(frames), where={"server": "10.0.0.5"}).items()))) == 1


def _ipv6() -> bytes:
    segment = struct.pack(">HHIIBBHHH", 40_000, 502, 1, 0, 0x50, 0x18, 512, 0, 0) + ASK
    hop_by_hop = bytes((6, 0, 1, 4, 0, 0, 0, 0))
    return (
        struct.pack(">IHBB", 6 << 28, len(hop_by_hop) + len(segment), 0, 64)
        + bytes(15)
        + b"\x01"
        + bytes(15)
        + b"\x02"
        + hop_by_hop
        + segment
    )


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (1, tcp(CLIENT, SERVER, 1, ASK)),
        (1, tcp(CLIENT, SERVER, 1, ASK)[:12] + b"\x81\x00\x00\x05\x08\x00" + tcp(CLIENT, SERVER, 1, ASK)[14:]),
        (101, tcp(CLIENT, SERVER, 1, ASK)[14:]),
        (113, bytes(14) + b"\x08\x00" + tcp(CLIENT, SERVER, 1, ASK)[14:]),
        (276, b"\x08\x00" + bytes(18) + tcp(CLIENT, SERVER, 1, ASK)[14:]),
        (0, b"\x02\x00\x00\x00" + tcp(CLIENT, SERVER, 1, ASK)[14:]),
        (101, _ipv6()),
        (1, bytes(12) + b"\x86\xdd" + _ipv6()),
    ],
)
def test_link_layers(link_type: int, frame: bytes) -> None:
    assert pieces(list(opened(pcap([frame], link_type)).items())) == [ASK]


def test_padding_behind_a_short_packet_is_no_data() -> None:
    frames = [tcp(CLIENT, SERVER, 1, flags=0x10) + bytes(6), tcp(CLIENT, SERVER, 1, ASK)]
    assert pieces(list(opened(pcap(frames)).items())) == [ASK]


@pytest.mark.parametrize("at", range(16))
def test_a_damaged_head_of_a_packet_costs_its_neighbours_nothing(at: int) -> None:
    """The third of six requests; flipping what says nothing of its place costs not even the packet itself."""
    frames = [tcp(CLIENT, SERVER, 100 + number * len(ASK), ASK) for number in range(6)]
    content = bytearray(pcap(frames))
    content[24 + 2 * (16 + len(frames[0])) + at] ^= 0xFF
    items = list(opened(bytes(content)).items())
    assert len(pieces(items)) == (5 if faults(items) else 6)
    assert "nothing behind" not in " ".join(faults(items))


def test_a_capture_whose_heads_are_all_damaged_ends() -> None:
    head = struct.pack("<IIII", 1000, 2**31, 60, 60)
    content = pcap([]) + (head + bytes(60) + struct.pack("<IIII", 1000, 0, 4, 4) + bytes(4)) * 2000
    assert len(faults(list(opened(content, format_name="pcap").items()))) < 500


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pcap([])[:20], "first 24 bytes"),
        (pcap([], link_type=147), "link type 147"),
        (pcap(conversation())[:-5], "cut short"),
        (pcap(conversation()) + b"\x00" * 7, "cut short"),
        (pcap([]) + struct.pack("<IIII", 0, 0, 2**31, 2**31), "cannot be"),
        (pcap([tcp(CLIENT, SERVER, 1)[:20]]), "no IPv4 header"),
        (pcap([b"\x00" * 5]), "link header"),
    ],
)
def test_what_is_broken_is_said_in_words(content: bytes, reason: str) -> None:
    assert reason in " ".join(faults(list(opened(content, format_name="pcap").items())))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("resolution", [None, 3, 9])
def test_pcapng_gives_the_same(order: str, resolution: int | None) -> None:
    items = list(opened(pcapng(conversation(), order=order, resolution=resolution)).items())
    times = [item.time_ns for item in items if isinstance(item, Piece)]
    assert (pieces(items), times) == ([ASK, ANSWER], [1_002_000_000_000, 1_003_000_000_000])


def test_each_section_of_a_pcapng_describes_its_own_interfaces() -> None:
    """Two captures joined with cat: the second counts in ns."""
    items = list(opened(pcapng(conversation()) + pcapng(conversation(), resolution=9), format_name="pcapng").items())
    assert {item.time_ns // 10**12 for item in items if isinstance(item, Piece) and item.time_ns} == {1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pcapng(conversation())[:-5], "cut short"),
        (pcapng(conversation(), link_type=147), "link type 147"),
        (pcapng(conversation())[:28] + pcapng(conversation())[48:], "not described"),
        (pcapng([]) + struct.pack("<II", 6, 2**31), "which cannot be"),
        (pcapng([])[:8] + b"abcd", "byte order"),
    ],
)
def test_what_is_broken_in_pcapng_is_said_in_words(content: bytes, reason: str) -> None:
    assert reason in " ".join(faults(list(opened(content, format_name="pcapng").items())))
