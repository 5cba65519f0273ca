"""How card commands tell of failures: in the operator's language on standard error, or as one JSON object; and with which exit code."""

import json
import sys
from collections.abc import Callable

from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.target import TargetRefused
from quanho.lang import pick, say

_EXIT_INTERRUPTED = 130
_LEADS = {
    Cause.TARGET_REFUSED: ("không ghi", "nothing was written"),
    Cause.IMAGE: ("tệp ảnh có vấn đề", "the image is no good"),
    Cause.CARD: ("thẻ có vấn đề", "the card is no good"),
    Cause.SYSTEM: ("không làm được", "that does not work"),
}


def told(work: Callable[[], int], *, as_json: bool) -> int:
    """Run `work`; tell of a CardError or of Ctrl-C and return the exit code."""
    try:
        return work()
    except KeyboardInterrupt:
        if as_json:
            print(json.dumps({"ok": False, "cause": "interrupted", "error": "interrupted"}))
        else:
            vi = "đã ngắt; cài đặt trên thẻ có thể còn dở, chạy lại lệnh để hoàn tất"
            print(f"\nquanho: {say(vi, 'interrupted; settings on the card may be half done, run the command again')}", file=sys.stderr)
        return _EXIT_INTERRUPTED
    except CardError as error:
        if as_json:
            print(json.dumps(_as_json(error), ensure_ascii=False))
        else:
            print(f"quanho: {_said(error)}", file=sys.stderr)
        return error.cause.exit_code


def size(count: int) -> str:
    """Write bytes as people say them, powers of ten as on the label of a card."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _said(error: CardError) -> str:
    text = f"{say(*_LEADS[error.cause])}: "
    if isinstance(error, TargetRefused):
        text += f"{error.path} " + "; ".join(say(refusal.vi, refusal.en) for refusal in error.refusals)
    else:
        text += pick(error.reason)
    if error.written_bytes is not None and error.cause in (Cause.IMAGE, Cause.CARD):
        text += ". " + say(
            f"Thẻ chưa dùng được ({size(error.written_bytes)} đã ghi); ghi lại từ đầu trước khi dùng",
            f"The card is not usable ({size(error.written_bytes)} were written); write it again before using it",
        )
    return text


def _as_json(error: CardError) -> dict[str, object]:
    answer: dict[str, object] = {
        "ok": False,
        "cause": error.cause.name.lower(),
        "error": error.reason,
        "written_bytes": error.written_bytes,
    }
    if isinstance(error, TargetRefused):
        answer["refusals"] = [{"code": refusal.code, "text": say(refusal.vi, refusal.en)} for refusal in error.refusals]
    return answer
