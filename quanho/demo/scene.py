"""One moment of the demo as the operator is told it: the look at the site, and what the demo itself is doing. Pure."""

from dataclasses import dataclass
from enum import Enum

from quanho.demo.watch import Look
from quanho.lang import say

_BEHIND_S = 3.0  # a reading is usually in the store within a second or so


class Phase(Enum):
    """What the demo is doing."""

    STARTING = "starting"
    RUNNING = "running"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class Scene:
    """`was_away`: the store has been away before; `run_s` None: until somebody ends it."""

    look: Look
    phase: Phase = Phase.STARTING
    is_store_away: bool = False
    was_away: bool = False
    can_be_cut: bool = True
    run_s: float | None = None


class Mood(Enum):
    """How things stand."""

    CALM = "calm"
    BEHIND = "behind"  # readings wait in the spool
    CUT = "cut"


def mood(scene: Scene) -> Mood:
    """Return how things stand between the agent and the store."""
    if scene.is_store_away:
        return Mood.CUT
    is_behind = scene.look.oldest_s > _BEHIND_S or not scene.look.is_uplink_up
    return Mood.BEHIND if is_behind else Mood.CALM


def event(scene: Scene) -> str:
    """Return what is going on, in a sentence."""
    look = scene.look
    if scene.phase is Phase.STARTING:
        return say("đang chờ tác tử nối với mọi nguồn", "waiting for the agent to connect to every source")
    if not look.is_agent_there:
        return say("tác tử không trả lời", "the agent does not answer")
    if mood(scene) is Mood.CUT:
        return say("kho dữ liệu bị ngắt – kho đệm đang đầy dần", "store cut – the spool is filling")
    if scene.phase is Phase.DRAINING:
        return say("phố đã im – đang chờ những số đo cuối về kho", "the street is silent – waiting for the last readings")
    if scene.was_away and not look.is_uplink_up:
        return say("kho dữ liệu đã trở lại – tác tử sắp thử gửi lại", "the store is back – the agent will soon try again")
    if scene.was_away and mood(scene) is Mood.BEHIND:
        return say("kho dữ liệu đã trở lại – kho đệm đang vơi dần", "the store is back – the spool is draining")
    if mood(scene) is Mood.BEHIND:
        return say("kho đệm đang chờ kho dữ liệu", "the spool is waiting for the store")
    return say("mọi số đo đang về kho", "every reading is reaching the store")
