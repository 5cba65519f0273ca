"""A lease in slices: every line is delivered or refused whatever the slices and the answers are."""

import gzip
import zlib
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from edge.spool.lease import LaneName, Lease
from edge.spool.lines import split_lines
from edge.uplink.parcel import Parcel
from runtime.influx_answers import Action, Answer
from telemetry.batch import Batch, Priority
from tests.edge.batching_steps import text_of
from tests.edge.spool.harness import OpenSpool
from tests.faults.disk import Disk

ACCEPTED, DOWN = Answer(Action.ACCEPT, "accepted"), Answer(Action.RETRY, "connection")
REFUSED = Answer(Action.SPLIT, "refused", words="bad line", status=400)


def leased(lines: list[str], lane: LaneName, records: int = 1) -> Lease:
    opened = OpenSpool(Disk())
    if lane is LaneName.LIVE:
        opened.spool.split_lanes()
    for at in range(records):
        text = "".join(line + "\n" for line in lines[at::records]).encode()
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        body = packer.compress(text) + packer.flush()
        opened.spool.append([Batch("street", Priority.NORMAL, len(lines[at::records]), 1, 2, body, len(text))])
    if lane is LaneName.BACKLOG:
        opened.spool.split_lanes()
    lease = opened.spool.lease(lane, 5000, 1 << 20)
    assert lease
    return lease


def lines_of(count: int) -> list[str]:
    rng = Random(count)
    return [f"air,d={number} v={rng.random()} {number}" for number in range(count)]


def test_a_lease_that_fits_is_sent_with_the_bytes_of_the_spool() -> None:
    lease = leased(lines_of(20), LaneName.BACKLOG, records=2)
    parcel = Parcel(lease)
    assert parcel.next(len(lease.body)) is lease.body
    parcel.answered(ACCEPTED)
    assert parcel.is_done


@given(
    count=st.integers(1, 120),
    records=st.integers(1, 3),
    lane=st.sampled_from(LaneName),
    bad=st.sets(st.integers(0, 119)),
    most=st.lists(st.integers(60, 3000), min_size=1, max_size=5),
    away=st.lists(st.booleans(), max_size=20),
)
def test_every_line_is_stored_or_refused_once_all_slices_are_answered(
    count: int, records: int, lane: LaneName, bad: set[int], most: list[int], away: list[bool]
) -> None:
    lines = lines_of(count)
    wrong = {lines[number] for number in bad if number < count}
    parcel, stored = Parcel(leased(lines, lane, min(records, count))), set()
    for step in range(100_000):
        if parcel.is_done:
            break
        limit = most[step % len(most)]
        body = parcel.next(limit)
        sent = text_of(body)
        assert len(body) <= limit or len(sent) == 1 or wrong, "no request is larger than the link takes in its time"
        if away and away.pop():
            parcel.answered(DOWN)
            assert parcel.must_wait
        elif wrong & set(sent):
            parcel.answered(REFUSED)
        else:
            stored |= set(sent)
            parcel.answered(ACCEPTED)
    assert parcel.is_done
    refused = [refusal.line.decode() for refusal in parcel.refused]
    assert len(refused) == len(set(refused))
    assert stored | set(refused) == set(lines)
    assert wrong <= set(refused)


def test_the_newest_reading_is_in_the_first_slice_of_a_live_record_and_the_oldest_in_that_of_a_backlog_record() -> None:
    lines = lines_of(500)
    live, backlog = (Parcel(leased(lines, lane)) for lane in (LaneName.LIVE, LaneName.BACKLOG))
    assert text_of(live.next(1000))[-1] == lines[-1]
    assert text_of(backlog.next(1000))[0] == lines[0]


def test_what_was_delivered_in_slices_is_not_sent_again_when_the_store_goes_down_between_them() -> None:
    parcel = Parcel(leased(lines_of(500), LaneName.BACKLOG))
    first = text_of(parcel.next(1000))
    parcel.answered(ACCEPTED)
    again = text_of(parcel.next(1000))
    parcel.answered(DOWN)
    assert not set(first) & set(again)
    assert text_of(parcel.next(1000)) == again
    assert parcel.is_partly_delivered


def test_a_slice_does_not_end_within_a_quoted_string() -> None:
    text = b'log text="two\nlines" 1\nlog text="one" 2\nair v=1 3\n'
    assert split_lines(text) == [b'log text="two\nlines"' + b" 1", b'log text="one" 2', b"air v=1 3"]
    parcel = Parcel(leased(['log text="two\nlines" 1', "air v=1 3"] * 40, LaneName.BACKLOG))
    assert gzip.decompress(parcel.next(90)).count(b'"') % 2 == 0
