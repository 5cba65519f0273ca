"""The course of one update: what its journal says, and what is to be done next. Pure.

    PREPARE ──► FLASH new ──► HELLO new ──► WATCH new ──► kept
       │            │             │             │
       ▼            └──────┬──────┴─────────────┘  (not in time, another firmware, readings that cannot be)
    unchanged              ▼
                FLASH previous ──► HELLO previous ──► WATCH previous ──► went back
                     │   ▲──────────────┘                  │
                     └───┴───────── tries used up ─────────┴──► needs a hand

A step is begun (written before its first action), then done or failed (written after its last). A step that was begun and has no end was
cut off by a power cut or a kill: it is begun again. Each may be begun a bounded number of times, so an update that is cut off at
every turn ends too, and nothing is flashed for ever. When the new image was refused before a byte of it was written, the way back begins
with HELLO previous: what runs there is asked, not flashed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from firmware_bridge.ota.firmware import Firmware

PROVEN = "its readings are plausible"


class Step(StrEnum):
    """What is done to a board."""

    PREPARE = "prepare"
    FLASH = "flash"
    HELLO = "hello"
    WATCH = "watch"


class Which(StrEnum):
    """Which firmware a step is about."""

    NEW = "new"
    PREVIOUS = "previous"


class Mark(StrEnum):
    """Where a step stands."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


class Outcome(StrEnum):
    """How an update ends. `unchanged`: refused before anything was written to the board."""

    KEPT = "kept"
    WENT_BACK = "went back"
    NEEDS_A_HAND = "needs a hand"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Noted:
    """One entry of the journal about a step; `why` of a failure. `data`: of PREPARE done `previous` (the firmware) and `uid`; of FLASH
    failed `is_written` (a byte may have reached the board) and `is_final`; of any failed `is_another` (another board is at the port)."""

    step: Step
    which: Which
    mark: Mark
    why: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """The last entry of a journal."""

    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class Do:
    """What is to be done next."""

    step: Step
    which: Which


@dataclass(frozen=True, slots=True)
class Limits:
    """How often each step may be begun; `reading`: PREPARE, while all that is wrong is that the chip cannot be read.

    A watch may take hours, and an agent is restarted now and then: that one is begun more often.
    """

    prepare: int = 5
    reading: int = 3
    flash_new: int = 5
    flash_previous: int = 5
    hello: int = 8
    watch: int = 20

    def of(self, do: Do) -> int:
        if do.step is Step.FLASH:
            return self.flash_new if do.which is Which.NEW else self.flash_previous
        return {Step.PREPARE: self.prepare, Step.HELLO: self.hello, Step.WATCH: self.watch}[do.step]


@dataclass(frozen=True, slots=True)
class Course:
    """Where an update stands, by its journal. `is_touched`: a byte of the new firmware may be on the board (`was_touched`: before the
    flash that was begun last); `why` it goes back."""

    next: Do = Do(Step.PREPARE, Which.NEW)
    begun: Mapping[Do, int] = field(default_factory=dict)
    previous: Firmware | None = None
    uid: str = ""
    is_touched: bool = False
    was_touched: bool = False
    why: str = ""
    verdict: Ended | None = None
    ended: Ended | None = None

    @property
    def flash_count(self) -> int:
        """How often the board was flashed, in both directions."""
        return sum(count for do, count in self.begun.items() if do.step is Step.FLASH)


def course_of(entries: Iterable[Noted | Ended], limits: Limits) -> Course:
    """Return where an update with this journal stands."""
    course = Course()
    for entry in entries:
        course = after(course, entry, limits)
    return course


def after(course: Course, entry: Noted | Ended, limits: Limits) -> Course:
    """Return the course after one more entry. An ended one stays as it is."""
    if course.ended is not None:
        return course
    if isinstance(entry, Ended):
        return replace(course, ended=entry)
    do = Do(entry.step, entry.which)
    if entry.mark is Mark.BEGUN:
        return _begun(course, do)
    if entry.mark is Mark.DONE:
        return _done(course, do, entry)
    return _failed(course, do, entry, limits)


def what_next(course: Course, limits: Limits) -> Do | Ended:
    """Return the step to begin, or how the update ends; for a course that has ended, that end."""
    if course.ended is not None:
        return course.ended
    for _ in range(4):  # a step that was cut off too often counts as failed, and so may the one after it
        if course.verdict is not None:
            return course.verdict
        if course.begun.get(course.next, 0) < limits.of(course.next):
            return course.next
        do, times = course.next, limits.of(course.next)
        course = _failed(course, do, Noted(do.step, do.which, Mark.FAILED, f"{do.step.value} was cut off {times} times"), limits)
    raise AssertionError("a course has two failures at most before its end")


def _begun(course: Course, do: Do) -> Course:
    begun = {**course.begun, do: course.begun.get(do, 0) + 1}
    if do.step is not Step.FLASH:
        return replace(course, begun=begun)
    begun[Do(Step.HELLO, do.which)] = 0  # each flash is listened for anew
    if do.which is Which.PREVIOUS:
        return replace(course, begun=begun)
    return replace(course, begun=begun, is_touched=True, was_touched=course.is_touched)


def _done(course: Course, do: Do, entry: Noted) -> Course:
    match do.step:
        case Step.PREPARE:
            previous, uid = Firmware.from_json(entry.data["previous"]), str(entry.data.get("uid", ""))
            return replace(course, previous=previous, uid=uid, next=Do(Step.FLASH, Which.NEW))
        case Step.FLASH:
            return replace(course, next=Do(Step.HELLO, do.which))
        case Step.HELLO:
            return replace(course, next=Do(Step.WATCH, do.which))
    if do.which is Which.NEW:
        return replace(course, verdict=Ended(Outcome.KEPT, PROVEN))
    is_back = course.is_touched or course.begun.get(Do(Step.FLASH, Which.PREVIOUS), 0) > 0
    return replace(course, verdict=Ended(Outcome.WENT_BACK if is_back else Outcome.UNCHANGED, course.why))


def _failed(course: Course, do: Do, entry: Noted, limits: Limits) -> Course:
    if do.step is Step.PREPARE:
        if entry.data.get("is_final") is False and course.begun.get(do, 0) < limits.reading:
            return course
        return replace(course, verdict=Ended(Outcome.UNCHANGED, entry.why))
    if entry.data.get("is_another"):
        return replace(course, verdict=Ended(Outcome.NEEDS_A_HAND, entry.why))
    if do.which is Which.PREVIOUS:
        return _failed_going_back(course, do, entry, limits)
    if do.step is Step.FLASH:
        course = replace(course, is_touched=course.was_touched or bool(entry.data.get("is_written", True)))
        if course.begun.get(do, 0) < limits.flash_new and not entry.data.get("is_final"):
            return replace(course, next=do)
    way = Do(Step.FLASH if course.is_touched else Step.HELLO, Which.PREVIOUS)
    return replace(course, next=way, why=entry.why)


def _failed_going_back(course: Course, do: Do, entry: Noted, limits: Limits) -> Course:
    flash = Do(Step.FLASH, Which.PREVIOUS)
    if do.step is not Step.WATCH and course.begun.get(flash, 0) < limits.flash_previous and not entry.data.get("is_final"):
        return replace(course, next=flash)
    where = "the previous firmware is back and speaks, but" if do.step is Step.WATCH else "the way back failed:"
    return replace(course, verdict=Ended(Outcome.NEEDS_A_HAND, f"{course.why}; {where} {entry.why}"))
