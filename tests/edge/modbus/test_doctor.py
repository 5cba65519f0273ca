"""What counts say in words: the likeliest causes, and silence where there is nothing to say."""

from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus.doctor import LineCounts, hints
from edge.modbus.master import SlaveCounts
from edge.modbus.scan_doctor import scan_hints, unheard


def counts(**of: Any) -> SlaveCounts:
    return SlaveCounts(asked=20, **of)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ({1: counts(answered=20)}, []),
        ({1: counts(timeouts=20), 2: counts(answered=20)}, ["never answers"]),
        ({1: counts(timeouts=20), 2: counts(timeouts=20)}, ["nobody answers"]),
        ({1: counts(damaged=5, answered=15), 2: counts(answered=20)}, ["often a wrong CRC"]),
        ({1: counts(damaged=5, answered=15), 2: counts(damaged=4, answered=16)}, ["wrong CRCs from all"]),
        ({1: counts(damaged=20), 2: counts(damaged=20)}, ["nothing but wrong CRCs: baud rate or parity"]),
        ({1: counts(damaged=20), 2: counts(answered=20)}, ["another baud rate or parity, or two devices"]),
        ({1: counts(answered=20, repeated=9), 2: counts(answered=20)}, ["answers twice"]),
        ({1: counts(answered=20, for_others=4)}, ["speaks while others are asked"]),
        ({1: counts(answered=20, latencies_s=deque([0.7] * 9))}, ["slow"]),
        ({1: counts(timeouts=5, answered=15)}, ["often late"]),
        ({1: counts(timeouts=20, late=19)}, ["answers after we gave up"]),
        ({1: counts(answered=20, exceptions=20)}, ["refuses everything"]),
        ({1: SlaveCounts(asked=2, timeouts=2)}, []),
    ],
)
def test_counts_become_words(of: dict[int, SlaveCounts], said: list[str]) -> None:
    found = [hint.en for hint in hints(of)]
    assert len(found) == len(said)
    assert all(text in hint for text, hint in zip(said, found, strict=True))


WELL, SILENT = counts(answered=20), counts(timeouts=20)


@pytest.mark.parametrize(
    ("of", "line", "said"),
    [
        ({1: WELL, 2: WELL}, LineCounts(echoes=40), "hears itself"),
        ({1: WELL, 2: WELL}, LineCounts(foreign=3), "nobody asked for"),
        ({1: WELL, 2: WELL}, LineCounts(noise_bytes=90), "noise between the frames"),
        ({1: WELL, 2: WELL}, LineCounts(hasty=9, asked=40), "two masters"),
        ({1: SILENT, 2: SILENT}, LineCounts(noise_bytes=90, zeros=88), "all that is heard is bytes 00"),
        ({1: SILENT, 2: SILENT}, LineCounts(noise_bytes=90, zeros=8), "something is on the line"),
        ({1: SILENT, 2: SILENT}, LineCounts(is_tcp=True), "behind the gateway"),
    ],
)
def test_what_is_heard_besides_answers_is_told(of: dict[int, SlaveCounts], line: LineCounts, said: str) -> None:
    found = hints(of, line)
    assert [hint.slave for hint in found] == [None]
    assert said in found[0].en


@pytest.mark.parametrize(
    ("found", "line", "said"),
    [
        ({}, LineCounts(), "not a byte"),
        ({}, LineCounts(noise_bytes=40), "cannot be read"),
        ({}, LineCounts(noise_bytes=40, zeros=40), "bytes 00"),
        ({}, LineCounts(foreign=2), "another master"),
        ({}, LineCounts(is_tcp=True), "connected, but"),
        ({1: True, 2: True}, LineCounts(), "only damaged frames"),
        ({1: True, 2: False}, LineCounts(), "two devices share this id"),
    ],
)
def test_a_scan_says_what_to_try_next(found: dict[int, bool], line: LineCounts, said: str) -> None:
    assert [said in hint.en for hint in scan_hints(found, line)] == [True]


def test_who_answers_twice_or_late_is_named() -> None:
    found = scan_hints({1: False, 2: False}, LineCounts(), repeated={1}, late={2})
    assert [(hint.slave, hint.en[:13]) for hint in found] == [(1, "answers twice"), (2, "slow: let its")]


def test_a_scan_that_found_all_well_says_nothing() -> None:
    assert scan_hints({1: False, 2: False}, LineCounts(noise_bytes=3)) == []


def test_a_device_that_answers_to_every_id_is_one() -> None:
    assert "does not look at the id" in scan_hints(dict.fromkeys(range(1, 20), False), LineCounts(is_tcp=True), answers_to_all=True)[0].en


@pytest.mark.parametrize(
    ("line", "said"), [(LineCounts(), "nothing is heard"), (LineCounts(noise_bytes=80), "no frame"), (LineCounts(foreign=8), "RS-422")]
)
def test_a_listener_that_hears_no_request_says_why(line: LineCounts, said: str) -> None:
    assert said in unheard(line).en


COUNTS = st.builds(
    SlaveCounts,
    **{name: st.integers(0, 30) for name in ("asked", "answered", "timeouts", "damaged", "exceptions", "late", "for_others", "repeated")},
)


@given(st.dictionaries(st.integers(1, 247), COUNTS, max_size=5), st.builds(LineCounts, *[st.integers(0, 99)] * 4))
def test_no_slave_gets_two_hints_and_each_is_in_two_languages(of: dict[int, SlaveCounts], line: LineCounts) -> None:
    found = hints(of, line)
    slaves = [hint.slave for hint in found if hint.slave is not None]
    assert len(slaves) == len(set(slaves))
    assert all(hint.vi and hint.en and hint.vi != hint.en for hint in found)
