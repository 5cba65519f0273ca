"""Which decoder fits bytes of unknown origin."""

import pytest

from edge.decoders.guess import SAMPLE_MESSAGES, guess_messages, guess_stream


def test_json_that_no_vendor_claims_is_just_json() -> None:
    [guess] = guess_messages([("a/b", b'{"my_own": 1}'), ("a/b", b"torn {")])
    assert (guess.decoder, guess.score < 0.5) == ("json", True)
    assert "1 of 2" in guess.evidence


def test_lines_of_one_number_of_columns_are_csv() -> None:
    [guess] = guess_messages([("", b"R1,0.2,12.6"), ("", b"R1,0.4,12.6")])
    assert guess.decoder == "csv"
    assert "3 columns" in guess.evidence


def test_noise_is_nothing() -> None:
    assert guess_stream(b"") == []
    assert guess_stream(bytes(5_000)) == []
    assert guess_messages([]) == []
    assert guess_messages([("", b"\xff\x00")]) == []


def test_an_endless_capture_is_looked_at_up_to_a_limit() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield "a", b'{"x": 1}'

    assert guess_messages(endless())  # type: ignore[arg-type]
    assert taken <= SAMPLE_MESSAGES + 1


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        ("hpma115", "424d001c00000022003800000000000000000000000000000000000000000105"),  # HPMA115S0 by itself
        ("hpma115", "424d001c000c0022002d0038000000000000000000000000000000000000013e"),  # HPMA115C0 by itself
        ("ze", "424d0014000000000000000b0016002100000000000000e5"),  # ZH03B
        ("ze", "ff05050100d1012cf7"),  # ZE03-O2
        ("plantower", "424d001400010001000100010001000100000000005100fa"),  # PMS3003 of PyPMS
        ("plantower", "424d001400000000000000000000000000000000005100f4"),  # the same in clean air
        ("plantower", "424d001c001700270029001600230029100804a90116000c00d400e09a0004aa"),  # PMS5003T of PyPMS
        ("plantower", "424d001c00000008000800000008000800d20046002d001e00000000970002c5"),  # PMS5003 of PyPMS
    ],
)
def test_families_that_share_a_frame_are_told_apart_by_what_is_in_it(kind: str, frame: str) -> None:
    best, *others = guess_stream(bytes.fromhex(frame) * 3)
    assert best.decoder == kind
    assert all(other.score < best.score for other in others)
