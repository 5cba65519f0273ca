"""The balance: each side by hand, and each way to cook the books shows."""

import json

import pytest

from edge.account import Account, Note, Row
from edge.spool.book import compacted, page_line, read_book
from edge.spool.spool import Loss
from telemetry.batch import Priority
from tests.edge.account_gateway import FOLDER, SECOND_NS, START_NS, Gateway, account_of, differences
from tests.faults.disk import Disk, Killed, KilledBeforeSync


def row(account: Account, source: str = "street") -> Row:
    return next(each for each in account.rows if each.source == source)


def overrun(gateway: Gateway, batches: int = 60) -> None:
    """Take in more than the quota holds while nothing is delivered."""
    for _ in range(batches):
        gateway.take_in("street", 4, 1, line_bytes=60_000)


def test_each_reading_is_in_one_column() -> None:
    gateway = Gateway(Disk())
    gateway.take_in("street", 10, rejected=2, never_a_line=3)
    gateway.deliver_all()
    gateway.take_in("street", 5)
    found = row(gateway.account())
    assert (found.produced, found.stored, found.waiting, found.set_aside, found.dropped) == (20, 10, 5, 2, {"memory full": 3})
    assert gateway.account().is_balanced


def test_lines_that_the_store_refused_are_set_aside_and_not_stored() -> None:
    gateway = Gateway(Disk())
    gateway.take_in("street", 10)
    gateway.deliver(gateway.lease_of("street"), refused=3)
    found = row(gateway.account())
    assert (found.stored, found.set_aside, found.difference) == (7, 3, 0)


def test_a_refusal_whose_record_was_not_done_when_the_process_died_counts_once() -> None:
    disk = Disk()
    gateway = Gateway(disk)
    gateway.take_in("street", 10)
    gateway.deliver(gateway.lease_of("street"), refused=3)  # what is done is not saved yet
    disk.process_died()
    again = Gateway(disk, gateway.now_ns)
    found = row(again.account())
    assert (found.waiting, found.set_aside, found.difference) == (10, 0, 0), "it will be sent, and refused, again"
    again.deliver(again.lease_of("street"), refused=3)
    found = row(again.account())
    assert (found.stored, found.set_aside, found.difference) == (7, 3, 0)


def test_a_word_on_a_record_that_never_came_to_be_is_void_and_then_taken_back() -> None:
    disk = Disk()
    gateway = Gateway(disk)
    gateway.take_in("street", 1)
    gateway.ledger.note(Loss("decoder rejected", "street", 5, START_NS, START_NS).of("normal", 2))
    gateway.report()  # durable, and the record that it names is not written any more
    disk.process_died()
    found = account_of(disk, gateway.spool.epoch.bytes)
    assert found.is_balanced
    assert (row(found).produced, row(found).set_aside) == (1, 0)
    again = Gateway(disk, gateway.now_ns)
    [point] = again.ledger.points(gateway.now_ns)
    assert (point.fields["count"], point.fields["detail"]) == (-5, "normal 2:-5")
    again.take_in("street", 2, rejected=1)
    disk.process_died()
    third = Gateway(disk, again.now_ns)
    assert third.ledger.points(again.now_ns) == [], "said once"


def test_what_was_given_up_for_room_is_in_the_book_and_in_the_ledger_and_they_agree() -> None:
    disk = Disk()
    gateway = Gateway(disk)
    overrun(gateway)
    gateway.report()
    account = gateway.account()
    pages, bad = read_book(disk, FOLDER)
    lost = sum(page.lost()["street"] for page in pages)
    assert bad == 0
    assert row(account).dropped == {"quota": lost}
    assert row(account).produced == 300
    assert account.is_balanced


def test_history_that_was_deleted_still_counts_as_stored() -> None:
    disk = Disk()
    gateway = Gateway(disk)
    for _ in range(60):
        gateway.take_in("street", 4, 1, line_bytes=60_000)
        gateway.deliver_all()
    account = gateway.account()
    assert read_book(disk, FOLDER)[0], "segments were deleted"
    assert (row(account).produced, row(account).stored, row(account).set_aside, row(account).dropped) == (300, 240, 60, {})
    assert account.is_balanced


