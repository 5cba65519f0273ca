"""`quanho dashboards rules test`: what rules would have said over a recording."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime

from dashboards.alerting.replay import timeline
from dashboards.alerting.rule import Rule, day_of
from dashboards.alerting.states import Instance, State
from quanho.dashboards_recording import TAGS, Columns, Recording, read
from quanho.dashboards_rules_timeline import CELLS, Replayed, as_json, lines, utc
from quanho.failure import Failed
from quanho.lang import say

_EXIT_UNEXPECTED = 1
_EXIT_NOTHING = 3
_MOST_EVALUATIONS = 1_000_000
_RANK = [State.NORMAL, State.NO_DATA, State.ERROR, State.PENDING, State.FIRING]


def replay(arguments: argparse.Namespace, rules: Sequence[Rule]) -> int:
    """Replay a recording through rules, print it, and return the exit code."""
    measurements = sorted({getattr(rule.query, "measurement", "ledger") for rule in rules})
    recording = read(arguments.replay, measurements, _columns(arguments, measurements))
    from_ms, to_ms = _span_ms(arguments, recording)
    every_s = max(1, round(arguments.every)) if arguments.every else 0
    done = [_replayed(rule, recording, from_ms, to_ms, every_s, arguments.limits_of) for rule in rules]
    fired = any(each.fired for each in done)
    code, complaint = _judged(done, recording, measurements, fired=fired, expected=arguments.expect)
    if arguments.json:
        shown = {"ok": not code, "fired": fired, "points": recording.count, "unreadable": recording.unreadable}
        print(json.dumps({**shown, "from": utc(from_ms), "to": utc(to_ms), "rules": [as_json(each) for each in done]}, ensure_ascii=False))
    else:
        print("\n".join(lines(done, recording, from_ms, to_ms)))
    if complaint:
        print(complaint, file=sys.stderr)
    return code


def _judged(
    done: Sequence[Replayed], recording: Recording, measurements: Sequence[str], *, fired: bool, expected: str | None
) -> tuple[int, str]:
    if not any(each.cells for each in done):
        asked = ", ".join(measurements)
        known = dict.fromkeys(device for each in done for device in each.rule.levels or ())
        if known and recording.points and not any(point.tags.get("device") in known for point in recording.points):
            names = ", ".join(known)
            return _EXIT_NOTHING, say(
                f"bản ghi không có gì của trạm đã biết mức báo động ({names}); với CSV: --tag device=TRẠM",
                f"the recording has nothing of a gauge whose alarm levels are known ({names}); for a CSV: --tag device=GAUGE",
            )
        return _EXIT_NOTHING, say(f"bản ghi không có gì về {asked}", f"the recording has nothing of {asked}")
    if expected and fired != (expected == "firing"):
        was = say("đã báo động", "it fired") if fired else say("không báo động", "it did not fire")
        return _EXIT_UNEXPECTED, say(f"không như mong đợi: {was}", f"not as expected: {was}")
    return 0, ""


def _tags(arguments: argparse.Namespace) -> dict[str, str]:
    pairs = [each.partition("=") for each in arguments.tag]
    if any(name not in TAGS or not value for name, _, value in pairs) or (pairs and not arguments.csv):
        known = ", ".join(TAGS)
        raise Failed(say(f"--tag TÊN=GIÁ_TRỊ đi cùng --csv; tên là {known}", f"--tag NAME=VALUE goes with --csv; names are {known}"))
    return dict.fromkeys(TAGS, "csv") | {name: value for name, _, value in pairs}


def _columns(arguments: argparse.Namespace, measurements: Sequence[str]) -> Columns | None:
    tags = _tags(arguments)
    pairs = [each.partition("=") for each in arguments.column]
    if any(not (name and column) for name, _, column in pairs) or bool(arguments.csv) != bool(pairs):
        raise Failed(say("CSV cần --csv CỘT_GIỜ và --column TRƯỜNG=CỘT", "a CSV needs --csv TIME_COLUMN and --column FIELD=COLUMN"))
    if not arguments.csv:
        return None
    if len(measurements) > 1:
        raise Failed(
            say("với CSV hãy nêu một quy tắc, không phải cả nhóm", "with a CSV name one rule, not a family of several measurements")
        )
    return Columns(arguments.csv, measurements[0], {name: column for name, _, column in pairs}, tags)


def _span_ms(arguments: argparse.Namespace, recording: Recording) -> tuple[int, int]:
    from quanho.moments import parse_time

    now_ns = int(datetime.now(UTC).timestamp()) * 10**9
    first = parse_time("--from", arguments.from_time, now_ns) if arguments.from_time else recording.first_ns or 0
    last = parse_time("--to", arguments.to_time, now_ns) if arguments.to_time else recording.last_ns or 0
    if first > last:
        raise Failed(say("--from phải trước --to", "--from must be before --to"))
    return first // 1_000_000, -(-last // 1_000_000)


def _replayed(rule: Rule, recording: Recording, from_ms: int, to_ms: int, every_s: int, limits_of: date | None) -> Replayed:
    every_ms = (every_s or rule.interval_s) * 1000
    if (to_ms - from_ms) // every_ms > _MOST_EVALUATIONS:
        days = (to_ms - from_ms) // 86_400_000
        raise Failed(
            say(
                f"bản ghi dài {days} ngày, quá nhiều lần đánh giá: đặt --from và --to, hoặc --every",
                f"the recording spans {days} days, which are too many evaluations: give --from and --to, or --every",
            )
        )
    has_limit = any(rule.bound(limits_of or day_of(at_ms)) for at_ms in (from_ms, to_ms))
    done = Replayed(rule, has_limit)
    for evaluated in timeline(rule, recording.points, from_ms, to_ms, every_s, limits_of):
        cell = min(CELLS - 1, (evaluated.at_ms - from_ms) * CELLS // max(1, to_ms - from_ms))
        done.evaluations += 1
        done.changes += evaluated.changes
        done.last = evaluated.instances
        for labels, instance in evaluated.instances.items():
            cells = done.cells.setdefault(labels, [None] * CELLS)
            cells[cell] = _worse(cells[cell], instance)
            done.fired = done.fired or instance.state is State.FIRING
    return done


def _worse(one: Instance | None, other: Instance) -> Instance:
    return other if one is None or _RANK.index(other.state) >= _RANK.index(one.state) else one
