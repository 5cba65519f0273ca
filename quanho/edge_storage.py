"""What `quanho edge check` says of the card: what a power cut costs, source by source, for how many syncs a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.apply.effective import load_effective
from edge.apply.folder import APPLIED, ConfigFolder
from edge.config import AgentConfig
from quanho.lang import say

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class StorageCost:
    """`loses_s` seconds of readings are lost in a power cut, 0 where they come again; `syncs_day` is the most that age alone makes."""

    source: str
    loses_s: float
    syncs_day: int
    text: str


def storage_costs(config: AgentConfig) -> Iterator[StorageCost]:
    """Yield what each source, and the agent's own health, loses and writes."""
    for source in config.source:
        yield _cost(config, source.id, is_acknowledged=source.is_acknowledged, is_board=source.kind == "link")
    yield _cost(config, "gateway", is_acknowledged=False)


def applied_instead(file: Path) -> Path | None:
    """Return what the agent uses in place of the config file, None when that is the file itself."""
    effective = load_effective(file)
    return ConfigFolder(effective.config.gateway.state_dir).path / APPLIED if effective.stands_for_file else None


def _cost(config: AgentConfig, source: str, *, is_acknowledged: bool, is_board: bool = False) -> StorageCost:
    spool = config.spool
    age_s = spool.age_s(acknowledged=is_acknowledged)
    every_s = max(age_s, config.gateway.metrics_every_s) if source == "gateway" else age_s
    syncs = round(_DAY_S / every_s)
    size = f"{int(spool.batch_raw_bytes) // 1024} KiB"
    if is_acknowledged:
        vi = f"mất điện không mất gì đã được xác nhận: {'bo mạch' if is_board else 'broker'} gửi lại phần chưa ghi"
        en = f"a power cut costs nothing that was acknowledged: the {'board' if is_board else 'broker'} sends again what was not written"
        setting = "spool.batch_age_ms"
    else:
        setting = "spool.batch_age_ms" if spool.loss_window_s is None else "spool.loss_window_s"
        vi = f"mất điện thì mất tối đa {age_s:g} giây dữ liệu cuối ({setting}), và số liệu lên kho chậm hơn chừng ấy"
        en = f"a power cut costs up to the last {age_s:g} seconds of readings ({setting}), and they reach the store that much later"
    vi += f"; nhiều nhất {syncs} lần ghi đồng bộ mỗi ngày theo thời hạn {age_s:g} giây, thêm một lần mỗi {size} dữ liệu"
    en += f"; at most {syncs} syncs a day by the age of {age_s:g} s, and one more for each {size} of readings"
    if not is_acknowledged and spool.loss_window_s is None:
        vi += "; spool.loss_window_s đổi độ an toàn lấy tuổi thọ thẻ"
        en += "; spool.loss_window_s trades safety for the life of the card"
    return StorageCost(source, 0.0 if is_acknowledged else age_s, syncs, say(vi, en))
