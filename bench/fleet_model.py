"""A model of the day the links come back: gateways with the real probe and pacing code, their links, and one core. Time is simulated.

- **Gateway.** One record a second of `RECORD_LINES` readings. It looks for the store by edge/uplink/probe.py, and decides by
  edge/uplink/pacing.py when to send how much, one request at a time, live before backlog, as edge/uplink/sender.py does.
- **Link.** While it is down nothing is answered: a look fails when its time is up, unless one of TCP's repeated SYNs (after 1, 3
  and 7 s) meets a link that is back. Then a rate, shared by nobody, and a round trip. Requests carry `HTTP_BYTES` besides.
- **Core.** A queue, first come first served, one at a time: a request costs `REQUEST_S` and its lines at `LINES_PER_S`, a look
  `LOOK_COST_S`. One that refuses answers 503 with Retry-After at once where the queue holds more than `PATIENCE_S` of work; one that
  does not lets everybody wait. **Load** is the work that arrives within a second, refused or not.
"""

import heapq
import math
import random
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import count

from edge.uplink import probe
from edge.uplink.pacing import NEWEST_BYTES, NEWEST_RECORDS, Budget, Pacer
from runtime.influx_answers import Action, Answer

RECORD_LINES, LINE_BYTES = 20, 25
RECORD_BYTES = RECORD_LINES * LINE_BYTES
BACKLOG_BYTES = 86_400 * RECORD_BYTES
HTTP_BYTES = 350
REQUEST_LIMIT_BYTES = 5000 * LINE_BYTES
LINES_PER_S, REQUEST_S, LOOK_COST_S = 30_000.0, 0.0003, 0.0002
PATIENCE_S, RETRY_AFTER_S = 1.0, 5.0
BUDGET = Budget()
BIN_S = 0.1
_SYNS_S = (0.0, 1.0, 3.0, 7.0)
_LONGEST_LOOK_S = 10.0  # uplink.connect_timeout_s
_ACCEPTED = Answer(Action.ACCEPT, "accepted", status=204)
_BUSY = Answer(Action.RETRY, "overloaded", RETRY_AFTER_S, status=503)
_NOBODY = Answer(Action.RETRY, "unreachable")


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is simulated, for `seconds` after the links are back at 0."""

    gateways: int
    link_bytes_per_s: float
    round_trip_s: float
    is_refusing: bool
    seconds: float
    seed: int = 20
    budget: Budget = BUDGET
    lines_per_s: float = LINES_PER_S


@dataclass(slots=True)
class Gateway:
    """What became of one gateway; times are seconds after the links were back, or of delay."""

    found_s: float = math.inf
    newest_delay_s: float = math.inf  # from the first contact until the newest reading of that moment was stored
    live_delays_s: list[float] = field(default_factory=list)  # of later readings, from making to storing
    backlog_bytes: int = 0  # delivered
    longest_backlog_request: float = 0.0  # in seconds of the link
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all, and the work that arrived at the core in each `BIN_S`."""

    gateways: list[Gateway]
    work_s: list[float]

    def loads(self) -> list[float]:
        """Return the work that arrived within a second over that second, for seconds that begin every `BIN_S`."""
        width = round(1 / BIN_S)
        return [sum(self.work_s[at : at + width]) for at in range(len(self.work_s) - width)]


@dataclass(frozen=True, slots=True)
class _Sleep:
    until_s: float


@dataclass(frozen=True, slots=True)
class _Request:
    size: int
    work_s: float


_Life = Generator[_Sleep | _Request, tuple[float, Answer], float]


def simulate(fleet: Fleet) -> Outcome:
    """Run the fleet."""
    rng = random.Random(fleet.seed)
    outcome = Outcome([Gateway() for _ in range(fleet.gateways)], [0.0] * (int(fleet.seconds / BIN_S) + 1))
    order = count()
    events: list[tuple[float, int, _Life, _Request | Answer]] = []
    free_s = 0.0

    def go_on(life: _Life, asked: _Sleep | _Request, now_s: float) -> None:
        if isinstance(asked, _Sleep):
            heapq.heappush(events, (max(now_s, asked.until_s), next(order), life, _ACCEPTED))
        else:
            arrives_s = now_s + fleet.round_trip_s / 2 + (asked.size + HTTP_BYTES) / fleet.link_bytes_per_s
            heapq.heappush(events, (arrives_s, next(order), life, asked))

    for gateway in outcome.gateways:
        life = _life(gateway, fleet, random.Random(rng.random()))
        go_on(life, next(life), -math.inf)
    while events and events[0][0] < fleet.seconds:
        now_s, _, life, what = heapq.heappop(events)
        if isinstance(what, Answer):
            go_on(life, life.send((now_s, what)), now_s)
            continue
        outcome.work_s[int(now_s / BIN_S)] += what.work_s
        if fleet.is_refusing and free_s - now_s > PATIENCE_S:
            done_s, answer = now_s, _BUSY
        else:
            done_s = free_s = max(free_s, now_s) + what.work_s
            answer = _ACCEPTED
        heapq.heappush(events, (done_s + fleet.round_trip_s / 2, next(order), life, answer))
    return outcome


