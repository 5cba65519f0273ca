"""No file, however broken, breaks a reader or fills the memory."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.decoders.table import build_decoder
from quanho.captures.capture import Fault, Piece
from quanho.captures.payloads import payloads
from quanho.captures.table import FORMATS
from tests.quanho.captures.test_pcap import conversation
from tests.quanho.captures.wires import levels, opened, pcap, pcapng, sr

_GOOD = {
    "sigrok": sr({"RX": levels(b"\xff\x86\x02\x7c\x42\x00\x00\x00\xba", 10), "TX": levels(b"AB", 10)}, "96 kHz"),
    "pcap": pcap(conversation()),
    "pcapng": pcapng(conversation()),
    "gpsd": b"# Name: x\n$GPGGA,1*00\n\xb5\x62\x01",
    "hexdump": b"00000000: ff86 027c 4200 0000 ba              ...|B....\n",
    "jsonl": b'{"topic": "a", "hex": "00"}\n{"payload": {"a": 1}}\n',
    "hexcsv": b"time,sensor,hex\n1625419056,MHZ19B,ff86027c42000000ba\n",
    "hex": b"ff 86\n",
    "raw": b"\xff\x86",
}
every = pytest.mark.parametrize("name", FORMATS)


@every
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_damage_gives_pieces_and_faults_and_nothing_else(name: str, data: st.DataObject) -> None:
    good = bytearray(_GOOD[name])
    for at in data.draw(st.lists(st.integers(0, len(good) - 1), max_size=4)):
        good[at] = data.draw(st.integers(0, 255))
    content = bytes(good[: data.draw(st.integers(0, len(good)))]) + data.draw(st.binary(max_size=40))
    for item in opened(content, format_name=name).items():
        if isinstance(item, Fault):
            assert item.reason.isprintable()
            assert item.place.isprintable()


@every
@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=400))
def test_any_bytes_at_all(name: str, content: bytes) -> None:
    list(opened(content, format_name=name).items())


@pytest.mark.parametrize("name", ["gpsd", "hexdump", "jsonl", "hexcsv", "hex", "raw"])
@pytest.mark.parametrize("decoder", ["mhz19", "csv"])
def test_an_endless_line_takes_bounded_memory(name: str, decoder: str, tmp_path: Path) -> None:
    file = tmp_path / "endless"
    with file.open("wb") as stream:
        stream.write(_GOOD[name].split(b"\n")[0] + b"\n" if name == "hexcsv" else b"")
        for _ in range(48):
            stream.write(b"7" * (1 << 20))
    framing = build_decoder(decoder, {"columns": ["a"]} if decoder == "csv" else {}).framing
    from quanho.captures.table import open_capture

    tracemalloc.start()
    with file.open("rb") as opened_file:
        for item in payloads(open_capture(opened_file, "-", name), framing):
            assert not isinstance(item, Piece) or len(item.payload) <= 16 << 20
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 << 20
