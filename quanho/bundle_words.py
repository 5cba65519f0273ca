"""What each refusal of a bundle means to who holds it, and its exit code (docs/specs/bundle.md, section 6)."""

from collections.abc import Mapping
from typing import NamedTuple

from firmware_bridge.bundle.refusal import BundleRefused, Cause
from quanho.lang import say


class Meaning(NamedTuple):
    """An exit code, and what to do, in both languages."""

    code: int
    vi: str
    en: str


_COPY = Meaning(
    3, "tệp hỏng hoặc không phải gói: hãy sao chép lại từ nơi phát hành", "damaged, or no bundle: copy it again from where it was published"
)
_BUILT = Meaning(4, "tệp này được cố ý dựng lên: đừng dùng, hỏi người gửi", "somebody built this file so: do not use it, ask who sent it")
_OTHER = Meaning(5, "không phải nội dung đã ký: đừng dùng, lấy lại gói gốc", "this is not what was signed: do not use it, get the original")
EXIT_TRUST = 6
_TRUST = Meaning(
    EXIT_TRUST, "khóa ký gói này không được tin ở đây (quanho bundle key list)", "this key is not believed here (quanho bundle key list)"
)
_UNFIT = Meaning(
    7, "gói dành cho bo mạch khác, hoặc do quanho phiên bản khác tạo", "made for another board, or by another version of quanho"
)
_SUCCESSION = Meaning(8, "bo mạch không được chuyển thẳng sang phiên bản này", "the board may not go to this version in one step")

MEANINGS: Mapping[Cause, Meaning] = {
    Cause.UNREADABLE: Meaning(2, "không đọc được tệp", "the file cannot be read"),
    Cause.NOT_A_BUNDLE: _COPY,
    Cause.TRUNCATED: _COPY,
    Cause.DAMAGED: _COPY,
    Cause.TOO_LARGE: _BUILT,
    Cause.BOMB: _BUILT,
    Cause.UNSAFE_NAME: _BUILT,
    Cause.UNSAFE_MEMBER: _BUILT,
    Cause.ENCRYPTED: _BUILT,
    Cause.DUPLICATE: _BUILT,
    Cause.INCONSISTENT: _BUILT,
    Cause.HIDDEN_DATA: _BUILT,
    Cause.MEMBER_EXTRA: _BUILT,
    Cause.NO_MANIFEST: _OTHER,
    Cause.NO_SIGNATURE: _OTHER,
    Cause.SIGNATURE_MALFORMED: _OTHER,
    Cause.SIGNATURE_WRONG: _OTHER,
    Cause.IMAGE_MISSING: _OTHER,
    Cause.IMAGE_CHANGED: _OTHER,
    Cause.KEY_UNKNOWN: _TRUST,
    Cause.KEY_REVOKED: _TRUST,
    Cause.ROTATION_EXPIRED: _TRUST,
    Cause.FORMAT_UNKNOWN: _UNFIT,
    Cause.MANIFEST_INVALID: _UNFIT,
    Cause.IMAGE_UNFIT: _UNFIT,
    Cause.DOWNGRADE: _SUCCESSION,
    Cause.PREVIOUS_TOO_OLD: _SUCCESSION,
}


def exit_code(refused: BundleRefused) -> int:
    return MEANINGS[refused.cause].code


def advice(refused: BundleRefused) -> str:
    """Return what to do, in the operator's language."""
    meaning = MEANINGS[refused.cause]
    return say(meaning.vi, meaning.en)
