"""`quanho card write`: an image onto a card, with everything that can go wrong told before or after, never silently."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.card.card_files import check_programs
from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.checksum import Expected, expected_digest
from firmware_bridge.card.first_boot import FirstBoot
from firmware_bridge.card.image_size import ImageSize, image_size
from firmware_bridge.card.target import Target, choose_target
from firmware_bridge.card.writing import Interrupted, Outcome, write_image
from quanho.card_progress import CardProgress
from quanho.card_set import SetUp, plan_for, set_up_card, tell_set_up
from quanho.card_settings import load_settings
from quanho.card_words import size, told
from quanho.lang import say
from quanho.told_to_end import as_ctrl_c

_EXIT_USAGE = 2
_EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for."""

    image: Path
    target: Path
    settings: Path | None = None
    sha256: str | None = None
    is_agreed: bool = False
    reads_back: bool = True
    allow_fixed: bool = False
    as_json: bool = False


def write(wish: Wish) -> int:
    """Write and return the exit code. Wrong settings or a wrong --sha256 raise ConfigError before anything is written."""
    first_boot = load_settings(wish.settings) if wish.settings else None
    return told(lambda: _written(wish, first_boot), as_json=wish.as_json)


def _written(wish: Wish, first_boot: FirstBoot | None) -> int:
    try:
        measured = image_size(wish.image)
    except OSError as error:
        raise CardError(Cause.IMAGE, f"{wish.image} cannot be read: {error.strerror or error}") from error
    expected = expected_digest(wish.sha256, wish.image)
    target = choose_target(wish.target, wish.image, measured, allow_fixed=wish.allow_fixed)
    if not _is_agreed(wish, target):
        return _EXIT_USAGE
    if first_boot:
        _check_set_up(wish.image, measured, first_boot)
    began = time.monotonic()
    try:
        with as_ctrl_c(), CardProgress(measured, wish.image.stat().st_size, is_silent=wish.as_json) as progress:
            outcome = write_image(wish.image, target, expected, progress, reads_back=wish.reads_back)
    except Interrupted as error:
        return _interrupted(wish, error)
    took_s = time.monotonic() - began
    try:
        done = set_up_card(wish.target, first_boot, allow_fixed=wish.allow_fixed) if first_boot else None
    except CardError as error:
        reason = f"{error.reason}. The image was written whole; only the settings are missing (quanho card set)"
        raise CardError(Cause.SYSTEM, reason) from error
    _tell(wish, outcome, expected, measured, took_s, done)
    return 0


def _check_set_up(image: Path, measured: ImageSize, first_boot: FirstBoot) -> None:
    """Raise CardError where the settings cannot be put on: better known before the card is overwritten, as far as it can be known."""
    check_programs()
    if measured.packing == "raw":
        try:
            plan_for(image, first_boot)
        except CardError as error:
            raise CardError(
                error.cause, f"{error.reason}. Nothing was written; without --settings the image is written as it is"
            ) from error


def _is_agreed(wish: Wish, target: Target) -> bool:
    if wish.is_agreed or not target.is_there:
        return True
    facts = target.facts
    what = " ".join(filter(None, (facts.bus, facts.model, size(facts.size_bytes)))) if facts else say("tệp đã có", "a file that exists")
    vi, en = f"Mọi thứ trên {target.path} ({what}) sẽ bị xoá.", f"Everything on {target.path} ({what}) will be erased."
    if not sys.stdin.isatty() or wish.as_json:
        print(f"quanho: {say(vi, en)} {say('Thêm --yes nếu đồng ý.', 'Add --yes to agree.')}", file=sys.stderr)
        if wish.as_json:
            print(json.dumps({"ok": False, "cause": "not_agreed", "error": say(vi, en), "written_bytes": None}, ensure_ascii=False))
        return False
    print(f"{say(vi, en)} {say('Gõ co để ghi: ', 'Type yes to write: ')}", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() in ("yes", "co", "có"):
        return True
    print(say("Không ghi gì.", "Nothing was written."), file=sys.stderr)
    return False


def _interrupted(wish: Wish, error: Interrupted) -> int:
    if wish.as_json:
        answer = {"ok": False, "cause": "interrupted", "written_bytes": error.written_bytes, "is_complete": error.is_complete}
        print(json.dumps(answer))
    elif error.is_complete:
        vi = "Đã ngắt khi đang đọc lại: thẻ đã ghi đủ nhưng chưa được kiểm tra. Chạy lại lệnh để chắc chắn."
        en = "Interrupted while reading back: the card is complete but not compared. Run the command again to be sure."
        print(f"\nquanho: {say(vi, en)}", file=sys.stderr)
    else:
        vi = f"Đã ngắt sau {size(error.written_bytes)}: thẻ chưa đủ và không khởi động được. Chạy lại lệnh này để ghi từ đầu."
        en = f"Interrupted after {size(error.written_bytes)}: the card is incomplete and does not boot. Run the command again to write it."
        print(f"\nquanho: {say(vi, en)}", file=sys.stderr)
    return _EXIT_INTERRUPTED


def _tell(wish: Wish, outcome: Outcome, expected: Expected | None, measured: ImageSize, took_s: float, done: SetUp | None) -> None:
    copied = outcome.copied
    if wish.as_json:
        answer: dict[str, object] = {
            "ok": True,
            "target": str(wish.target),
            "packing": measured.packing,
            "image_bytes": copied.image_bytes,
            "image_sha256": copied.image_sha256,
            "packed_sha256": copied.packed_sha256,
            "expected_from": expected.source if expected else None,
            "matched": outcome.matched,
            "read_back": outcome.is_read_back,
            "seconds": round(took_s, 2),
            "set_up": done.as_json() if done else None,
        }
        print(json.dumps(answer, ensure_ascii=False))
        return
    speed = size(round(copied.image_bytes / max(took_s, 0.001)))
    vi, en = f"Đã ghi {size(copied.image_bytes)} lên {wish.target}", f"Wrote {size(copied.image_bytes)} to {wish.target}"
    print(say(f"{vi} trong {took_s:.0f} s ({speed}/s).", f"{en} in {took_s:.0f} s ({speed}/s)."))
    if expected:
        print(say(f"SHA-256 đúng như trong {expected.source}.", f"The SHA-256 is as in {expected.source}."))
    else:
        note = say("không có gì để so", "nothing to compare it with")
        print(f"SHA-256: {copied.packed_sha256} ({note})")
    if outcome.is_read_back:
        print(say("Đọc lại từ thẻ: giống hệt ảnh.", "Read back from the card: the same as the image."))
    else:
        print(say("Chưa đọc lại: thẻ hỏng hoặc thẻ giả sẽ không bị phát hiện.", "Not read back: a bad or forged card goes unnoticed."))
    if done:
        tell_set_up(done)
