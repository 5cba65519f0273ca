"""The updates of this gateway's boards: one thread a board that is being updated, one journal a board, one image store for all.

    boards/<board>.journal   the last update of the board, or the one that runs (firmware_bridge/ota/journal.py)
    boards/<board>.lock      locked by whoever carries it out
    boards/images/           what may have to be flashed (firmware_bridge/ota/images.py)

At the start every journal without an end goes on. `begin` refuses before anything is written: a bundle that nobody trusted signed, one for
another board, a downgrade that nobody asked for, a board that is being updated already.
"""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.boards.settings import BoardsSettings
from edge.boards.sole_owner import sole_owner
from firmware_bridge.ota.course import Ended, Outcome, Step, course_of
from firmware_bridge.ota.firmware import Firmware, Piece
from firmware_bridge.ota.hands import Hands, Interrupted
from firmware_bridge.ota.images import ImageStore
from firmware_bridge.ota.journal import Journal, Order, Written
from firmware_bridge.ota.update import LIMITS, PATIENCE, Progress, Update, ran_last, still_needed
from runtime.clock import Clock
from runtime.durable_file import make_folder
from runtime.logs import Log
from runtime.worker import Worker
from telemetry.errors import RejectedError
from telemetry.identifiers import is_id

if TYPE_CHECKING:
    from edge.sources.link import LinkInput
    from firmware_bridge.bundle.open import Bundle
    from firmware_bridge.flash.progress import Progress as FlashProgress
    from firmware_bridge.flash.target import Target

_LOG = Log("edge.boards")
_SUFFIX = ".journal"
_REOPENED_S = 8.0  # until the port is open again and the first silence is over
_LAST_WORD_S = 5.0  # from the end in the journal to that of its thread
_ON_TRIAL = frozenset({Step.FLASH, Step.HELLO, Step.WATCH})
_DISK_S = 30.0  # until the next try of a journal that the disk does not take

