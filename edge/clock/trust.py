"""May the host's clock be believed, and what time is it? The decision for one boot. Pure: clocks come in as numbers.

Time is told as a line over boot time (CLOCK_BOOTTIME), which no step of the wall touches. The kernel disciplines both at the same
rate, so the line stays as right as the kernel keeps the clock.

- Trust is gained from a witness: the kernel while it is synchronised, the date of an authenticated uplink, or, where the config says
  so, the host's clock as it is. It does not lapse: the error bound grows instead.
- A time before the floor is not believed: some trusted clock has been further. Only when kernel and uplink agree is the floor itself
  wrong, and lowered.
- Better evidence corrects the line: forward at once, backward by running a tenth slower, so that no source ever sees time go back.
- A correction of more than ten minutes is a contradiction between witnesses, not a correction: it is followed only forward, and only
  when two witnesses agree, else the line goes on, disputed, and its points are marked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal

EARLIEST_NS = 1_672_531_200_000_000_000  # 2023-01-01: no gateway of ours was older
STEP_NS = 500_000_000  # a wall that moves by more against boot time was set
SLOWER = 10
TICK_NS = 1_000_000  # arrivals are cut to milliseconds, of boot time and of time alike: so the offset between the two is whole ones
MOST_CORRECTED_NS = 600_000_000_000
_IGNORED_NS = 20_000_000
_AGREE_NS = 60_000_000_000
_DATE_ERROR_NS = 1_000_000_000  # an HTTP date has a resolution of a second
_SLOWEST_ANSWER_NS = 10_000_000_000
_KERNEL_OUTRANKS_NS = 3_600_000_000_000


class Witness(Enum):
    """Who vouches for the time."""

    KERNEL = "kernel"
    HOST = "host"
    UPLINK = "uplink"


@dataclass(frozen=True, slots=True)
class Line:
    """Time over boot time: `time_ns` at `boot_ns`, and from there on slower until `surplus_ns` is lost."""

    boot_ns: int
    time_ns: int
    surplus_ns: int = 0

    def at(self, boot_ns: int) -> int:
        """Return the time (ns since 1970 UTC) at a boot time."""
        passed = boot_ns - self.boot_ns
        return self.time_ns + passed - (min(self.surplus_ns, max(0, passed) // SLOWER) if self.surplus_ns else 0)

    def surplus_at(self, boot_ns: int) -> int:
        """Return how much of the surplus is left."""
        return max(0, self.surplus_ns - max(0, boot_ns - self.boot_ns) // SLOWER)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the host's clocks; `kernel_error_ns` is None while the kernel is not synchronised."""

    boot_ns: int
    wall_ns: int
    kernel_error_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Gained:
    """Time is trusted from `boot_ns` on."""

    boot_ns: int
    witness: Witness
    error_ns: int


@dataclass(frozen=True, slots=True)
class Stepped:
    """The wall was set, forward by `by_ns` (or back); this alone changes nothing."""

    boot_ns: int
    by_ns: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """The line moves by `by_ns`."""

    boot_ns: int
    by_ns: int
    witness: Witness


@dataclass(frozen=True, slots=True)
class Disputed:
    """A witness says `by_ns` more than the line, which goes on; 0: they agree again."""

    boot_ns: int
    by_ns: int
    witness: Witness


@dataclass(frozen=True, slots=True)
class FloorLowered:
    """Two witnesses agree on a time before the floor: an earlier trusted time was wrong."""

    boot_ns: int
    from_ns: int
    to_ns: int


Event = Gained | Stepped | Corrected | Disputed | FloorLowered


