"""UARTs in captures of logic analysers."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanho.captures.capture import Parity, Piece
from quanho.captures.uart import LineFormat, Uart
from tests.quanho.captures.wires import faults, levels, notes, opened, pieces, sr

TEXT = b"Quan ho: 25.3 C\r\n"


@pytest.mark.parametrize(("baud", "samplerate", "bit"), [(9600, "96 kHz", 10), (19_200, "192000 Hz", 10), (115_200, "2.304 MHz", 20)])
@pytest.mark.parametrize("parity", ["none", "even", "odd"])
@pytest.mark.parametrize("idle", [1, 0])
def test_rate_parity_and_polarity_are_found(baud: int, samplerate: str, bit: int, parity: str, idle: int) -> None:
    items = list(opened(sr({"RX": levels(TEXT, bit, parity, idle)}, samplerate)).items())
    assert b"".join(pieces(items)) == TEXT
    inverted = "" if idle else ", inverted"
    assert notes(items) == [f"channel RX: {baud} baud 8{parity[0].upper()}1{inverted}"]
    assert faults(items) == []


@pytest.mark.parametrize("parity", ["none", "even", "odd"])
@pytest.mark.parametrize("gap_bits", [0, 3])
def test_seven_bits_are_found(parity: str, gap_bits: int) -> None:
    """Modbus ASCII is 7E1."""
    items = list(opened(sr({"RX": levels(TEXT * 2, 10, parity, gap_bits=gap_bits, data_bits=7)}, "96 kHz")).items())
    if parity != "none" or not gap_bits:  # with silence behind each byte its stop bit may be an eighth data bit: nothing tells them apart
        assert notes(items) == [f"channel RX: 9600 baud 7{parity[0].upper()}1"]
        assert b"".join(pieces(items)) == TEXT * 2


@given(data=st.binary(min_size=1, max_size=60), parity=st.sampled_from(["none", "even", "odd"]), bit=st.integers(4, 9), cuts=st.data())
@settings(deadline=None)
def test_any_bytes_come_back_in_any_chunks(data: bytes, parity: Parity, bit: int, cuts: st.DataObject) -> None:
    samples = levels(data, bit, parity, gap_bits=0)
    edges = [at for at in range(1, len(samples)) if samples[at] != samples[at - 1]]
    uart = Uart(LineFormat(bit, 9600, 1, parity), samples[0])
    events = []
    start = 0
    for end in [*sorted(cuts.draw(st.lists(st.integers(0, len(samples))))), len(samples)]:
        events += uart.feed([edge for edge in edges if start <= edge < end], end)
        start = end
    events += uart.feed([], len(samples), is_end=True)
    assert bytes(event.value for event in events) == data


@given(data=st.binary(min_size=1, max_size=20), jitter=st.data())
@settings(deadline=None)
def test_edges_may_be_off_by_nearly_a_third_of_a_bit(data: bytes, jitter: st.DataObject) -> None:
    """Long cables and slow drivers: a start bit of another length than the others is usual on RS-485."""
    samples = levels(data, 20)
    edges = [at + jitter.draw(st.integers(-3, 3)) for at in range(1, len(samples)) if samples[at] != samples[at - 1]]
    events = Uart(LineFormat(20, 9600, 1), samples[0]).feed(edges, len(samples), is_end=True)
    assert bytes(event.value for event in events) == data


@given(data=st.binary(min_size=2, max_size=40), permille=st.integers(-30, 30))
@settings(deadline=None)
def test_a_clock_may_be_three_percent_off_without_a_pause_between_bytes(data: bytes, permille: int) -> None:
    """Half a bit in nine and a half is what a receiver can stand; it looks for the next start from the middle of the stop bit on."""
    samples = levels(data, 40, gap_bits=0)
    edges = [at for at in range(1, len(samples)) if samples[at] != samples[at - 1]]
    uart = Uart(LineFormat(40 * (1 + permille / 1000), 9600, 1), samples[0])
    assert bytes(event.value for event in uart.feed(edges, len(samples), is_end=True)) == data


def test_a_capture_that_begins_inside_a_byte_is_still_read_the_right_way_round() -> None:
    line = levels(TEXT * 3, 10, gap_bits=0)[200 + 5 :]
    items = list(opened(sr({"RX": line}, "96 kHz")).items())
    assert notes(items) == ["channel RX: 9600 baud 8N1"]
    assert b"".join(pieces(items)).endswith(TEXT * 2)


def test_channels_are_merged_in_order_of_time() -> None:
    asked, answered = levels(b"\x01\x03", 10), levels(b"\x55\xaa", 10)
    capture = sr({"TX": asked + [1] * len(answered), "RX": [1] * len(asked) + answered, "unused": [0, 0]}, "96 kHz", members=3)
    items = list(opened(capture).items())
    assert b"".join(pieces(items)) == b"\x01\x03\x55\xaa"
    assert pieces(list(opened(capture, where={"channel": "RX"}).items())) == [b"\x55\xaa"]
    gaps = [item.gap_s for item in items if isinstance(item, Piece)]
    assert gaps[0] is None
    assert gaps[1] == pytest.approx(43 / 9600, rel=0.05)  # three bits behind the last byte, twenty at either end


def test_channels_beyond_the_eighth_are_read() -> None:
    lines = {f"D{number}": [1] for number in range(10)} | {"RX": levels(TEXT, 10)}
    assert b"".join(pieces(list(opened(sr(lines, "96 kHz", unit_bytes=2)).items()))) == TEXT


def test_a_byte_without_a_stop_bit_is_refused_and_its_neighbours_kept() -> None:
    line = levels(b"ABC", 10)
    stop_of_b = 200 + 130 + 90
    line[stop_of_b : stop_of_b + 10] = [0] * 10
    items = list(opened(sr({"RX": line}, "96 kHz"), baud=9600, parity="none").items())
    assert b"".join(pieces(items)) == b"AC"
    assert faults(items) == ["framing error, the stop bit is missing (read 42)"]


def test_a_glitch_inside_a_byte_is_told_and_the_byte_kept() -> None:
    line = levels(b"\x00\xff\x00A", 20)
    line[400 + 25] ^= 1
    items = list(opened(sr({"RX": line}, "192 kHz"), baud=9600, parity="none").items())
    assert b"".join(pieces(items)) == b"\x00\xff\x00A"
    assert len(faults(items)) == 1
    assert "glitch" in faults(items)[0]


def test_a_glitch_between_bytes_is_no_byte() -> None:
    line = levels(b"AB", 20)
    line[100] = 0
    items = list(opened(sr({"RX": line}, "192 kHz"), baud=9600, parity="none").items())
    assert b"".join(pieces(items)) == b"AB"
    assert faults(items) == ["glitch of 0.05 bit"]


def test_wrong_parity_is_refused() -> None:
    items = list(opened(sr({"RX": levels(b"AC", 10, "even")}, "96 kHz"), baud=9600, parity="odd").items())
    assert pieces(items) == []
    assert faults(items)  # either says so, or finds no UART


def test_a_byte_that_the_end_cuts_is_told() -> None:
    line = levels(b"AB", 10)[: 200 + 130 + 45]
    items = list(opened(sr({"RX": line}, "96 kHz"), baud=9600, parity="none").items())
    assert pieces(items) == [b"A"]
    assert faults(items) == ["byte cut short by the end of the capture"]


def test_a_pipe_is_read_too() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, content: bytes) -> None:
            self._rest = content

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            piece = self._rest[: len(buffer)]
            buffer[: len(piece)] = piece
            self._rest = self._rest[len(piece) :]
            return len(piece)

    from quanho.captures.table import open_capture

    assert b"".join(open_capture(Pipe(sr({"RX": levels(TEXT, 10)}, "96 kHz")), "-").bytes()) == TEXT  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ("no ini [", "no INI file"),
        ("[device 1]\nx=1\n", "no device with samples"),
        ("[device 1]\ncapturefile=logic-1\nprobe1=A\nunitsize=9\nsamplerate=1 MHz\n", "unitsize 9"),
        ("[device 1]\ncapturefile=logic-1\nprobe1=A\nunitsize=x\nsamplerate=1 MHz\n", "not a whole sigrok capture"),
        ("[device 1]\ncapturefile=logic-1\nunitsize=1\nsamplerate=1 MHz\n", "0 channels"),
        ("[device 1]\ncapturefile=logic-1\nprobe1=A\nunitsize=1\n", "no sample rate"),
        ("[device 1]\ncapturefile=other\nprobe1=A\nunitsize=1\nsamplerate=1 MHz\n", "no samples (other)"),
    ],
)
def test_impossible_metadata_is_said_in_words(metadata: str, reason: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("metadata", metadata)
        archive.writestr("logic-1", b"\x00\x01")
    (told,) = faults(list(opened(content.getvalue()).items()))
    assert reason in told


def test_a_zip_without_metadata_and_a_cut_one_are_said_in_words() -> None:
    whole = sr({"RX": levels(TEXT, 10)}, "96 kHz")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a", b"")
    assert "no metadata" in faults(list(opened(content.getvalue()).items()))[0]
    assert "not a whole sigrok capture" in faults(list(opened(whole[:-30]).items()))[0]


@pytest.mark.parametrize("member", [2, 3, 4])
def test_a_file_that_was_cut_gives_what_was_before(member: int) -> None:
    whole = sr({"RX": levels(TEXT * 30, 10)}, "96 kHz", members=4)
    items = list(opened(whole[: whole.index(b"logic-1-%d" % member) + 60]).items())
    assert b"".join(pieces(items)).startswith(TEXT * (7 * (member - 1)))
    assert "its end is missing" in faults(items)[0]
    assert any("samples end early" in reason for reason in faults(items))


def test_a_file_that_lost_only_its_list_of_contents_gives_all() -> None:
    whole = sr({"RX": levels(TEXT, 10)}, "96 kHz", members=3)
    items = list(opened(whole[: whole.index(b"PK\x01\x02")]).items())
    assert b"".join(pieces(items)) == TEXT
    assert len(faults(items)) == 1


@given(st.data())
def test_a_file_cut_or_damaged_anywhere_is_never_more_than_a_fault(data: st.DataObject) -> None:
    whole = bytearray(sr({"RX": levels(TEXT * 3, 10)}, "96 kHz", members=3))
    whole = whole[: data.draw(st.integers(5, len(whole)), label="cut")]
    for at in data.draw(st.lists(st.integers(4, len(whole) - 1), max_size=4), label="damaged"):
        whole[at] ^= 0xFF
    for item in opened(bytes(whole), "x.sr", "sigrok").items():
        assert item


def test_damaged_samples_give_what_was_before_them() -> None:
    whole = bytearray(sr({"RX": levels(TEXT * 30, 10)}, "96 kHz", members=4))
    at = whole.index(b"logic-1-4") + 60  # in the compressed samples of the last member
    whole[at : at + 20] = b"\xff" * 20
    items = list(opened(bytes(whole)).items())
    assert b"".join(pieces(items)).startswith(TEXT * 10)
    assert any("samples end early" in reason for reason in faults(items))


def test_a_zip_that_unpacks_to_far_too_much_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    import tracemalloc

    monkeypatch.setattr("quanho.captures.sigrok._SAMPLE_BYTES", 64 << 20)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata", "[device 1]\ncapturefile=logic-1\nprobe1=A\nprobe2=B\nunitsize=1\nsamplerate=1 MHz\n")
        with archive.open("logic-1", "w") as member:
            member.write(bytes((0, 3, 3, 3)))
            for _ in range(100):
                member.write(b"\x00" * (1 << 20))
    tracemalloc.start()
    told = faults(list(opened(content.getvalue()).items()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told
    assert peak < 16 << 20
