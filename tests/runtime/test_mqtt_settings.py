import pytest
from pydantic import ValidationError

from runtime.mqtt_settings import MqttSettings, TlsSettings, filter_problem, valid_filter, wildcard_filter


@pytest.mark.parametrize("text", ["site/{site}/air/{device}", "#", "a/#", "+/b", "a//b", "/", "$SYS/#", "trạm/+/khí"])
def test_a_filter_that_the_standard_allows_is_valid(text: str) -> None:
    assert valid_filter(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        ("a/#/b", "last level"),
        ("a#", "last level"),
        ("a+/b", "whole level"),
        ("a/{Device}", "form {name}"),
        ("a/x{device}", "form {name}"),
        ("a/{device", "form {name}"),
        ("a\0b", "control"),
        ("a" * 65_536, "65535"),
    ],
)
def test_a_bad_filter_is_refused_with_the_way_out(text: str, hint: str) -> None:
    assert hint in (filter_problem(text) or "")
    with pytest.raises(ValidationError, match=r"topic filter|level|form"):
        MqttSettings(host="broker", topics=(text,))


def test_placeholders_become_wildcards_and_equal_filters_one() -> None:
    assert wildcard_filter("site/{site}/air/{device}") == "site/+/air/+"
    assert MqttSettings(host="broker", topics=("a/{x}", "a/+", "b")).filters == ("a/+", "b")


def test_certificate_and_key_go_together() -> None:
    with pytest.raises(ValidationError, match="give both or neither"):
        TlsSettings.model_validate({"cert_file": "client.pem"})


def test_a_password_needs_a_user() -> None:
    with pytest.raises(ValidationError, match="needs username"):
        MqttSettings.model_validate({"host": "broker", "topics": ["a"], "password_file": "secret"})


def test_the_first_wait_is_not_above_the_ceiling() -> None:
    with pytest.raises(ValidationError, match="reconnect_first_s"):
        MqttSettings(host="broker", topics=("a",), reconnect_first_s=10, reconnect_ceiling_s=5)


def test_sizes_are_written_with_their_unit() -> None:
    assert MqttSettings.model_validate({"host": "broker", "topics": ["a"], "max_packet_bytes": "64KiB"}).max_packet_bytes == 65_536
