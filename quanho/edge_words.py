"""What `quanho edge status` says of hands-on work, of the card, and of a config on trial."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from quanho.durations import spoken
from quanho.lang import say


def maintenance_mark(source: Mapping[str, Any]) -> str:
    """Return what to put behind a source while a technician works at it, else nothing."""
    left_s = source.get("maintenance_left_s") or 0
    return say(f"[đang bảo trì, còn {spoken(left_s)}]", f"[maintenance, {spoken(left_s)} left]") if left_s else ""


def storage_lines(storage: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what is written to the card and what that comes to in a year."""
    if not storage:
        return
    written = storage["written_bytes"]
    kernel = storage["kernel_written_bytes"]
    text = say(f"đã ghi {_size(written)}", f"{_size(written)} written")
    if kernel is not None:
        text += say(f" (hệ điều hành đếm {_size(kernel)})", f" (the kernel counts {_size(kernel)})")
    if storage["written_year_bytes"] is None:
        text += say("; chưa đủ một phút để dự tính cho cả năm", "; a projection for the year needs a minute")
    else:
        year, syncs = _size(storage["written_year_bytes"]), storage["sync_rate"] * 86_400
        text += say(f"; khoảng {year} mỗi năm, {syncs:.0f} lần đồng bộ mỗi ngày", f"; about {year} a year, {syncs:.0f} syncs a day")
    if storage["card_bytes"]:
        text += "; " + _card(storage)
    yield say("thẻ nhớ: ", "card:    ") + text


def _card(storage: Mapping[str, Any]) -> str:
    size, device, times = _size(storage["card_bytes"]), storage["card_device"], storage["card_overwrites_year"]
    if device:
        text = say(f"thẻ {device} {size}", f"{device} holds {size}")
    else:
        text = say(f"không rõ thẻ, hệ thống tệp {size}", f"card unknown, the file system holds {size}")
    return text + (say(f", ghi hết thẻ {times:.2g} lần mỗi năm", f", overwritten {times:.2g} times a year") if times is not None else "")


def config_lines(config: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield which config is in force, the trial that runs, and how the last one ended."""
    if not config:
        return
    head = say("cấu hình: ", "config:  ")
    if config["instead"]:
        yield head + say(f"dùng {config['instead']} thay cho {config['file']}", f"{config['instead']} is used in place of {config['file']}")
    trial, last = config["trial"], config["last"]
    if trial:
        missing = waiting_for(trial["missing"])
        yield head + say(
            f"đang thử cấu hình mới, còn {spoken(trial['left_s'])}, chờ {missing}; hết giờ thì quay lại cấu hình cũ",
            f"a new one is on trial, {spoken(trial['left_s'])} left, waiting for {missing}; then the one before returns",
        )
    elif last:
        at = datetime.fromtimestamp(last["at_ns"] / 1e9, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        ended = outcome_words(last["phase"])
        yield head + say(f"lần thay đổi cuối ({at}): {ended}: {last['reason']}", f"last change ({at}): {ended}: {last['reason']}")


def outcome_words(phase: str) -> str:
    return say("đã giữ", "kept") if phase == "kept" else say("đã quay lại cấu hình cũ", "returned to the config before")


def waiting_for(missing: list[str]) -> str:
    """Return what a trial still waits for."""
    names = {"uplink": say("đường lên", "uplink"), "connection": say("kết nối", "connection"), "readings": say("dữ liệu", "readings")}
    words = [": ".join(names.get(part, part) for part in each.split(": ")) for each in missing]
    return ", ".join(words) or say("phán quyết", "the verdict")


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
