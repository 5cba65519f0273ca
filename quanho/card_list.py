"""`quanho card list`: the disks of this computer, and which of them an image may be written to."""

import json

from firmware_bridge.card.device_facts import DeviceFacts, all_disks
from firmware_bridge.card.may_write import Refusal, may_write
from quanho.card_words import size
from quanho.lang import say


def print_list(*, show_all: bool, as_json: bool) -> int:
    """Print the cards; with `show_all` also what is refused, and why."""
    judged = [(disk, may_write(disk, image_bytes=None)) for disk in all_disks()]
    shown = [(disk, refusals) for disk, refusals in judged if show_all or not refusals or _is_card_in_use(disk, refusals)]
    if as_json:
        print(json.dumps([_as_json(disk, refusals) for disk, refusals in shown], ensure_ascii=False))
        return 0
    for disk, refusals in shown:
        what = " ".join(filter(None, (disk.bus, disk.model)))
        print(f"{disk.path:<14} {size(disk.size_bytes):>9}  {what}")
        for refusal in refusals:
            print(f"{'':<14} {say('không ghi', 'refused')}: {say(refusal.vi, refusal.en)}")
    if not shown:
        vi = "Không thấy thẻ nào. Cắm thẻ vào rồi thử lại; --all cho xem mọi ổ đĩa."
        print(say(vi, "No card is in this computer. Put one in and try again; --all shows every disk."))
    return 0


def _is_card_in_use(disk: DeviceFacts, refusals: tuple[Refusal, ...]) -> bool:
    """A card that only needs to be unmounted is worth showing."""
    return disk.is_removable and {refusal.code for refusal in refusals} <= {"mounted", "read-only"}


def _as_json(disk: DeviceFacts, refusals: tuple[Refusal, ...]) -> dict[str, object]:
    return {
        "path": disk.path,
        "size_bytes": disk.size_bytes,
        "bus": disk.bus,
        "model": disk.model,
        "is_removable": disk.is_removable,
        "mounts": [mount.point for mount in disk.mounts],
        "refusals": [{"code": refusal.code, "text": say(refusal.vi, refusal.en)} for refusal in refusals],
    }
