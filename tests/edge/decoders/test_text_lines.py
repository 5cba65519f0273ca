"""Rows and patterns become readings, line by line."""

from csv import reader

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded
from edge.decoders.table import build_decoder
from telemetry.errors import ConfigError, RejectedError
from telemetry.point import Reading

TOPIC = "site/bn01/rain/g3"
PATTERN = "site/{site}/{kind}/{device}"


def csv(payload: bytes, topics: tuple[str, ...] = (), **options: object) -> Decoded:
    return build_decoder("csv", options, topics).decode(TOPIC, payload)


def regex(payload: bytes, **options: object) -> Decoded:
    return build_decoder("regex", options).decode(TOPIC, payload)


def test_rows_become_readings_by_named_columns() -> None:
    decoded = csv(
        b"d7;01/11/2025;07:30;12,5;x;3\r\n",
        columns=["station", "date", "time", "mm", "", "count"],
        delimiter=";",
        decimal=",",
        measurement="rain",
        tags={"device": "station"},
        fields={"rain": "mm", "tips": {"column": "count", "type": "int"}},
        time={"columns": ["date", "time"], "format": "%d/%m/%Y %H:%M", "tz": "Asia/Ho_Chi_Minh"},
    )
    assert decoded == Decoded([Reading("rain", {"device": "d7"}, {"rain": 12.5, "tips": 3}, 1_761_957_000_000_000_000)], ())


def test_the_first_row_may_name_the_columns() -> None:
    decoder = build_decoder("csv", {"header": True, "tags": {"device": "id"}})
    decoded = decoder.decode("", b'# made by hand\n"id",t,"h,x"\nd1,20,"50"\n\nd2,21,NA\n'.split(b"\n", 1)[1])
    assert [(reading.tags["device"], reading.fields) for reading in decoded.readings] == [
        ("d1", {"t": 20.0, "h,x": 50.0}),
        ("d2", {"t": 21.0}),
    ]
    assert decoder.framing == "message"


def test_a_header_that_a_logger_prints_at_start_is_left_out() -> None:
    decoded = csv(b"t,h\n20,50\n", columns=["t", "h"])
    assert ([reading.fields for reading in decoded.readings], decoded.refusals) == ([{"t": 20.0, "h": 50.0}], ())


def test_comments_are_left_out() -> None:
    assert csv(b"# boot\n20\n", columns=["t"], comment="#") == Decoded([Reading("reading", {}, {"t": 20.0})], ())


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (b"1,2,3", "3 cells"),
        (b"x,", "field 't'"),
        (b"\xff,1", "utf-8"),
        (b'"1,2', "row"),
        (b"1" * 5_000, "max_line_bytes"),
        (b",", "no field"),
    ],
)
def test_a_bad_line_never_costs_its_neighbours(bad: bytes, word: str) -> None:
    decoded = csv(b"1,2\n" + bad + b"\n3,4\n", columns=["t", "h"])
    assert [reading.fields["t"] for reading in decoded.readings] == [1.0, 3.0]
    assert decoded.refusals[0].reason.startswith("line 2")
    assert any(word in refusal.reason for refusal in decoded.refusals)


def test_a_bad_cell_never_costs_the_row() -> None:
    decoded = csv(b"1,x\n", columns=["t", "h"])
    assert [reading.fields for reading in decoded.readings] == [{"t": 1.0}]
    assert "'x' is not a number" in decoded.refusals[0].reason


def test_latin_1_is_tried_where_asked_for() -> None:
    fields = {"note": {"column": "note", "type": "str"}}
    assert csv(b"\xe9\n", columns=["note"], fields=fields, fallback_encoding="latin-1").readings[0].fields == {"note": "é"}


def test_levels_of_the_topic_become_tags_and_measurement() -> None:
    (reading,) = csv(b"1\n", (PATTERN,), columns=["mm"], measurement="{kind}").readings
    assert (reading.measurement, dict(reading.tags)) == ("rain", {"site": "bn01", "device": "g3"})
    with pytest.raises(RejectedError, match="fits no pattern"):
        csv(b"1\n", ("other/{device}",), columns=["mm"])


def test_without_the_device_it_names_a_row_is_refused() -> None:
    assert len(csv(b",1\nd2,2\n", columns=["id", "t"], tags={"device": "id"}).readings) == 1


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"columns": ["a"], "header": True},
        {"columns": ["a"], "fields": {"x": "b"}},
        {"columns": ["a"], "tags": {"x": "{nowhere}"}},
        {"columns": ["a"], "time": {"columns": "a", "format": "%Y"}},
        {"columns": ["a"], "decimal": ","},
        {"columns": ["a"], "delimiter": "ab"},
    ],
)
def test_wrong_csv_options_are_config_errors(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        build_decoder("csv", options)


def test_the_first_pattern_found_in_a_line_gives_its_groups() -> None:
    decoded = regex(
        b"[d7] T=20.5C H=55%\n[d8] RAIN 3\nnoise\n",
        patterns=[r"\[(?P<device>\w+)\] T=(?P<t>[\d.]+)C H=(?P<h>\d+)", r"\[(?P<device>\w+)\] RAIN (?P<rain>\d+)"],
        tags={"device": "device"},
        fields={"temperature": "t", "humidity": "h", "tips": {"column": "rain", "type": "int"}},
    )
    assert [(dict(reading.tags), reading.fields) for reading in decoded.readings] == [
        ({"device": "d7"}, {"temperature": 20.5, "humidity": 55.0}),
        ({"device": "d8"}, {"tips": 3}),
    ]
    assert [refusal.reason for refusal in decoded.refusals] == ["line 3: fits no pattern: 'noise'"]


def test_lines_that_fit_no_pattern_may_be_ignored() -> None:
    assert regex(b"boot\nT=1\n", patterns=r"T=(?P<t>\d)", unmatched="ignore") == Decoded([Reading("reading", {}, {"t": 1.0})], ())


@pytest.mark.parametrize("patterns", [[], ["("], ["no group"], [r"(?P<a>.)", "x"]])
def test_wrong_patterns_are_config_errors(patterns: list[str]) -> None:
    with pytest.raises(ConfigError):
        build_decoder("regex", {"patterns": patterns})


@given(
    cells=st.lists(st.text(st.characters(exclude_characters='"', exclude_categories=["Cs", "Cc"])), min_size=1),
    delimiter=st.sampled_from(",;\t|"),  # a blank is any run of blanks
)
def test_cells_without_quotes_are_what_the_csv_module_reads(cells: list[str], delimiter: str) -> None:
    text = delimiter.join(cells)
    [expected] = reader([text], delimiter=delimiter, strict=True) if text else [[""]]
    columns = [f"c{number}" for number in range(len(expected))]
    types = {name: {"column": name, "type": "str"} for name in columns}
    decoder = build_decoder("csv", {"columns": columns, "fields": types, "delimiter": delimiter, "missing": [""], "max_line_bytes": 10**6})
    found = decoder.decode("", text.encode()).readings if text.strip() else ()
    given_cells = {name: cell.strip() for name, cell in zip(columns, expected, strict=True) if cell.strip()}
    assert [dict(reading.fields) for reading in found] == ([given_cells] if given_cells else [])