class Trust:
    """See the module. `line` is None until time is trusted; give that of an earlier process of the same boot to go on with it."""

    def __init__(
        self, mode: Literal["kernel", "host"], floor_ns: int, drift_ppm: float = 50.0, line: Line | None = None, error_ns: int = 0
    ) -> None:
        self.line = line
        self.floor_ns = max(floor_ns, EARLIEST_NS)
        self.witness: Witness | None = None
        self.disputed_ns = 0
        self.refusal = ""
        self._mode = mode
        self._drift_ppm = drift_ppm
        self._error_ns = error_ns
        self._proved_ns = line.boot_ns if line else 0  # boot time of the evidence that `_error_ns` belongs to
        self._wall_offset_ns: int | None = None
        self._heard: dict[Witness, tuple[int, int]] = {}  # offset, and the boot time when it was heard
        self._is_first_look = True

    def error_ns(self, boot_ns: int) -> int:
        """Return the bound on the error of `line`, in ns: it grows until somebody vouches again."""
        if self.line is None:
            return 0
        drift_ns = max(0, boot_ns - self._proved_ns) * self._drift_ppm / 1e6
        return self._error_ns + int(drift_ns) + self.line.surplus_at(boot_ns)

    def forget(self) -> None:
        """Take back a trust that could not be written down; the next look may give it again."""
        self.line = None

    def look(self, look: Look) -> list[Event]:
        """Take in what the host's clocks say."""
        events: list[Event] = []
        offset_ns, before = look.wall_ns - look.boot_ns, self._wall_offset_ns
        if before is not None and abs(offset_ns - before) > STEP_NS:
            events.append(Stepped(look.boot_ns, offset_ns - before))
        self._wall_offset_ns = offset_ns
        if self._mode == "host":
            events += self._hear(Witness.HOST, offset_ns, 0, look.boot_ns)
        elif look.kernel_error_ns is not None:
            events += self._hear(Witness.KERNEL, offset_ns, look.kernel_error_ns, look.boot_ns)
        elif self.line is None:
            self.refusal = "the kernel is not synchronised"
        self._is_first_look = False
        return events

    def date(self, date_ns: int, sent_boot_ns: int, got_boot_ns: int) -> list[Event]:
        """Take in the date (whole seconds) of an authenticated answer, asked for and received at these boot times."""
        kernel = self._heard.get(Witness.KERNEL)
        if self._mode == "host" or not 0 <= got_boot_ns - sent_boot_ns <= _SLOWEST_ANSWER_NS:
            return []
        offset_ns = date_ns - got_boot_ns  # late by up to a second and the way, never early: correcting forward costs nothing
        if self.line is not None and not self.disputed_ns and kernel and got_boot_ns - kernel[1] < _KERNEL_OUTRANKS_NS:
            return []
        return list(self._hear(Witness.UPLINK, offset_ns, _DATE_ERROR_NS + got_boot_ns - sent_boot_ns, got_boot_ns))

    def _hear(self, witness: Witness, offset_ns: int, error_ns: int, boot_ns: int) -> Iterator[Event]:
        self._heard[witness] = offset_ns, boot_ns
        time_ns = offset_ns + boot_ns
        if self.line is None:
            yield from self._gain(witness, time_ns, error_ns, boot_ns)
            return
        ahead_ns = self.line.at(boot_ns) - time_ns
        surplus_ns = self.line.surplus_at(boot_ns)
        own_ns = self.error_ns(boot_ns) - surplus_ns
        if abs(ahead_ns - surplus_ns) <= max(_IGNORED_NS, error_ns + own_ns if error_ns >= own_ns else 0):
            yield from self._agree(witness, error_ns, own_ns, boot_ns)
        elif self._may_follow(witness, ahead_ns):
            self._correct(ahead_ns, boot_ns)
            self._note(error_ns, boot_ns)
            self.disputed_ns = 0
            yield Corrected(boot_ns, -ahead_ns, witness)
        elif not self.disputed_ns:
            self.disputed_ns = -ahead_ns
            yield Disputed(boot_ns, -ahead_ns, witness)

    def _gain(self, witness: Witness, time_ns: int, error_ns: int, boot_ns: int) -> Iterator[Event]:
        time_ns -= (time_ns - boot_ns) % TICK_NS
        if time_ns < self.floor_ns:
            if not self._two_agree() or time_ns < EARLIEST_NS:
                self.refusal = f"the {witness.value} names a time that is over already: a trusted clock has been further"
                return
            yield FloorLowered(boot_ns, self.floor_ns, time_ns)
            self.floor_ns = time_ns
        self.line = Line(boot_ns, time_ns)
        self.witness, self.refusal = witness, ""
        self._note(error_ns, boot_ns)
        yield Gained(boot_ns, witness, error_ns)

    def _agree(self, witness: Witness, error_ns: int, own_ns: int, boot_ns: int) -> Iterator[Event]:
        if error_ns <= own_ns:
            self._note(error_ns, boot_ns)
            self.witness = witness
        if self.disputed_ns:
            self.disputed_ns = 0
            yield Disputed(boot_ns, 0, witness)

    def _may_follow(self, witness: Witness, ahead_ns: int) -> bool:
        if abs(ahead_ns) <= MOST_CORRECTED_NS:
            return True
        is_told_anew = witness is Witness.HOST and self._is_first_look  # whoever set the host's clock restarted us for it
        return ahead_ns < 0 and (is_told_anew or self._two_agree())

    def _correct(self, ahead_ns: int, boot_ns: int) -> None:
        assert self.line is not None  # noqa: S101 (what may be corrected is there)
        now_ns = self.line.at(boot_ns)
        self.line = Line(boot_ns, now_ns, ahead_ns) if ahead_ns > 0 else Line(boot_ns, now_ns - ahead_ns)

    def _note(self, error_ns: int, boot_ns: int) -> None:
        self._error_ns, self._proved_ns = error_ns, boot_ns

    def _two_agree(self) -> bool:
        kernel, uplink = self._heard.get(Witness.KERNEL), self._heard.get(Witness.UPLINK)
        return kernel is not None and uplink is not None and abs(kernel[0] - uplink[0]) <= _AGREE_NS