def _life(gateway: Gateway, fleet: Fleet, rng: random.Random) -> _Life:
    """What one gateway does, as edge/uplink/sender.py does it."""
    pacer, live = Pacer(fleet.budget), _LiveLane(gateway, rng.random())
    now_s, _ = yield _Sleep(-rng.uniform(30.0, 60.0))
    failures = 100  # the outage was long
    while True:
        now_s = yield from _connected(now_s, failures, fleet, rng)
        if gateway.found_s == math.inf:
            gateway.found_s = now_s
            pacer.found(fleet.round_trip_s, now_s)
        pacer.resumed(now_s)
        live.split(now_s)
        failures = 0
        while not failures:
            size, is_backlog = live.request(now_s, pacer.live_bytes() or REQUEST_LIMIT_BYTES), False
            if not size or pacer.is_backlogs_turn(now_s):
                if wait_s := pacer.backlog_wait_s(now_s):
                    now_s, _ = yield _Sleep(min(now_s + wait_s, live.next_s(now_s)))
                    continue
                size, is_backlog = min(pacer.backlog_bytes() or REQUEST_LIMIT_BYTES, REQUEST_LIMIT_BYTES), True
                gateway.longest_backlog_request = max(gateway.longest_backlog_request, size / fleet.link_bytes_per_s)
            began_s = now_s
            now_s, answer = yield _Request(size, REQUEST_S + size / LINE_BYTES / fleet.lines_per_s)
            if answer is _BUSY:
                pacer.refused(began_s, now_s)
                gateway.refusals += 1
                failures = 1
                now_s, _ = yield _Sleep(now_s + probe.wait_s(probe.PATIENCE, answer, failures, rng))
                continue
            pacer.answered(size, began_s, now_s, is_backlog=is_backlog)
            if is_backlog:
                gateway.backlog_bytes += size
            else:
                live.stored(size, now_s - fleet.round_trip_s / 2)


def _connected(now_s: float, failures: int, fleet: Fleet, rng: random.Random) -> _Life:
    """Look for the store until it is found, and return when that is."""
    while True:
        longest_s = probe.look_timeout_s(failures, _LONGEST_LOOK_S)
        heard_s = next((now_s + syn_s for syn_s in _SYNS_S if syn_s < longest_s and now_s + syn_s >= 0.0), None)
        if heard_s is None:
            failures += 1
            now_s, _ = yield _Sleep(now_s + longest_s + probe.wait_s(probe.PATIENCE, _NOBODY, failures, rng))
            continue
        yield _Sleep(heard_s + fleet.round_trip_s)
        now_s, answer = yield _Request(0, LOOK_COST_S)
        if answer is not _BUSY:
            return now_s
        failures += 1
        now_s, _ = yield _Sleep(now_s + probe.wait_s(probe.PATIENCE, answer, failures, rng))


class _LiveLane:
    """Records `number` made at `phase_s + number`, from the first live one on; how many bytes of them are stored."""

    def __init__(self, gateway: Gateway, phase_s: float) -> None:
        self._gateway, self._phase_s = gateway, phase_s
        self._first, self._stored_bytes = -(1 << 40), 0

    def split(self, now_s: float) -> None:
        newest = self._newest(now_s)
        first = newest + 1 - min(NEWEST_RECORDS, NEWEST_BYTES // RECORD_BYTES)
        unsent = self._first + self._stored_bytes // RECORD_BYTES
        if self._gateway.live_delays_s:
            self._gateway.live_delays_s += [math.inf] * (first - unsent)  # they have become backlog
        self._first, self._stored_bytes = max(first, unsent), 0

    def request(self, now_s: float, most_bytes: int) -> int:
        """Return the size of the request to send now: whole records, or a part of one that is larger than `most_bytes`."""
        waiting = (self._newest(now_s) + 1 - self._first) * RECORD_BYTES - self._stored_bytes
        return min(waiting, max(most_bytes // RECORD_BYTES * RECORD_BYTES, min(most_bytes, RECORD_BYTES)))

    def next_s(self, now_s: float) -> float:
        return self._phase_s + self._newest(now_s) + 1

    def stored(self, size: int, at_s: float) -> None:
        before = self._first + self._stored_bytes // RECORD_BYTES
        self._stored_bytes += size
        for number in range(before, self._first + self._stored_bytes // RECORD_BYTES):
            made_s = self._phase_s + number
            if made_s > self._gateway.found_s:
                self._gateway.live_delays_s.append(at_s - made_s)
            elif made_s > self._gateway.found_s - 1.0:
                self._gateway.newest_delay_s = at_s - self._gateway.found_s

    def _newest(self, now_s: float) -> int:
        return math.floor(now_s - self._phase_s + 1e-9)
