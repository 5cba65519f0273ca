"""Whatever the board, the flasher and the power do: an update ends on a running firmware, or says that it needs a hand, or goes on."""

from dataclasses import dataclass, field
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.ota.course import Do, Ended, Limits, Mark, Noted, Outcome, Step, Which, course_of
from firmware_bridge.ota.firmware import Firmware
from firmware_bridge.ota.journal import Order
from firmware_bridge.ota.update import Patience, Update, ran_last, still_needed
from tests.firmware_bridge.ota.model import SENSORS, Fate, Killed, MemoryJournal, MemoryStore, ModelBoard, image

NEW, NEW_BYTES = image("2.0.0")
OLD, OLD_BYTES = image("1.0.0")
LIMITS = Limits()
PATIENCE = Patience(hello_s=4.0, said_s=4.0, stranger_s=2.0, grace_s=2.0, look_s=1.0)
MOST_FLASHES = LIMITS.flash_new + LIMITS.flash_previous
NEW_DOES = ("good", "silent", "liar", "mute", "other", "restarts")
NEW_FLASH = (["ok"], ["busy", "ok"], ["middle", "ok"], ["unplugged", "ok"], ["middle"], ["unplugged"], ["refused"], ["middle", "refused"])
OLD_FLASH = (["ok"], ["middle", "ok"], ["unplugged", "unplugged", "ok"])


@dataclass
class Site:
    """A gateway with a board; `run` runs the process until it is killed or the update ends."""

    new_does: str = "good"
    new_flash: list[str] = field(default_factory=lambda: ["ok"])
    old_flash: list[str] = field(default_factory=lambda: ["ok"])
    is_in_store: bool = False
    old_does: str = "good"
    rescue: Firmware | None = None
    dumps: list[str] = field(default_factory=lambda: ["ok"])

    def __post_init__(self) -> None:
        self.fate = Fate(on_kill=self.check)
        self.journal, self.store = MemoryJournal(self.fate), MemoryStore()
        self.store.put(NEW_BYTES, ())
        if self.is_in_store or self.rescue:
            self.store.put(OLD_BYTES, ())
        if self.is_in_store:
            self.store.know(OLD)
        behaviour = {NEW_BYTES: self.new_does, OLD_BYTES: self.old_does}
        flashes = {NEW_BYTES: list(self.new_flash), OLD_BYTES: list(self.old_flash)}
        self.board = ModelBoard(OLD_BYTES, {NEW_BYTES: NEW, OLD_BYTES: OLD}, self.fate, behaviour, flashes, list(self.dumps))
        self.journal.create(Order("u1", "roof", NEW, 3, SENSORS, self.rescue))

    def run(self, kill_at: int = 0) -> Ended | None:
        self.fate.passed, self.fate.kill_at = 0, kill_at
        update = Update(self.journal, self.store, self.board, self.board, self.board.now_s, limits=LIMITS, patience=PATIENCE)
        try:
            return update.run()
        except Killed:
            return None

    def check(self) -> None:
        """Nothing is lost at this moment: a board that does not run what it ran is one whose two images are known."""
        if self.board.contents == OLD_BYTES:
            return
        course = course_of(self.journal.read().entries, LIMITS)
        assert course.previous is not None
        assert self.store.has_all_of(course.previous)
        assert self.store.has_all_of(NEW)

    def check_end(self, ended: Ended) -> None:
        self.check()
        runs = {Outcome.KEPT: NEW_BYTES, Outcome.WENT_BACK: OLD_BYTES, Outcome.UNCHANGED: OLD_BYTES}
        assert self.board.contents == runs.get(ended.outcome, self.board.contents), ended
        assert self.board.flash_count <= MOST_FLASHES
        before = self.board.flash_count
        assert self.run() == ended
        assert self.board.flash_count == before


def _sites() -> list[dict[str, object]]:
    of_flash = [*product(NEW_FLASH, OLD_FLASH, ("silent",)), *product(NEW_FLASH, OLD_FLASH[1:2], ("good",))]
    sites: list[dict[str, object]] = [{"new_flash": new, "old_flash": old, "new_does": does} for new, old, does in of_flash]
    return sites + [{"new_does": does, "is_in_store": stored} for does, stored in product(NEW_DOES, (True, False))]


