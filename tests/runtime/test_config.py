"""Each test writes a file as a technician would and reads the problems as they would."""

import os
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, Field, ValidationError

from runtime.config import load, read_secret
from runtime.settings import Settings
from telemetry.errors import ConfigError


def _no_hash(text: str) -> str:
    if "#/" in text:
        raise ValueError("'#' must be the whole last level, as in site/#")
    return text


class Gateway(Settings):
    id: str = Field(description="name of the gateway")
    site: str = Field(description="site of the gateway")


class Broker(Settings):
    kind: Literal["mqtt"]
    id: str
    port: int = Field(1883, ge=1, le=65_535)
    topics: tuple[Annotated[str, AfterValidator(_no_hash)], ...] = Field(min_length=1)
    username: str | None = None
    password_file: Path | None = None


class Line(Settings):
    kind: Literal["serial"]
    id: str
    baudrate: int = 9600
    parity: Literal["none", "even"] = "none"


class Agent(Settings):
    gateway: Gateway
    source: tuple[Annotated[Broker | Line, Field(discriminator="kind")], ...]


GOOD = """
[gateway]
id = "gw-1"
site = "street"

[[source]]
kind = "mqtt"
id = "air"
topics = ["air/#"]

[[source]]
kind = "serial"
id = "gauge"
"""


def problems(folder: Path, text: str | bytes) -> list[str]:
    """Return what `load` finds wrong, without the name of the file."""
    path = folder / "edge.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(path, Agent)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return [str(problem).removeprefix(f"{path}: ") for problem in caught.value.problems]


def test_good_file_gives_the_settings_and_they_do_not_change(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(GOOD)
    agent = load(path, Agent)
    assert [source.id for source in agent.source] == ["air", "gauge"]
    with pytest.raises(ValidationError):
        agent.gateway.id = "other"  # type: ignore[misc]


def test_file_with_windows_line_ends_and_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path, Agent).gateway.id == "gw-1"


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('site = "street"', 'sitee = "street"').replace('id = "gauge"', 'id = "gauge"\nbaudrate = "fast"')
    assert problems(tmp_path, text) == [
        "gateway.site: is missing: site of the gateway",
        "gateway.sitee: unknown key; did you mean site?",
        "source[2] \"gauge\".baudrate: must be a valid integer, unable to parse string as an integer, not 'fast'",
    ]


def test_unknown_key_that_resembles_nothing_lists_what_is_known(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + "zzz = 1\n") == ['source[2] "gauge".zzz: unknown key; known here: baudrate, id, kind, parity']


def test_unknown_kind_names_the_kinds_and_the_nearest(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('"mqtt"', '"mqqt"')) == [
        'source[1] "air".kind: must be "mqtt" or "serial", not \'mqqt\'; did you mean "mqtt"?'
    ]


def test_missing_kind_names_the_kinds(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('kind = "serial"\n', "")) == ['source[2] "gauge".kind: is missing; give "mqtt" or "serial"']


def test_item_of_a_list_is_counted_from_one_and_its_own_words_are_kept(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('["air/#"]', '["air/#", "a#/b"]')) == [
        "source[1] \"air\".topics[2]: '#' must be the whole last level, as in site/#"
    ]


def test_list_whose_only_item_is_wrong_is_not_also_called_too_short(tmp_path: Path) -> None:
    [only] = problems(tmp_path, GOOD.replace('["air/#"]', '["a#/b"]'))
    assert only.startswith('source[1] "air".topics[1]: ')


def test_list_that_is_too_short_says_how_long_it_must_be(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('["air/#"]', "[]")) == ['source[1] "air".topics: must have at least 1']


def test_single_brackets_where_double_are_meant_are_explained(tmp_path: Path) -> None:
    text = '[gateway]\nid = "a"\nsite = "b"\n[source]\nkind = "serial"\nid = "x"\n'
    assert problems(tmp_path, text) == ["source: must be a list of tables: write its head in double brackets, as in [[source]]"]


def test_value_of_the_wrong_kind_says_what_is_wanted(tmp_path: Path) -> None:
    text = 'gateway = 5\n[[source]]\nkind = "serial"\nid = 7\nparity = "evn"\n'
    assert problems(tmp_path, text) == [
        "gateway: must be a table, not 5",
        'source[1].id: must be a text in quotes, as in "this", not 7',
        "source[1].parity: must be 'none' or 'even', not 'evn'",
    ]


def test_secret_written_into_the_config_is_not_repeated(tmp_path: Path) -> None:
    [only] = problems(tmp_path, GOOD.replace('id = "air"', 'id = "air"\npassword = "hunter2"'))
    assert only == 'source[1] "air".password: unknown key; did you mean password_file?'


@pytest.mark.parametrize("value", ["mqtt://user:hunter2@broker", "x" * 100])
def test_value_that_may_hold_a_password_or_is_long_is_not_repeated(tmp_path: Path, value: str) -> None:
    text = GOOD.replace('id = "gauge"', f'id = "gauge"\nparity = "{value}"')
    assert problems(tmp_path, text) == ["source[2] \"gauge\".parity: must be 'none' or 'even'"]


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    [only] = problems(tmp_path, "[gateway]\nid = \n")
    assert only.startswith("not valid TOML: ")
    assert "line 2" in only


def test_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    assert problems(tmp_path, b'[gateway]\nsite = "C\xe2u"\n') == ["line 2 is not UTF-8 text; save the file as UTF-8"]


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml", Agent)


def test_deeply_nested_file_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    [only] = problems(tmp_path, "a = " + "[" * 100_000)
    assert only.startswith("not valid TOML")


def test_secret_file_that_everybody_can_read_is_a_problem_of_the_config(tmp_path: Path) -> None:
    secret = tmp_path / "broker.password"
    secret.write_text("hunter2\n")
    secret.chmod(0o644)
    [only] = problems(tmp_path, GOOD.replace('id = "air"', f'id = "air"\nusername = "u"\npassword_file = "{secret}"'))
    assert only == f'source[1] "air".password_file: every user of this machine can reach {secret}: run chmod o= {secret}'


@pytest.mark.parametrize(
    ("content", "secret"), [("hunter2", "hunter2"), ("hunter2\n", "hunter2"), ("hunter2\r\n", "hunter2"), ("a b \n\n", "a b \n")]
)
def test_secret_loses_one_newline_and_nothing_else(tmp_path: Path, content: str, secret: str) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content.encode())
    path.chmod(0o600)
    assert read_secret(path) == secret


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602])
def test_secret_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_text("hunter2")
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod o=") as caught:
        read_secret(path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 100_000])
def test_secret_that_cannot_be_one_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="secret"):
        read_secret(path)


def test_secret_that_is_a_folder_or_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file"):
        read_secret(tmp_path)
    with pytest.raises(ConfigError, match="No such file"):
        read_secret(tmp_path / "none")


def test_config_without_an_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.touch()
    os.truncate(path, 1 << 40)  # sparse, as /dev/zero is endless
    with pytest.raises(ConfigError, match="more than 4 MiB"):
        load(path, Agent)
