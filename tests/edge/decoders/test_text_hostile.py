"""Lines that a hostile device sends: patterns end in time, work and memory are bounded, and any bytes give readings or refusals."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.table import build_decoder
from tests.edge.decoders.contract import check

LONGEST = 4096
EVERYTHING: dict[str, dict[str, object]] = {
    "csv": {
        "columns": ["kind", "t", "u", "h", "when", "ok"],
        "any_length": True,
        "encoding": "latin-1",
        "decimal": ",",
        "delimiter": ";",
        "where": {"kind": ["a", "b", ""]},
        "fields": {"t": {"column": "t", "unit": "Cel", "unit_column": "u", "scale": 0.1}, "h": {"column": "h", "type": "int"}},
        "time": {"columns": "when", "format": "%d/%m/%Y %H:%M", "tz": "Asia/Ho_Chi_Minh"},
        "status": {"column": "ok", "good": ["1"]},
    },
    "regex": {
        "patterns": [r"^(?P<device>\w+):", r"(?P<t>[-+\d.]+)"],
        "pairs": r"(?P<name>[^=,]*)=(?P<value>[^,]*)",
        "tags": {"device": "device"},
        "fallback_encoding": "latin-1",
    },
}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"patterns": r"(?P<a>(a+)+)$"}, "a" * (LONGEST - 1) + "!"),  # exponential
        ({"patterns": [r"(?P<a>(\w+\s?)+)$"] * 20}, "a" * (LONGEST - 1) + "!"),
        ({"patterns": r"(?P<a>.*)=(.*)=(.*)=(.*)=(.*)y"}, "=" * LONGEST),  # the fifth power
        ({"pairs": r"(?P<name>(a+)+)=(?P<value>\d)"}, "a" * LONGEST),
    ],
)
def test_a_pattern_that_backtracks_without_end_is_stopped(options: dict[str, object], line: str) -> None:
    decoder = build_decoder("regex", {**options, "match_ms": 20})
    start_s = perf_counter()
    decoded = decoder.decode("", f"{line}\n".encode())
    assert perf_counter() - start_s < 5  # 0.02 of one core, and this machine may have other work
    assert ["more than 20 ms" in refusal.reason for refusal in decoded.refusals] == [True]


def test_a_message_of_such_lines_is_stopped_as_a_whole_and_says_how_many_are_left() -> None:
    decoder = build_decoder("regex", {"patterns": r"(?P<a>(a+)+)$", "match_ms": 5})
    decoded = decoder.decode("", (b"a" * 4000 + b"!\n") * 250)
    assert len(decoded.refusals) < 250
    left = decoded.refusals[-1].reason
    assert "lines left" in left
    assert len(decoded.refusals) - 1 + int(left.split(": ")[1].split()[0]) == 250


def test_a_slow_line_costs_no_other() -> None:
    decoder = build_decoder("regex", {"patterns": r"^(?P<a>(\d+)+)$", "match_ms": 5})
    decoded = decoder.decode("", b"12\n" + b"1" * 4000 + b"!\n34\n")
    assert [reading.fields["a"] for reading in decoded.readings] == [12.0, 34.0]


def test_pairs_of_one_line_are_bounded() -> None:
    decoder = build_decoder("regex", {"pairs": r"(?P<name>\w+)=(?P<value>\d)", "max_line_bytes": 100_000})
    (reading,) = decoder.decode("", ",".join(f"k{number}=1" for number in range(5_000)).encode()).readings
    assert len(reading.fields) == 1_000


@given(
    st.sampled_from(sorted(EVERYTHING)),
    st.lists(st.binary(max_size=30) | st.text("ab:;=,.+-0123456789°\0\x02\x03*#", max_size=40), max_size=8),
)
def test_any_lines_decode_or_are_refused(kind: str, lines: list[bytes | str]) -> None:
    check(build_decoder(kind, EVERYTHING[kind]), b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))


@given(st.binary(max_size=60))
def test_any_line_with_a_checksum_is_taken_whole_or_refused(line: bytes) -> None:
    check(build_decoder("csv", {"columns": ["a"], "any_length": True, "checksum": "xor"}), line)


@given(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), st.sampled_from([" ", "", "  "]), st.sampled_from(["Cel", "", "°C", " C"]))
def test_a_number_is_read_however_it_is_written(value: float, blank: str, unit: str) -> None:
    text = f"{'-' if value < 0 else '+'}{blank}{abs(value):.3f}{unit}"
    decoder = build_decoder("csv", {"columns": ["t"], "fields": {"t": {"column": "t", "unit": "Cel"}}})
    assert decoder.decode("", text.encode()).readings[0].fields == {"t": value}