@pytest.mark.parametrize("new_does", NEW_DOES)
def test_a_firmware_is_kept_when_its_readings_prove_it_and_taken_back_when_not(new_does: str) -> None:
    site = Site(new_does)
    ended = site.run()
    assert ended is not None
    assert ended.outcome is (Outcome.KEPT if new_does == "good" else Outcome.WENT_BACK), ended
    site.check_end(ended)


@pytest.mark.parametrize(
    ("new_flash", "outcome", "flashes"),
    [
        (["busy", "ok"], Outcome.KEPT, 1),
        (["unplugged", "ok"], Outcome.KEPT, 2),
        (["middle", "middle", "ok"], Outcome.KEPT, 3),
        (["middle"], Outcome.WENT_BACK, 6),
        (["refused"], Outcome.UNCHANGED, 0),
        (["busy"], Outcome.UNCHANGED, 0),
        (["middle", "refused"], Outcome.WENT_BACK, 2),
    ],
)
def test_flashing_is_tried_again_so_often_and_then_undone(new_flash: list[str], outcome: Outcome, flashes: int) -> None:
    site = Site(new_flash=new_flash)
    ended = site.run()
    assert ended is not None
    assert (ended.outcome, site.board.flash_count) == (outcome, flashes), ended
    site.check_end(ended)


def test_a_board_that_cannot_be_brought_back_needs_a_hand_and_both_images_stay() -> None:
    site = Site("silent", old_flash=["middle"])
    ended = site.run()
    assert ended is not None
    assert ended.outcome is Outcome.NEEDS_A_HAND
    assert site.board.flash_count == 1 + LIMITS.flash_previous
    site.check_end(ended)


def test_a_board_whose_readings_are_wrong_before_is_left_alone() -> None:
    site = Site(old_does="liar")
    ended = site.run()
    assert ended == Ended(Outcome.UNCHANGED, ended.why if ended else "")
    assert "temperature 900" in ended.why
    assert site.board.flash_count == 0


def test_a_silent_board_is_only_flashed_when_somebody_knows_what_ran_there() -> None:
    ended = Site(old_does="silent").run()
    assert ended is not None
    assert ended.outcome is Outcome.UNCHANGED
    ended = Site(old_does="silent", rescue=OLD).run()
    assert ended is not None
    assert ended.outcome is Outcome.KEPT


def test_nothing_is_flashed_when_the_chip_cannot_be_read() -> None:
    site = Site(dumps=["broken"])
    ended = site.run()
    assert ended == Ended(Outcome.UNCHANGED, "read back failed")
    assert site.board.flash_count == 0
    ended = Site(dumps=["broken", "broken", "ok"]).run()
    assert ended is not None
    assert ended.outcome is Outcome.KEPT


def test_another_board_at_the_port_is_never_flashed_with_what_was_meant_for_the_first() -> None:
    plain = Site("silent")
    plain.run()
    for kill_at in range(1, plain.fate.passed + 1):
        site = Site("silent")
        site.run(kill_at)
        if site.board.contents != NEW_BYTES:
            continue
        site.board.uid, site.board.contents, before = "02", OLD_BYTES, site.board.flash_count
        ended = site.run()
        assert ended is not None
        assert ended.outcome is Outcome.NEEDS_A_HAND
        assert "another board" in ended.why
        assert site.board.flash_count == before


def test_a_board_that_took_the_place_of_another_while_nobody_ran_is_not_flashed() -> None:
    plain, swapped = Site(), 0
    plain.run()
    for kill_at in range(1, plain.fate.passed + 1):
        site = Site()
        site.run(kill_at)
        course = course_of(site.journal.read().entries, LIMITS)
        if course.next == Do(Step.FLASH, Which.NEW) and site.board.flash_count == 0:
            swapped += 1
            site.board.uid = "02"
            ended = site.run()
            assert ended is not None
            assert (ended.outcome, site.board.flash_count) == (Outcome.NEEDS_A_HAND, 0)
    assert swapped


