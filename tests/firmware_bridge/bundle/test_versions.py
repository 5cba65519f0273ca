"""Which version comes before which, and which firmware may follow which."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from firmware_bridge.bundle.refusal import Cause
from firmware_bridge.bundle.succession import may_install
from firmware_bridge.bundle.version import is_older, precedence
from tests.stand_ins.bundles import hex_file, manifest_of

# Semantic Versioning 2.0.0, section 11.
IN_ORDER = (
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.0",
    "1.10.0",
)
IMAGES = {"app.hex": hex_file()}


def test_versions_come_in_the_order_of_the_standard() -> None:
    for older, newer in pairwise(IN_ORDER):
        assert is_older(older, newer)
        assert not is_older(newer, older)
    assert precedence("1.0.0+a") == precedence("1.0.0+b")


@given(st.text(max_size=40))
def test_any_text_is_a_version_or_told_the_rule(text: str) -> None:
    try:
        precedence(text)
    except ValueError as error:
        assert "as in 1.2.0" in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("text", ["1.2", "v1.2.0", "01.2.0", "1.2.0-", "1.2.0-01", "1.2.0 ", "1.2.0\n", "１.2.0", "9" * 40, ""])
def test_what_only_looks_like_a_version_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        precedence(text)


def cause(installed: str | None, *, allow_downgrade: bool = False, **changes: object) -> Cause | None:
    refused = may_install(installed, manifest_of(IMAGES, **changes), allow_downgrade=allow_downgrade)
    return refused.cause if refused else None


def test_downgrade_needs_to_be_asked_for() -> None:
    assert cause("1.3.0") is Cause.DOWNGRADE
    assert cause("1.3.0", allow_downgrade=True) is None
    assert cause("1.2.1-rc.1") is Cause.DOWNGRADE


def test_blank_board_the_same_version_and_an_upgrade_are_taken() -> None:
    assert [cause(installed) for installed in (None, "1.2.0", "1.1.9", "1.2.0-rc.1")] == [None] * 4


def test_board_below_the_minimum_is_told_what_to_install_first() -> None:
    assert cause("0.9.0", minimum_previous="1.0.0") is Cause.PREVIOUS_TOO_OLD
    assert cause("1.0.0", minimum_previous="1.0.0") is None
    assert cause(None, minimum_previous="1.0.0") is None
    assert cause("0.9.0", minimum_previous="1.0.0", allow_downgrade=True) is Cause.PREVIOUS_TOO_OLD


def test_version_that_is_none_is_older_than_any_minimum_and_never_a_downgrade() -> None:
    assert cause("dev-build") is None
    assert cause("dev-build", minimum_previous="1.0.0") is Cause.PREVIOUS_TOO_OLD


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"minimum_previous": "2.0.0"}, "minimum_previous 2.0.0 is above version 1.2.0"),
        ({"version": "latest"}, "three numbers"),
        ({"board": "../x"}, "is no id"),
        ({"created_at": "2026-11-27T08:00:00"}, "timezone"),
        ({"surprise": 1}, "Extra inputs"),
        ({"entries": []}, "at least 1 item"),
        ({"flash_bytes": 0}, "greater than or equal to 1"),
    ],
)
def test_manifest_that_contradicts_itself_is_refused(changes: dict[str, object], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        manifest_of(IMAGES, **changes)
