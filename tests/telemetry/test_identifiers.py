"""Ids and names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from telemetry.identifiers import DeviceId, FieldName, is_id, is_name
from telemetry.lineprotocol.encode import escape_key


class _Config(BaseModel):
    device: DeviceId
    field: FieldName


@pytest.mark.parametrize("text", ["a", "A1", "gw-01", "bn.tu_son", "0", "x" * 63])
def test_ids_that_are_safe_everywhere(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", ".", "..", "-a", "a/b", "a b", "a+", "a#", "$SYS", "a,b", "a=b", "trạm", "a\n", "x" * 64, "١"])
def test_ids_that_would_hurt_somewhere(text: str) -> None:
    assert not is_id(text)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", fullmatch=True))
def test_an_id_needs_no_escaping_in_line_protocol(text: str) -> None:
    assert is_id(text)
    assert escape_key(text) == text


def test_names_are_lower_snake() -> None:
    assert [is_name(text) for text in ("pm2_5", "a", "PM25", "2_5", "pm2.5", "pm\n", "_a", "a" * 65)] == [True, True, *[False] * 6]


def test_a_config_with_a_bad_id_says_what_is_allowed() -> None:
    assert _Config(device="a1", field="pm2_5").device == "a1"
    with pytest.raises(ValidationError) as caught:
        _Config(device="a/1", field="PM2.5")
    messages = [error["msg"] for error in caught.value.errors()]
    assert "starting with a letter or digit" in messages[0]
    assert "lower_snake" in messages[1]
