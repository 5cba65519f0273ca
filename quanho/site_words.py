"""The words of a site check, by the codes of edge/site_check: what a finding says on screen and on the page, in both languages."""

from collections.abc import Mapping

from quanho.lang import Language
from telemetry.quality import describe

CHECKS: Mapping[str, tuple[str, str]] = {
    "values": ("Giá trị đo", "Values"),
    "clock": ("Đồng hồ", "Time"),
    "uplink": ("Đường lên", "Uplink"),
    "buffer": ("Thử rút dây", "Pull the plug"),
    "alarm": ("Báo động", "Alarm"),
    "place": ("Vị trí", "Place"),
}
VERDICTS: Mapping[str, tuple[str, str]] = {
    "passed": ("ĐẠT", "PASSED"),
    "remark": ("LƯU Ý", "REMARK"),
    "failed": ("KHÔNG ĐẠT", "FAILED"),
    "not-done": ("CHƯA LÀM", "NOT DONE"),
}
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "passed": ("NGHIỆM THU ĐẠT", "ACCEPTED"),
    "remark": ("ĐẠT, CÓ LƯU Ý", "ACCEPTED, WITH REMARKS"),
    "failed": ("KHÔNG ĐẠT", "NOT ACCEPTED"),
    "not-done": ("CHƯA KIỂM TRA", "NOT CHECKED"),
}
METHODS: Mapping[str, tuple[str, str]] = {
    "cable": ("rút dây bằng tay", "cable pulled by hand"),
    "agent": ("tác tử tự giữ đường lên", "the agent held its uplink back"),
}
_TEXTS: Mapping[str, tuple[str, str]] = {
    "value-good": ("{source} / {device}: {values} ({age_s} s trước)", "{source} / {device}: {values} ({age_s} s ago)"),
    "value-old": ("{source} / {device}: {values}, nhưng đã cũ {age_s} s", "{source} / {device}: {values}, but {age_s} s old"),
    "value-bad": ("{source} / {device}: {values}; {flags}", "{source} / {device}: {values}; {flags}"),
    "value-marked": ("{source} / {device}: {values} ({age_s} s trước); {flags}", "{source} / {device}: {values} ({age_s} s ago); {flags}"),
    "value-unknown": (
        "{source} / {device}: {measurement} {values} — không có trong danh mục, không biết dải hợp lý",
        "{source} / {device}: {measurement} {values} — not in the catalogue, so nobody knows what is plausible",
    ),
    "no-value": ("{source}: chưa có số đo nào", "{source}: no reading yet"),
    "more-values": ("và {count} chuỗi nữa, trong tệp .json", "and {count} more series, in the .json file"),
    "clock-trusted": ("tin cậy ({witness}), sai tối đa {error_ms} ms", "trusted ({witness}), wrong by {error_ms} ms at most"),
    "clock-disputed": (
        "tin cậy ({witness}), nhưng một nguồn giờ khác lệch {by_ms} ms",
        "trusted ({witness}), but another witness differs by {by_ms} ms",
    ),
    "clock-untrusted": ("chưa tin được: {why}", "not trusted: {why}"),
    "uplink-delivers": (
        "{server}: lần gửi cuối {age_s} s trước, {delivered} dòng",
        "{server}: last delivery {age_s} s ago, {delivered} lines",
    ),
    "uplink-quiet": ("{server}: thông, nhưng {age_s} s chưa gửi gì", "{server}: reachable, but nothing was sent for {age_s} s"),
    "uplink-nothing-yet": ("{server}: thông, nhưng chưa gửi được dòng nào", "{server}: reachable, but nothing was delivered yet"),
    "uplink-down": ("không gửi được: {why}", "nothing is delivered: {why}"),
    "buffer-balanced": (
        "{method}: mất {outage_s} s, {waiting} dòng chờ trên đĩa, gửi hết sau {drain_s} s, không mất dòng nào, sổ khớp",
        "{method}: away for {outage_s} s, {waiting} lines waited on the disk, delivered in {drain_s} s, none lost, the account balances",
    ),
    "buffer-unaccounted": (
        "{method}: mất {outage_s} s, {waiting} dòng chờ, gửi hết sau {drain_s} s; không lập được sổ",
        "{method}: away for {outage_s} s, {waiting} lines waited, delivered in {drain_s} s; the account could not be drawn up",
    ),
    "buffer-unbalanced": ("{method}: sổ KHÔNG khớp sau thử nghiệm", "{method}: the account does NOT balance afterwards"),
    "buffer-dropped": ("{method}: {dropped} dòng bị bỏ trong lúc thử", "{method}: {dropped} lines were dropped meanwhile"),
    "buffer-unplug": ("{method}: đường lên không mất: rút đúng dây chưa?", "{method}: the uplink did not go away: was it the right cable?"),
    "buffer-grow": (
        "{method}: mất đường lên mà không có số đo nào chờ trên đĩa",
        "{method}: the uplink was away, and no readings waited on the disk",
    ),
    "buffer-plug": ("{method}: đường lên không trở lại", "{method}: the uplink did not come back"),
    "buffer-drain": ("{method}: số đo chờ không gửi hết được", "{method}: what waited was not delivered"),
    "buffer-down": ("không thử: đường lên đã mất từ trước", "not done: the uplink was away already"),
    "buffer-skipped": ("không thử, theo yêu cầu", "not done, as asked for"),
    "alarm-not-offered": ("trung tâm này chưa hỗ trợ", "not offered by this core yet"),
    "place-given": ("{lat}, {lon}", "{lat}, {lon}"),
    "place-not-given": ("không ghi vị trí", "not given"),
}


def pick(pair: tuple[str, str], language: Language) -> str:
    return pair[0] if language == "vi" else pair[1]


def text_of(code: str, facts: Mapping[str, str | int], language: Language) -> str:
    """Return what a finding says. A code that this version does not know is shown as it is."""
    if code not in _TEXTS:
        return f"{code}: {', '.join(f'{key} {value}' for key, value in facts.items())}"
    shown: dict[str, str | int] = dict(facts)
    if "quality" in facts:
        shown["flags"] = ", ".join(flag.vi if language == "vi" else flag.en for flag in describe(int(facts["quality"])))
    if "method" in facts:
        shown["method"] = pick(METHODS.get(str(facts["method"]), (str(facts["method"]),) * 2), language)
    if facts.get("device") == "":
        shown["device"] = "–"
    return pick(_TEXTS[code], language).format_map(_Missing(shown))


class _Missing(dict[str, str | int]):
    """A fact that another version did not write is a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"
