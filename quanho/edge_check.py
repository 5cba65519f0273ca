"""`quanho edge check`: is the config right, and what may be lost before a reading is ours to keep."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.config import AgentConfig, InfluxUplink, LinkSource, MqttSource
from edge.config_file import load_agent_config
from quanho.edge_risks import RISKS
from quanho.edge_storage import applied_instead, storage_costs
from quanho.lang import say
from runtime.kernel_clock import kernel_error_ns


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a source before relying on it; `code` is a key of RISKS."""

    source: str
    code: str
    text: str


def check(path: Path, *, as_json: bool) -> int:
    """Print the findings and return 0; a wrong config raises ConfigError, which the command line prints in full (exit 2)."""
    config = load_agent_config(path)
    findings, costs, instead = list(find(config)), list(storage_costs(config)), applied_instead(path)
    if as_json:
        entries = [{"source": each.source, "code": each.code, "text": each.text} for each in findings]
        answer = {"ok": True, "file": str(path), "sources": [source.id for source in config.source], "findings": entries}
        answer |= {"storage": [asdict(cost) for cost in costs], "applied": str(instead) if instead else None}
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    count = len(config.source)
    print(say(f"{path}: cấu hình hợp lệ, {count} nguồn dữ liệu.", f"{path}: the config is valid, sources: {count}."))
    print(say("Những gì có thể mất trước khi tới chúng ta:", "What may be lost before it reaches us:"))
    for each in findings:
        print(f"  {each.source}: {each.text}")
    print(say("Mất điện thì mất gì, và thẻ nhớ chịu bao nhiêu lần ghi:", "What a power cut costs, and how often the card is written to:"))
    for cost in costs:
        print(f"  {cost.source}: {cost.text}")
    if instead:
        vi = f"Chú ý: tác tử đang dùng {instead} thay cho {path}, cho tới khi {path} được sửa."
        print(say(vi, f"Note: the agent uses {instead} in place of {path}, until {path} is edited."))
    return 0


def find(config: AgentConfig) -> Iterator[Finding]:
    """Yield what the times rest on, then what may be lost before our acknowledgement, source by source."""
    yield from (_finding("clock", code) for code in _clock_codes(config))
    for source in config.source:
        if isinstance(source, MqttSource):
            hours = source.session_expiry_s / 3600
            yield from (_finding(source.id, code, hours=hours) for code in _broker_codes(source))
        elif isinstance(source, LinkSource):
            yield _finding(source.id, "board-memory")
        else:
            setting = "spool.batch_age_ms" if config.spool.loss_window_s is None else "spool.loss_window_s"
            yield _finding(source.id, "no-acknowledgement", seconds=config.spool.age_s(acknowledged=False), setting=setting)


def _clock_codes(config: AgentConfig) -> Iterator[str]:
    yield f"clock-{config.clock.trust}"
    if config.clock.trust == "kernel" and kernel_error_ns() is None:
        has_tls = isinstance(config.uplink, InfluxUplink) and config.uplink.url.startswith("https:") and config.uplink.verify
        yield "clock-unsynchronised" if has_tls else "clock-nobody"


def _broker_codes(source: MqttSource) -> Iterator[str]:
    if source.qos == 0:
        yield "qos0"
    yield from ("publisher-qos", "queue-limit", "autosave", "marker")
    yield from ("session-expiry",) if source.version == "5" else ("mqtt311-session", "mqtt311-acl")
    if not source.watch_broker_drops:
        yield "unwatched"


def _finding(source: str, code: str, **values: float | str) -> Finding:
    return Finding(source, code, say(*RISKS[code]).format(**values))