@pytest.mark.parametrize("left_open", ["", "01"])
def test_a_board_that_was_plugged_in_instead_of_another_is_not_flashed_although_a_session_was_left_open(left_open: str) -> None:
    class Swapping(MemoryJournal):
        def write(self, entry: Noted | Ended) -> None:
            super().write(entry)
            if isinstance(entry, Noted) and (entry.step, entry.mark) == (Step.PREPARE, Mark.DONE):
                site.board.uid, site.board.left_open, site.board.gone_until = "02", left_open, site.board.now + 10.0

    site = Site()
    order = site.journal.read().order
    assert order is not None
    site.journal = Swapping(site.fate)
    site.journal.create(order)

    ended = site.run()

    assert ended is not None
    assert (ended.outcome, site.board.flash_count) == (Outcome.NEEDS_A_HAND, 0)


def test_killed_at_any_place_the_update_ends_as_if_it_had_not_been() -> None:
    runs = 0
    for about in _sites():
        plain = Site(**about)  # type: ignore[arg-type]
        expected = plain.run()
        assert expected is not None
        for kill_at in range(1, plain.fate.passed + 1):
            site = Site(**about)  # type: ignore[arg-type]
            assert site.run(kill_at) is None
            ended = site.run()
            runs += 1
            assert ended is not None
            site.check_end(ended)
            assert ended.outcome is not Outcome.NEEDS_A_HAND, (about, kill_at, ended)
            if about.get("new_flash") is None:  # a kill in the middle of a flash is one of its tries
                assert ended.outcome is expected.outcome, (about, kill_at, ended)
    assert runs > 1000


@pytest.mark.parametrize("new_does", ["good", "silent"])
def test_killed_at_any_place_and_again_at_any_place_of_going_on(new_does: str) -> None:
    plain = Site(new_does)
    expected = plain.run()
    for first in range(1, plain.fate.passed + 1):
        for second in range(1, plain.fate.passed + 1, 2):
            site = Site(new_does)
            site.run(first)
            ended = site.run(second) or site.run()
            assert ended is not None
            site.check_end(ended)
            assert expected is not None
            assert ended.outcome is expected.outcome, (first, second, ended)


@settings(max_examples=200, deadline=None)
@given(
    new_does=st.sampled_from(NEW_DOES),
    new_flash=st.lists(st.sampled_from(["ok", "busy", "middle", "unplugged", "refused"]), min_size=1, max_size=4),
    old_flash=st.lists(st.sampled_from(["ok", "busy", "middle", "unplugged"]), min_size=1, max_size=4),
    kills=st.lists(st.integers(1, 60), max_size=40),
)
def test_an_update_that_is_cut_off_at_every_turn_ends_too(
    new_does: str, new_flash: list[str], old_flash: list[str], kills: list[int]
) -> None:
    site = Site(new_does, new_flash, old_flash)
    for kill_at in kills:
        if site.run(kill_at):
            break
    ended = site.run()
    assert ended is not None
    site.check_end(ended)


def test_a_machine_that_dies_right_behind_every_beginning_does_not_flash_for_ever() -> None:
    site = Site("silent")
    for _ in range(400):
        course = course_of(site.journal.read().entries, LIMITS)
        if course.ended:
            break
        site.run(4)  # behind the whole entry that says "begun"
    assert course.ended is not None
    assert site.board.flash_count <= MOST_FLASHES


@pytest.mark.parametrize(
    ("end", "ran", "is_needed"),
    [
        (Outcome.KEPT, NEW, False),
        (Outcome.WENT_BACK, OLD, False),
        (Outcome.UNCHANGED, OLD, False),
        (Outcome.NEEDS_A_HAND, OLD, True),
        (None, OLD, True),
    ],
)
def test_the_next_update_knows_what_ran_last_and_the_store_what_is_needed(end: Outcome | None, ran: Firmware, is_needed: bool) -> None:
    order = Order("u1", "roof", NEW, 3)
    prepared = Noted(Step.PREPARE, Which.NEW, Mark.DONE, data={"previous": OLD.to_json()})
    course = course_of([prepared, *([Ended(end, "")] if end else [])], LIMITS)
    assert ran_last(order, course) == ran
    assert still_needed(order, course) == (NEW.shas | OLD.shas if is_needed else frozenset())