@pytest.mark.parametrize("reason", ["decoder rejected", "memory full", "quota"])
def test_a_word_that_the_ledger_does_not_say_shows(reason: str) -> None:
    gateway = Gateway(Disk())
    note = gateway.ledger.note
    said: list[Loss] = []

    def hides_one(loss: Loss) -> None:
        if loss.reason != reason or said:
            note(loss)
        else:
            said.append(loss)

    gateway.ledger.note = hides_one  # type: ignore[method-assign]
    gateway.spool._on_loss = hides_one  # noqa: SLF001 (the seam that the agent uses)
    gateway.take_in("street", 1, rejected=2, never_a_line=2)
    overrun(gateway)
    gateway.report()
    assert said
    account = gateway.account()
    assert not account.is_balanced
    assert differences(account) == [("street", said[0].count)]


def test_a_line_that_went_missing_on_its_way_into_a_record_shows() -> None:
    gateway = Gateway(Disk())
    gateway.take_in("street", 3, never_a_line=1, hide=lambda loss: loss.reason == "memory full")
    assert differences(gateway.account()) == [("street", 1)]


def test_a_page_that_is_damaged_is_said_and_its_readings_are_known_from_the_ledger_alone() -> None:
    disk = Disk()
    gateway = Gateway(disk)
    overrun(gateway)
    gateway.report()
    path = FOLDER / "book"
    lines = disk.content(path).split(b"\n")
    lines[0] = lines[0].replace(b"street", b"strxxt")
    disk.put(path, b"\n".join(lines))
    account = gateway.account()
    assert account.notes[Note.BAD_PAGES] == 1
    assert account.notes[Note.NO_PAGE] > 0


@pytest.mark.parametrize("ending", ["", "done"])
def test_damage_is_dropped_by_its_reason_and_balances(ending: str) -> None:
    """`done`: the lane has met it already."""
    disk = Disk()
    gateway = Gateway(disk)
    for _ in range(3):
        gateway.take_in("street", 4, 1)
    gateway.spool.close()
    path = next(path for path in disk.paths(".seg") if path.parent.name == "normal")
    data = bytearray(disk.content(path))
    middle = data.find(b"QhR2", 200)
    data[middle + 150] ^= 0xFF
    disk.put(path, bytes(data))
    again = Gateway(disk, gateway.now_ns)
    if ending:
        again.deliver_all()
        again.report()
    account = again.account()
    found = row(account)
    assert (found.dropped, found.produced, found.set_aside) == ({"spool damaged": 4}, 15, 3)
    assert (found.stored, found.waiting) == ((8, 0) if ending else (0, 8))
    assert account.is_balanced


def test_damaged_heads_leave_the_total_right() -> None:
    disk = Disk()
    gateway = Gateway(disk)
    for _ in range(3):
        gateway.take_in("street", 4, 1)
    gateway.spool.close()
    path = next(path for path in disk.paths(".seg") if path.parent.name == "normal")
    data = bytearray(disk.content(path))
    middle = data.find(b"QhR2", 200)
    data[middle + 10] ^= 0xFF
    disk.put(path, bytes(data))
    again = Gateway(disk, gateway.now_ns)
    again.deliver_all()
    again.report()
    account = again.account()
    assert account.is_balanced
    assert account.total.produced == account.total.stored + account.total.waiting + account.total.set_aside + 4
    assert row(account, "unknown").dropped == {"spool damaged": 4}


def test_a_range_counts_lines_by_their_own_times_and_what_was_refused_by_its_record() -> None:
    gateway = Gateway(Disk())
    for _ in range(4):
        gateway.take_in("street", 10, rejected=1)
    second = START_NS + 2 * SECOND_NS
    span = (second + 5, second + SECOND_NS - 1)  # cuts the second batch in two
    found = row(gateway.account(span))
    assert (found.produced, found.waiting, found.set_aside, found.difference) == (6, 5, 1, 0)


