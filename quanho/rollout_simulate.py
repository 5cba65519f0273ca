"""`quanho bundle rollout PLAN.toml`: what a rollout plan would do to a fleet. Exit code 0 done, 1 aborted or stuck."""

import argparse
import json
from random import Random
from typing import Any

from firmware_bridge.rollout.plan import RolloutPlan
from firmware_bridge.rollout.simulation import Fleet, Happened, simulate
from firmware_bridge.rollout.state import At, Phase
from quanho.durations import spoken
from quanho.lang import say
from runtime.config import load

_SHOWN = 4


def run(arguments: argparse.Namespace) -> int:
    plan = load(arguments.plan, RolloutPlan)
    fleet = Fleet(arguments.sites, arguments.boards, arguments.goes_back, arguments.offline)
    last: Happened | None = None
    for happened in simulate(plan, fleet, Random(arguments.seed)):  # noqa: S311 (which boards fail, the same each time)
        last = happened
        print(json.dumps(_table(happened), ensure_ascii=False) if arguments.json else _line(happened))
    return 0 if last is not None and last.rollout.phase is Phase.DONE else 1


def _table(happened: Happened) -> dict[str, Any]:
    counts = {at.value: happened.rollout.count(at) for at in At}
    named = {"at_s": happened.at_s, "what": happened.what, "wave": happened.rollout.wave, "boards": list(happened.boards)}
    return {**named, "phase": happened.rollout.phase.value, "why": happened.rollout.why, "counts": counts}


def _line(happened: Happened) -> str:
    rollout = happened.rollout
    names = ", ".join(happened.boards[:_SHOWN]) + (f" +{len(happened.boards) - _SHOWN}" if len(happened.boards) > _SHOWN else "")
    kept, back, waiting = rollout.count(At.KEPT), rollout.count(At.WENT_BACK), rollout.count(At.WAITING)
    counts = say(f"giữ {kept}, quay lại {back}, chờ {waiting}", f"kept {kept}, went back {back}, waiting {waiting}")
    words = {
        "wave": say(f"đợt {rollout.wave + 1}", f"wave {rollout.wave + 1}"),
        "ordered": say(f"cập nhật {names}", f"updates {names}"),
        "kept": say(f"giữ bản mới: {names}", f"kept: {names}"),
        "went back": say(f"quay lại bản trước: {names}", f"went back: {names}"),
        "done": say("xong", "done"),
        "aborted": say("đã dừng hẳn: ", "aborted: ") + rollout.why,
        "running": say("không bo mạch nào bắt đầu được nữa", "no board can start any more"),
    }
    return f"{spoken(happened.at_s):>8}  {words.get(happened.what, happened.what)}  ({counts})"