FindBoard = Callable[[str], "LinkInput | None"]
MakeHands = Callable[[Callable[[], "LinkInput | None"], "Target", threading.Event, Callable[["FlashProgress"], None]], Hands]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: a bundle for the board of a source; `intervals` None: those of the config."""

    bundle: Path
    board: str
    intervals: int | None = None
    allow_downgrade: bool = False
    is_despite: bool = False


class BoardUpdater:
    """See the module. Building one does no I/O.

    `find` gives the link source of that id as it is now, None where there is none; `make_hands` makes what flashes (LinkHands).
    """

    def __init__(
        self, settings: BoardsSettings, state_dir: Path, clock: Clock, find: FindBoard, make_hands: MakeHands | None = None
    ) -> None:
        self._settings = settings
        self._folder = state_dir / "boards"
        self._store = ImageStore(self._folder / "images", int(settings.image_store_bytes))
        self._clock = clock
        self._find = find
        self._make_hands = make_hands
        self._lock = threading.RLock()  # over the image store and the beginning of updates
        self._running: dict[str, _Running] = {}
        self._is_stopping = False
        self._reserved: frozenset[str] = frozenset()

    # -- life

    def start(self) -> None:
        """Go on with every update that was cut off."""
        for board in self._boards():
            try:
                written = self._journal(board).read()
            except OSError as error:
                _LOG.error("boards.journal_unreadable", board=board, reason=error)
                continue
            if written.order is None:
                _LOG.error("boards.journal_damaged", board=board, file=self._journal(board).path)
            elif course_of(written.entries, LIMITS).ended is None:
                _LOG.info("boards.update_resumed", board=board, update=written.order.update, to=str(written.order.new))
                self._launch(board, written.order)

    def ask_to_stop(self) -> None:
        """Decide nothing more; a flash that is under way ends first. Returns at once."""
        self._is_stopping = True
        for each in list(self._running.values()):
            each.worker.ask_to_stop()

    def stop(self, timeout_s: float) -> None:
        self.ask_to_stop()
        running = list(self._running.values())
        for each in running:
            each.worker.stop(timeout_s / len(running))

    # -- what is asked

    def begin(self, wish: Wish) -> str:
        """Begin an update and return its id. Raises QuanhoError with what speaks against it."""
        with self._lock:
            self._check_free(wish.board)
            link = self._find(wish.board)
            if link is None:
                raise RejectedError(f"no link source is called {wish.board}; quanho edge boards lists them")
            bundle = self._opened(wish.bundle)
            self._check_fits(bundle, link.view(), wish)
            written = self._journal(wish.board).read()
            rescue = ran_last(written.order, course_of(written.entries, LIMITS)) if written.order else None
            order = self._order(bundle, wish, rescue)
            self._keep(bundle, order)
            self._journal(wish.board).create(order)
            _LOG.info("boards.update_begun", board=wish.board, update=order.update, to=str(order.new), key=bundle.key_id)
            self._launch(wish.board, order)
            return order.update

    def give_up(self, board: str) -> None:
        """End the update of a board as it is. Raises RejectedError when none runs."""
        with self._lock:
            if not self.is_running(board) or self._has_ended(board):
                raise RejectedError(f"no update of {board} is running")
            self._running[board].is_given_up = True
            self._running[board].worker.ask_to_stop()

    def learn(self, path: Path) -> None:
        """Keep the images of a bundle that was put onto a board by hand: the next update need not read them from the chip, which takes
        minutes for an ESP32. Raises QuanhoError where the bundle is not believed, or there is no room."""
        bundle = self._opened(path)
        with self._lock:
            firmware = _firmware_of(bundle)
            try:
                for data in bundle.images.values():
                    self._store.put(data, self._needed() | firmware.shas)
                self._store.know(firmware)
            except OSError as error:
                raise RejectedError(f"the images cannot be kept: {error}") from error

    def status(self) -> list[Mapping[str, object]]:
        """Return the last or running update of every board that had one, ready for JSON."""
        return [self._status(board) for board in self._boards()]

    def by_board(self) -> dict[str, Mapping[str, object]]:
        """Return the same by board."""
        return {str(each["board"]): each for each in self.status()}

    def is_running(self, board: str) -> bool:
        running = self._running.get(board)
        return running is not None and running.worker.is_alive

    # -- beginning

    def _check_free(self, board: str) -> None:
        if self._is_stopping:
            raise RejectedError("the agent is stopping")
        if self.is_running(board) and not (self._has_ended(board) and self._running[board].worker.stop(_LAST_WORD_S)):
            raise RejectedError(f"an update of {board} is running; wait for its end: quanho edge boards")

    def _has_ended(self, board: str) -> bool:
        """Whether all that is left of an update is the last word of its thread."""
        return course_of(self._journal(board).read().entries, LIMITS).ended is not None

    def _opened(self, path: Path) -> "Bundle":
        try:
            from firmware_bridge.bundle.open import open_bundle
            from firmware_bridge.bundle.trust import load_trust
        except ImportError as error:
            raise RejectedError("this gateway cannot check signatures: pip install 'quanho[flash]'") from error
        return open_bundle(path, load_trust(self._settings.trust_dir, datetime.fromtimestamp(self._clock.wall_ns() / 1e9, UTC)))

    def _check_fits(self, bundle: "Bundle", view: Mapping[str, object], wish: Wish) -> None:
        from firmware_bridge.bundle.succession import may_install
        from firmware_bridge.flash.image import images_of
        from firmware_bridge.flash.plan import without_board
        from firmware_bridge.flash.target import load_target

        manifest = bundle.manifest
        try:
            target = load_target(manifest.board)
        except KeyError as error:
            raise RejectedError(str(error.args[0])) from error
        if refusal := without_board(target, manifest, images_of(manifest, bundle.images)):
            raise RejectedError(refusal.reason)
        if view["board"] and view["board"] != manifest.board:
            raise RejectedError(f"the board says that it is a {view['board']}, and the bundle is for {manifest.board}")
        installed = str(view["version"]) if view["firmware"] == manifest.firmware else None
        if refused := may_install(installed, manifest, allow_downgrade=wish.allow_downgrade):
            raise refused

    def _order(self, bundle: "Bundle", wish: Wish, rescue: Firmware | None) -> Order:
        sensors = tuple(sensor.model_dump(mode="json") for sensor in bundle.manifest.sensors)
        intervals = wish.intervals or self._settings.intervals
        return Order(
            uuid.uuid4().hex[:12], wish.board, _firmware_of(bundle), intervals, sensors, rescue, wish.is_despite, self._clock.wall_ns()
        )

    def _keep(self, bundle: "Bundle", order: Order) -> None:
        """Have the new images on the disk before anything is done by the order."""
        rescue = order.rescue.shas if order.rescue else frozenset()
        self._reserved = order.new.shas | rescue
        try:
            for entry in bundle.manifest.images:
                self._store.put(bundle.images[entry.file], self._needed())
        except OSError as error:
            raise RejectedError(f"the images cannot be kept: {error}") from error

    def _needed(self) -> frozenset[str]:
        needed = self._reserved
        for board in self._boards():
            written = self._journal(board).read()
            if written.order is not None:
                needed |= still_needed(written.order, course_of(written.entries, LIMITS))
        return needed

    # -- carrying out

    def _launch(self, board: str, order: Order) -> None:
        worker = Worker(f"update {board}", partial(self._run, board, order), clock=self._clock)
        self._running[board] = _Running(worker)
        worker.start()

    def _run(self, board: str, order: Order, stopping: threading.Event) -> None:
        """Carry one update to its end, or to the end of this process; alone, also beside an agent that is still stopping."""
        with sole_owner(self._folder / f"{board}.lock", stopping) as is_mine:
            if is_mine:
                self._carry_out(board, order, stopping)

    def _carry_out(self, board: str, order: Order, stopping: threading.Event) -> None:
        from edge.boards.hands import LinkHands
        from edge.boards.hearing import LinkBoard
        from firmware_bridge.flash.target import load_target

        running = self._running[board]
        find, target = partial(self._find, board), load_target(order.new.board)
        make_hands = self._make_hands or LinkHands
        hearing, hands = LinkBoard(find, stopping), make_hands(find, target, stopping, running.note_flash)
        update = Update(
            self._journal(board),
            self._store,
            hearing,
            hands,
            self._clock.monotonic_s,
            self._needed,
            partial(self._note, board, running),
            patience=replace(PATIENCE, hello_s=self._settings.hello_s or target.hello_s + _REOPENED_S, grace_s=self._settings.grace_s),
        )
        while True:
            try:
                return self._say_end(board, order, update.run())
            except Interrupted:
                if running.is_given_up:
                    self._end_by_hand(board, order)
                return None
            except OSError as error:
                _LOG.error("boards.journal_not_written", board=board, reason=error, again_in_s=_DISK_S)
                if stopping.wait(_DISK_S):
                    return None
            finally:
                hearing.leave()
                self._mark(board, is_on_trial=False)

    def _note(self, board: str, running: "_Running", progress: Progress) -> None:
        running.note(progress)
        self._mark(board, is_on_trial=progress.do is not None and progress.do.step in _ON_TRIAL)

    def _mark(self, board: str, *, is_on_trial: bool) -> None:
        if link := self._find(board):
            link.try_out(is_on_trial)

    def _end_by_hand(self, board: str, order: Order) -> None:
        course = course_of(self._journal(board).read().entries, LIMITS)
        outcome = Outcome.NEEDS_A_HAND if course.is_touched else Outcome.UNCHANGED
        ended = Ended(outcome, "a person ended the update")
        self._journal(board).write(ended)
        self._say_end(board, order, ended)

    def _say_end(self, board: str, order: Order, ended: Ended) -> None:
        log = _LOG.error if ended.outcome is Outcome.NEEDS_A_HAND else _LOG.info if ended.outcome is Outcome.KEPT else _LOG.warning
        log("boards.update_ended", board=board, update=order.update, to=str(order.new), outcome=ended.outcome.value, reason=ended.why)

    # -- looking

    def _status(self, board: str) -> Mapping[str, object]:
        try:
            written = self._journal(board).read()
        except OSError as error:
            return {"board": board, "outcome": None, "why": f"the journal cannot be read: {error}", "is_running": False}
        if written.order is None:
            return {"board": board, "outcome": None, "why": "the journal is damaged", "is_running": False}
        return {"board": board, **status_of(written, self._running.get(board)), "is_running": self.is_running(board)}

    def _boards(self) -> Iterator[str]:
        if not self._folder.is_dir():
            return iter(())
        names = sorted(path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}"))
        return iter([name for name in names if is_id(name)])

    def _journal(self, board: str) -> Journal:
        make_folder(self._folder, 0o700)
        return Journal(self._folder / f"{board}{_SUFFIX}")


@dataclass(slots=True)
class _Running:
    """An update of this process, and how far it is: in its course, and in the flash that is under way."""

    worker: Worker
    is_given_up: bool = False
    progress: Progress = field(default_factory=Progress)
    flash_share: float = 0.0
    flash_phase: str = ""

    def note(self, progress: Progress) -> None:
        self.progress, self.flash_share, self.flash_phase = progress, 0.0, ""

    def note_flash(self, progress: "FlashProgress") -> None:
        self.flash_share, self.flash_phase = progress.done_bytes / max(1, progress.total_bytes), progress.phase


def status_of(written: Written, running: _Running | None) -> Mapping[str, object]:
    """Return what people are told of an update."""
    order, course = written.order, course_of(written.entries, LIMITS)
    assert order is not None  # noqa: S101 (the caller looked)
    ended = course.ended
    status: dict[str, Any] = {"update": order.update, "new": _named(order.new), "previous": _named(course.previous), "at_ns": order.at_ns}
    status |= {"outcome": ended.outcome.value if ended else None, "why": ended.why if ended else course.why}
    status |= {"step": course.next.step.value, "which": course.next.which.value, "flash_count": course.flash_count}
    progress = running.progress if running and not ended else Progress()
    status |= {"is_absent": progress.is_absent, "intervals": order.intervals, "count": progress.count, "of": progress.of}
    flash = running if running and not ended else None
    return status | {"flash_share": round(flash.flash_share, 3) if flash else 0.0, "flash_phase": flash.flash_phase if flash else ""}


def _firmware_of(bundle: "Bundle") -> Firmware:
    manifest = bundle.manifest
    pieces = tuple(Piece(each.file, each.kind, each.address, each.size, each.sha256) for each in manifest.images)
    return Firmware(manifest.board, manifest.firmware, manifest.version, manifest.build_id, pieces)


def _named(firmware: Firmware | None) -> Mapping[str, str] | None:
    if firmware is None:
        return None
    return {"firmware": firmware.firmware, "version": firmware.version, "build_id": firmware.build_id, "board": firmware.board}
