import io
import json
import logging
from collections.abc import Iterator

import pytest

from runtime.logs import Log, configure


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_text_line_has_level_logger_event_and_fields(stream: io.StringIO) -> None:
    configure("INFO", "text", stream)
    Log("edge.uplink").info("uplink.connected", server="1.6.7", points=3)
    stamp, rest = stream.getvalue().rstrip("\n").split(" ", 1)
    assert stamp.endswith("+00:00")
    assert rest == "INFO edge.uplink uplink.connected server=1.6.7 points=3"


def test_json_line_holds_the_same_fields(stream: io.StringIO) -> None:
    configure("INFO", "json", stream)
    Log("edge.uplink").warning("uplink.slow", place="Cầu Giấy", delay_s=2.5)
    entry = json.loads(stream.getvalue())
    assert (entry["level"], entry["logger"], entry["event"]) == ("WARNING", "edge.uplink", "uplink.slow")
    assert (entry["place"], entry["delay_s"]) == ("Cầu Giấy", 2.5)


def test_hostile_field_cannot_forge_a_line(stream: io.StringIO) -> None:
    configure("INFO", "text", stream)
    Log("edge").info("topic.new", topic='a\n2026-01-01 ERROR edge forged="yes"')
    assert stream.getvalue().count("\n") == 1


def test_level_below_the_set_one_is_silent(stream: io.StringIO) -> None:
    configure("WARNING", "text", stream)
    Log("edge").info("story.told")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("style", ["text", "json"])
def test_exception_brings_its_traceback(stream: io.StringIO, style: str) -> None:
    configure("INFO", style, stream)
    try:
        int("torn")
    except ValueError:
        Log("edge").exception("spool.broken", file="0001.seg")
    assert "spool.broken" in stream.getvalue()
    assert "ValueError: invalid literal" in stream.getvalue()