def test_a_range_in_the_book_is_rounded_and_says_so() -> None:
    gateway = Gateway(Disk())
    for _ in range(60):
        gateway.take_in("street", 4, 1, line_bytes=60_000)
        gateway.deliver_all()
    account = gateway.account((START_NS, START_NS + SECOND_NS))
    assert account.notes[Note.ROUNDED]
    assert account.is_balanced


def test_own_sources_are_accounted_for_too() -> None:
    gateway = Gateway(Disk())
    gateway.take_in("street", 1, rejected=1)
    found = row(gateway.account(), "ledger")
    assert (found.produced, found.waiting) == (1, 1)


def test_a_gap_is_one_with_both_its_ends_and_is_not_part_of_the_balance() -> None:
    gateway = Gateway(Disk())
    gap_id = gateway.ledger.open_gap("street", "source silent", START_NS)
    gateway.report()
    [gap] = gateway.account().gaps
    assert (gap.gap_id, gap.from_ns, gap.to_ns) == (gap_id, START_NS, None)
    gateway.ledger.close_gap(gap_id, START_NS + 60 * SECOND_NS, 12)
    gateway.ledger.note(Loss("broker", "street", None, None, None))
    gateway.report()
    account = gateway.account()
    [gap] = account.gaps
    assert (gap.to_ns, gap.count, gap.is_known) == (START_NS + 60 * SECOND_NS, 12, False)
    assert [(each.reason, each.is_known) for each in account.outside] == [("broker", False)]
    assert account.is_balanced
    assert gateway.account((0, 1)).gaps == []


def test_the_book_is_merged_before_it_grows_and_nothing_of_it_is_lost() -> None:
    disk = Disk()
    gateway = Gateway(disk)
    for _ in range(40):
        gateway.take_in("street", 4, 1, line_bytes=60_000)
        gateway.take_in("alarm", 4, 1, priority=Priority.HIGH, line_bytes=60_000)
        gateway.deliver_all()
    gateway.report()
    before = gateway.account()
    pages, _ = read_book(disk, FOLDER)
    few = compacted(pages, kept_pages=2)
    assert len(few) < len(pages)
    disk.put(FOLDER / "book", b"".join(map(page_line, few)))
    assert [(each.source, each.produced, each.stored, each.set_aside) for each in gateway.account().rows] == [
        (each.source, each.produced, each.stored, each.set_aside) for each in before.rows
    ]


def test_an_account_is_plain_data() -> None:
    from quanho.edge_account import as_dict, verdict

    gateway = Gateway(Disk())
    gateway.take_in("street", 3, rejected=1)
    answer = json.loads(json.dumps(as_dict(gateway.account(), None, {"street": 1}, is_settled=True)))
    assert answer["balanced"] is True
    street = next(each for each in answer["sources"] if each["source"] == "street")
    assert street == {
        "source": "street",
        "produced": 4,
        "stored": 0,
        "waiting": 3,
        "set_aside": 1,
        "dropped": {},
        "difference": 0,
        "kept_aside": 1,
    }
    assert verdict(gateway.account()).startswith("Sổ khớp")


def test_killed_between_the_ledger_and_the_record_nothing_is_left_over() -> None:
    disk = Disk()
    gateway = Gateway(disk)
    gateway.take_in("street", 1)
    disk.faults.append(KilledBeforeSync())
    with pytest.raises(Killed):
        gateway.take_in("street", 3, rejected=2)
    disk.faults.clear()
    disk.process_died()
    assert account_of(disk, gateway.spool.epoch.bytes).is_balanced
    again = Gateway(disk, gateway.now_ns)
    again.take_in("street", 3, rejected=2)
    account = again.account()
    assert account.is_balanced
    assert row(account).set_aside == 2
