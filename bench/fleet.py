"""Fleet: 500 simulated gateways with the real pacing code return to one core at once, after a day without a link.

Simulated time, seeded, no sockets; what is modelled is in bench/fleet_model.py. Each limit is held against the worst of the seeds.
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import replace

from bench.fleet_model import LINES_PER_S, RECORD_LINES, REQUEST_S, Fleet, Outcome, simulate
from bench.report import Limit, Report
from edge.uplink.pacing import Budget

NAME = "fleet"
SHORT = ("--seconds", "60")
_LINKS = (("10 Mbit/s, 40 ms", 1_250_000.0, 0.04), ("64 kbit/s, 100 ms", 8_000.0, 0.1))
_COLUMNS = (
    "link",
    "core",
    "peak load",
    "load later",
    "found p99",
    "newest p99",
    "live p99",
    "slowest ÷ mean",
    "backlog a gateway",
    "refused",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--gateways", type=int, default=500, help="gateways (default 500)")
    parser.add_argument("--seconds", type=float, default=120.0, help="simulated seconds after the return of the links (default 120)")
    parser.add_argument("--seeds", type=int, default=3, help="simulations of each kind (default 3)")


def run(options: argparse.Namespace) -> list[Report]:
    """Simulate and return the report."""
    return [_report(options.gateways, options.seconds, range(1, options.seeds + 1))]


def _report(gateways: int, seconds: float, seeds: Sequence[int]) -> Report:
    report = Report(f"{gateways} gateways return at once, worst of {len(seeds)} seeds", _COLUMNS)
    live_load = gateways * (REQUEST_S + RECORD_LINES / LINES_PER_S)
    report.notes.append(f"The core takes {LINES_PER_S:,.0f} lines/s; live readings alone are a load of {live_load:.2f}.")
    for name, rate, round_trip_s in _LINKS:
        fleets = [Fleet(gateways, rate, round_trip_s, is_refusing=True, seconds=seconds, seed=seed) for seed in seeds]
        outcomes = list(map(simulate, fleets))
        report.rows.append((name, "paced", *_cells(outcomes)))
        report.rows.append((name, "not paced, one seed", *_cells([simulate(replace(fleets[0], budget=Budget(is_paced=False)))])))
        report.limits += [replace(limit, what=f"{limit.what} ({name})") for limit in limits(outcomes)]
    return report


def limits(outcomes: Sequence[Outcome]) -> list[Limit]:
    """Return what is promised, each with the worst value of the outcomes."""
    return [
        Limit("peak load ÷ capacity of the core", max(map(peak_load, outcomes)), 1.5, at_least=False),
        Limit("live delay p99", max(map(live_delay_s, outcomes)), 5.0, at_least=False, unit="s"),
        Limit("newest reading stored after first contact, p99", max(map(newest_delay_s, outcomes)), 2.0, at_least=False, unit="s"),
        Limit("link back to found, p99", max(map(found_s, outcomes)), 15.0, at_least=False, unit="s"),
        Limit("backlog of the slowest gateway ÷ mean", min(map(slowest, outcomes)), 0.5, at_least=True),
        Limit("longest backlog request", max(map(longest_request_s, outcomes)), 1.0, at_least=False, unit="s of the link"),
    ]


def peak_load(outcome: Outcome) -> float:
    return max(outcome.loads())


def live_delay_s(outcome: Outcome) -> float:
    return p99([delay_s for gateway in outcome.gateways for delay_s in gateway.live_delays_s])


def newest_delay_s(outcome: Outcome) -> float:
    return p99([gateway.newest_delay_s for gateway in outcome.gateways])


def found_s(outcome: Outcome) -> float:
    return p99([gateway.found_s for gateway in outcome.gateways])


def slowest(outcome: Outcome) -> float:
    """Return the least backlog delivered by a gateway over the mean."""
    return min(gateway.backlog_bytes for gateway in outcome.gateways) / _mean_backlog(outcome)


def longest_request_s(outcome: Outcome) -> float:
    return max(gateway.longest_backlog_request for gateway in outcome.gateways)


def p99(values: Sequence[float]) -> float:
    """Return the 99th percentile: the least value that 99 in 100 do not exceed."""
    return sorted(values)[-(-99 * len(values) // 100) - 1]


def _mean_backlog(outcome: Outcome) -> float:
    return statistics.mean(gateway.backlog_bytes for gateway in outcome.gateways)


def _cells(outcomes: Sequence[Outcome]) -> list[object]:
    return [
        max(map(peak_load, outcomes)),
        statistics.mean(load for each in outcomes for load in each.loads()[len(each.loads()) // 2 :]),
        f"{max(map(found_s, outcomes)):.1f} s",
        f"{max(map(newest_delay_s, outcomes)):.2f} s",
        f"{max(map(live_delay_s, outcomes)):.2f} s",
        min(map(slowest, outcomes)),
        f"{statistics.mean(map(_mean_backlog, outcomes)) / 1000:.0f} kB",
        sum(gateway.refusals for each in outcomes for gateway in each.gateways),
    ]
