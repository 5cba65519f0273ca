"""Unos in simavr on their way from blank to a firmware that stays; cables are pulled at moments that are named.

Each board has one thread, so that all are at something at once: simavr takes real time.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.config_file import load_agent_config
from edge.control_client import ask
from firmware_bridge.bundle.open import open_bundle
from firmware_bridge.bundle.trust import load_trust
from firmware_bridge.flash.causes import FlashError
from firmware_bridge.flash.job import FlashJob, Happened, Order
from firmware_bridge.flash.plan import Step, Wish
from firmware_bridge.flash.target import load_target
from telemetry.errors import TransientError
from tests.simavr.optiboot import bootloader
from tests.stand_ins.avr_board import AvrBoard
from tests.waiting import eventually

SITE = "bac-ninh"
CHIP, WRITE, VERIFY, HELLO, FIRST_READING, IDENTITY = "reading the chip", "writing", "reading back", "hello", "first reading", "identity"
"""Moments of a flash."""
_HELLO_AND_SETS_BYTES = 150
_ASK_EVERY_S = 0.1
_MOMENT_WITHIN_S = 120.0
_END_WITHIN_S = 180.0


@dataclass(frozen=True, slots=True)
class Life:
    """A board and what it meets. Its cable is pulled and put back at each of these: `flash`, moments of its first flash, with version
    `first`; `update`, a step of the update to 2.0.0; `back`, one of the way back from 3.0.0, which is `bad`."""

    name: str
    first: str
    flash: tuple[str, ...]
    update: str
    bad: str
    back: str


class Uno:
    """A blank board with Optiboot, 2.5 V on A0 and a DHT22."""

    def __init__(self, folder: Path, life: Life) -> None:
        self.life = life
        self.board = AvrBoard(folder, bootloader=bootloader("atmega328p"), reset_on_open=True)

    def measures(self) -> None:
        self.board.adc(0, 2500)
        self.board.dht("PD3", 27.5, 71.0)

    def flash_and_pull(self, moment: str, bundle: Path, folder: Path) -> tuple[str, str, str]:
        """Flash it as `quanho flash` does, and pull its cable at this moment; return the cause, the step and what is said of the board."""
        if moment == FIRST_READING:
            self.board.no_dht()  # else it is over before anybody could pull
        trust = load_trust(folder / "trust", datetime.now(UTC))
        wish = Wish(device=self.life.name, site=SITE)
        target = load_target("atmega328p-uno")
        order = Order(target, str(self.board.port), open_bundle(bundle, trust), wish, folder / "state", is_blank=True)
        cut = Cut(self.board, moment)
        job = FlashJob(order, cut.seen)
        try:
            job.run()
        except FlashError as error:
            result = (error.cause.word, job.step, job.board)
        else:
            result = ("none", job.step, job.board)
        cut.wait_pulled()
        self.board.plug()
        self.measures()
        return result


class Cut:
    """Pulls a board's cable at a moment of a flash. The job waits meanwhile; or the cable goes a little later, while the job is at it."""

    def __init__(self, board: AvrBoard, moment: str) -> None:
        self._board = board
        self._when = _MOMENTS[moment]
        self._later: threading.Thread | None = None
        self._was_there = False

    def seen(self, happened: Happened) -> None:
        if self._was_there or not self._when.is_in(happened):
            return
        self._was_there = True
        if not self._when.later:
            self._board.unplug()
            return
        before = self._board.state()
        self._later = threading.Thread(target=self._pull_once, args=(before,))
        self._later.start()

    def wait_pulled(self) -> None:
        assert self._was_there, "the moment never came"
        if self._later is not None:
            self._later.join()

    def _pull_once(self, before: Mapping[str, int]) -> None:
        later = self._when.later
        assert later is not None
        eventually(lambda: later(before, self._board.state()), 30.0, f"{self._when}")
        self._board.unplug()


