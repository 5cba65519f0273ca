"""Progress is what programs print, in whatever pieces it comes."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.flash.progress import AvrdudeProgress, EsptoolProgress, OnProgress, PercentProgress, Progress

AVRDUDE = """
avrdude: AVR device initialized and ready to accept instructions
Reading | ################################################## | 100% 0.00s
avrdude: device signature = 0x1e950f (probably m328p)
avrdude: writing 1000 bytes flash ...

Writing | ################################################## | 100% 0.47s

avrdude: 1000 bytes of flash written
avrdude: verifying flash memory against /tmp/app.hex

Reading | ################################################## | 100% 0.50s

avrdude: 1000 bytes of flash verified
"""
ESPTOOL = """
Writing at 0x00001000 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 100.0% 1.00kB/1.00kB [0s]
Wrote 1024 bytes (800 compressed) at 0x00001000 in 0.1 seconds (128.0 kbit/s).
Hash of data verified.
Writing at 0x00010000 ━━━━╸                           15.4% 16.00kB/103.80kB [0s]
Writing at 0x00040cd0 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 100.0% 103.80kB/103.80kB [0s]
"""


def shown(text: str, cuts: Sequence[int], reader: Callable[[OnProgress], Callable[[str], None]]) -> list[Progress]:
    seen: list[Progress] = []
    read = reader(seen.append)
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        read(text[start:end])
    return seen


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_avrdudes_bars_are_read_in_any_pieces_and_the_signatures_is_not_counted(cuts: list[int]) -> None:
    seen = shown(AVRDUDE, cuts, lambda see: AvrdudeProgress(1000, see))
    assert [one.phase for one in seen] == sorted((one.phase for one in seen), reverse=True), "first written, then verified"
    for phase in ("write", "verify"):
        done = [one.done_bytes for one in seen if one.phase == phase]
        assert done == sorted(done)
        assert done[-1] == 1000


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_esptools_percentages_are_summed_over_its_files(cuts: list[int]) -> None:
    seen = shown(ESPTOOL, cuts, lambda see: EsptoolProgress([1024, 100_000], see))
    assert [one.done_bytes for one in seen] == [1024, 1024 + 15_400, 101_024]
    assert {one.total_bytes for one in seen} == {101_024}


@given(st.lists(st.text(alphabet="Writing Reading|#%.0123456789kB/\r\n()", max_size=80), max_size=30))
def test_whatever_is_printed_progress_stays_within_the_total(pieces: list[str]) -> None:
    readers: list[Callable[[OnProgress], Callable[[str], None]]] = [
        lambda see: AvrdudeProgress(1000, see),
        lambda see: EsptoolProgress([600, 400], see),
        lambda see: PercentProgress(1000, see),
    ]
    for reader in readers:
        seen: list[Progress] = []
        read = reader(seen.append)
        for piece in pieces:
            read(piece)
        assert all(0 <= one.done_bytes <= one.total_bytes == 1000 for one in seen)
