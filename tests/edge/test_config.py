from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import AgentConfig
from edge.config_file import load_agent_config
from telemetry.errors import ConfigError

GOOD = """
[gateway]
site = "bac-ninh"
id = "gw-1"
state_dir = "/var/lib/quanho"

[uplink]
kind = "influx"
url = "http://127.0.0.1:8086"
database = "quanho"

[[source]]
id = "street"
kind = "mqtt"
host = "127.0.0.1"
topics = ["site/{site}/air/{device}"]
[source.decoder]
kind = "json"
measurement = "air"

[[source]]
id = "gauge"
kind = "serial"
port = "/dev/serial/by-id/gauge"
[source.decoder]
kind = "csv"
columns = ["level"]
"""

Load = Callable[[str], AgentConfig]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str) -> AgentConfig:
        path = tmp_path / "edge.toml"
        path.write_text(text, encoding="utf-8")
        return load_agent_config(path)

    return load


def problems(load: Load, text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(text)
    return [str(problem) for problem in raised.value.problems]


def only_problem(load: Load, text: str) -> str:
    [problem] = problems(load, text)
    return problem


def test_a_good_config_says_where_the_state_is(load: Load) -> None:
    config = load(GOOD)
    assert [source.id for source in config.source] == ["street", "gauge"]
    assert config.spool_dir == Path("/var/lib/quanho/spool")
    assert config.control_socket == Path("/var/lib/quanho/agent.sock")


def test_everything_that_is_wrong_is_said_at_once_with_its_place(load: Load) -> None:
    wrong = (
        GOOD.replace('site = "bac-ninh"', 'site = "bac-ninh"\ncolour = "blue"')
        .replace('host = "127.0.0.1"', 'host = "127.0.0.1"\nport = "many"')
        .replace("site/{site}/air/{device}", "site/#/air")
        .replace('id = "gauge"', 'id = "street"')
        .replace('columns = ["level"]', 'columns = ["level"]\nsplit = ","')
        .replace('url = "http://127.0.0.1:8086"', 'url = "127.0.0.1"')
    )
    found = "\n".join(problems(load, wrong))
    for words in (
        "colour",
        "port",
        "'#' must be the whole last level",
        "more than once: street",
        "split",
        "must look like http://host:8086",
    ):
        assert words in found
    assert found.count("edge.toml") == len(found.splitlines())


def test_an_unknown_key_is_named_with_its_table(load: Load) -> None:
    assert "spool.quota" in only_problem(load, GOOD + "[spool]\nquota = 5\n")


def test_a_wrong_type_is_named_with_its_source(load: Load) -> None:
    problem = only_problem(load, GOOD.replace('host = "127.0.0.1"', 'host = "127.0.0.1"\nkeepalive_s = "soon"'))
    assert "keepalive_s" in problem
    assert "street" in problem


def test_a_bad_topic_filter_says_how_it_is_written(load: Load) -> None:
    found = problems(load, GOOD.replace("site/{site}/air/{device}", "site/a+b/air"))
    assert any("'+' must be a whole level" in problem for problem in found)


def test_duplicate_and_reserved_source_ids_are_refused_together(load: Load) -> None:
    third = '[[source]]\nid = "ledger"\nkind = "serial"\nport = "/dev/a"\n[source.decoder]\nkind = "csv"\ncolumns = ["a"]\n'
    found = "\n".join(problems(load, GOOD.replace('id = "gauge"', 'id = "street"') + third))
    assert "more than once: street" in found
    assert "ledger" in found


def test_a_wrong_decoder_option_is_named_with_its_source(load: Load) -> None:
    problem = only_problem(load, GOOD.replace('measurement = "air"', 'measurment = "air"'))
    assert 'source[1] "street".decoder' in problem
    assert "measurment" in problem


def test_an_unknown_decoder_is_answered_with_the_near_and_the_known_ones(load: Load) -> None:
    problem = only_problem(load, GOOD.replace('kind = "json"', 'kind = "jsn"'))
    assert "did you mean 'json'" in problem


def test_a_state_folder_too_deep_for_a_socket_is_refused_before_anything_starts(load: Load) -> None:
    problem = only_problem(load, GOOD.replace("/var/lib/quanho", "/var/lib/" + "q" * 100))
    assert "state_dir" in problem
    assert "107" in problem


def test_a_gateway_may_say_where_it_stands(load: Load) -> None:
    assert load(GOOD).gateway.position is None
    assert load(placed("latitude = 21.1861", "longitude = 106.0763")).gateway.position == (21.1861, 106.0763)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["latitude = 21.1861"], "both or neither"),
        (["longitude = 106.0763"], "both or neither"),
        (["latitude = 106.0763", "longitude = 21.1861"], "latitude"),  # the wrong way round
        (["latitude = 21.1861", "longitude = 181"], "longitude"),
        (["latitude = nan", "longitude = 106.0763"], "latitude"),
    ],
)
def test_half_a_position_or_one_off_the_globe_is_refused(load: Load, lines: list[str], words: str) -> None:
    assert words in only_problem(load, placed(*lines))


def placed(*lines: str) -> str:
    return GOOD.replace('id = "gw-1"', "\n".join(['id = "gw-1"', *lines]))


@pytest.mark.parametrize("text", ["", "[gateway", "source = 5", '[[source]]\ndecoder = "json"', "\x00"])
def test_any_text_gives_problems_and_never_another_exception(load: Load, text: str) -> None:
    assert problems(load, text)


def test_a_missing_file_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_agent_config(tmp_path / "absent.toml")