@dataclass(frozen=True, slots=True)
class _Moment:
    """The beginning of a step, or the middle of a `phase` of writing; with `later` from then on, once the board's counts are so."""

    step: str
    phase: str = ""
    later: Callable[[Mapping[str, int], Mapping[str, int]], bool] | None = None

    def is_in(self, happened: Happened) -> bool:
        progress = happened.progress
        if progress is None:
            return not self.phase and (happened.event, happened.step) == ("begin", self.step)
        return progress.phase == self.phase and 0.3 < progress.done_bytes / progress.total_bytes < 0.9


_MOMENTS = {
    CHIP: _Moment(Step.WRITE, later=lambda _, now: now["open"] == 1),
    WRITE: _Moment(Step.WRITE, "write"),
    VERIFY: _Moment(Step.WRITE, "verify"),
    HELLO: _Moment(Step.FIRST_READING, later=lambda _, now: now["open"] == 1),
    FIRST_READING: _Moment(Step.FIRST_READING, later=lambda before, now: now["sent"] > before["sent"] + _HELLO_AND_SETS_BYTES),
    IDENTITY: _Moment(Step.IDENTITY),
}


class Gateway:
    """The agent's answers; while it is away, none."""

    def __init__(self, config: Path) -> None:
        self._socket = load_agent_config(config).control_socket
        self._boards: list[dict[str, Any]] = []
        self._asked_s = 0.0
        self._asking = threading.Lock()
        self.is_over = threading.Event()  # one board has failed: nobody has to wait any more
        self.stays = threading.Lock()  # held by who orders an update, and by who kills the agent: no order is lost on its way

    def begin(self, board: str, bundle: Path, *, despite: bool = False) -> None:
        """Order an update; `despite`: without looking at the readings before."""
        with self.stays:
            ask(self._socket, {"command": "board_update", "board": board, "bundle": str(bundle), "despite": despite}, 60.0)
            with self._asking:
                self._asked_s = 0.0  # what was heard is about the update before

    def stands(self, board: str) -> Mapping[str, Any]:
        """Return its last update, with the version that `runs`; {} while nobody can say."""
        assert not self.is_over.is_set(), f"{board} was given up"
        one = next((each for each in self._heard() if each["source"] == board), None)
        return {**(one["update"] or {}), "runs": one["version"], "speaks": one["is_open"], "is_lent": one["is_lent"]} if one else {}

    def _heard(self) -> list[dict[str, Any]]:
        """Ask for all threads together: many questions would keep the agent from its work."""
        with self._asking:
            if time.monotonic() - self._asked_s > _ASK_EVERY_S:
                try:
                    self._boards = ask(self._socket, {"command": "boards"}, 20.0)["boards"]
                except (TransientError, OSError):
                    self._boards = []
                self._asked_s = time.monotonic()
            return self._boards

    def wait_speaks(self, board: str, version: str) -> None:
        eventually(lambda: self.stands(board).items() >= {"runs": version, "speaks": True}.items(), 60.0, f"{board} speaks")

    def wait_step(self, board: str, version: str, step: str, which: str) -> None:
        """Wait until the update to `version` is in the middle of a step."""

        def is_there() -> bool:
            stands = self.stands(board)
            if stands.get("new", {}).get("version") != version:
                return False
            assert not stands.get("outcome"), f"{board} ended before {step} {which}: {stands}"
            in_middle = {"prepare": stands["is_lent"], "flash": stands["flash_share"] > 0.1}.get(step, True)
            return (stands.get("step"), stands.get("which")) == (step, which) and in_middle

        eventually(is_there, _MOMENT_WITHIN_S, f"{board} in {step} {which}: {self.stands(board)}")

    def wait_absent(self, board: str) -> None:
        """Wait until an update waits for its board."""
        eventually(lambda: self.stands(board).get("is_absent"), _MOMENT_WITHIN_S, f"nobody misses {board}")

    def end_of(self, board: str) -> Mapping[str, Any]:
        """Return how its update ended, with the version that `runs` then."""
        stands: Mapping[str, Any] = {}

        def has_ended() -> bool:
            nonlocal stands
            stands = self.stands(board)
            return bool(stands.get("outcome") and stands["speaks"])

        eventually(has_ended, _END_WITHIN_S, f"an end for {board}: {stands}")
        return stands
