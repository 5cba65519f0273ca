"""`quanho card list|write|set|check|settings`: SD cards of gateways, from an OS image to a gateway that sets itself up."""

import argparse
import sys
from pathlib import Path

from quanho.lang import say

_EPILOG = """\
examples:
  quanho card list                                                     which cards are in this computer?
  quanho card settings --example > card.toml                           host name, SSH keys, Wi-Fi, quanho: one file a gateway
  sudo quanho card write raspios.img.xz /dev/sdb --settings card.toml  write, read back, set up
  sudo quanho card set /dev/sdb --settings card.toml                   other settings onto a card that is written
  sudo quanho card check /dev/sdb                                      what will it do at its first boot, and what is wrong?

Every command also takes an image file in place of a card, and then needs no sudo.

exit codes: 0 done   1 found wrong by check   2 wrong usage or settings   3 target refused, nothing was written
            4 the image is damaged or has another hash   5 the card does not take or keep what is written
            6 the card cannot be read, its system is unknown, or a tool is missing   130 interrupted
"""
_WRITE = """\
Stream an OS image (.img, .xz, .gz, .zst or .zip, told by content) onto a card or into a file, and read it back past the page cache. The
first block goes last: a card that was not finished, or whose hash is wrong, does not boot. Refused: disks that anything of this computer
stands on, mounted cards, disks that are not removable, cards that are too small or write-protected.
"""
_WRITE_EPILOG = """\
examples:
  sudo quanho card write 2026-04-01-raspios-trixie-arm64-lite.img.xz /dev/sdb
  sudo quanho card write raspios.img.xz /dev/sdb --settings card.toml --sha256 raspios.img.xz.sha256
  quanho card write raspios.img.xz gateway.img --settings card.toml --yes          a file instead of a card

A file IMAGE.sha256 or SHA256SUMS beside the image is found by itself. The hash may be of the packed file or of the image in it.
"""
_SET = """\
Put first-boot settings onto a card or image file that is already written, in the format that its system reads. Run again, it replaces what
it wrote and keeps what others wrote.
"""
_CHECK = """\
Read a card or image file and say what is on it, what it will do at its first boot, and what is missing, contradictory or damaged. Changes
nothing, and shows no secret.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser(
        "card", help="write, set up and check SD cards", description=__doc__, epilog=_EPILOG, formatter_class=raw
    )
    parser.set_defaults(run=lambda _: _help(parser))
    verbs = parser.add_subparsers(title="verbs", metavar="VERB")
    listed = _add(verbs, "list", "show the disks of this computer, and which of them may be written")
    listed.add_argument("--all", action="store_true", help="disks that are refused as well, with the reasons")
    listed.set_defaults(run=_list)
    _add_write(verbs)
    chosen = _add(verbs, "set", _SET, "put settings onto a card that is written")
    chosen.add_argument("target", type=Path, metavar="TARGET", help="the card (/dev/sdb) or an image file")
    chosen.add_argument("--settings", type=Path, required=True, metavar="FILE", help="card.toml; see: quanho card settings --example")
    chosen.add_argument("--fixed-disk", action="store_true", help="also a disk that is not removable (an SSD of a gateway)")
    chosen.set_defaults(run=_set)
    check = _add(verbs, "check", _CHECK, "say what is on a card and what is wrong with it")
    check.add_argument("card", type=Path, metavar="CARD", help="the card (/dev/sdb) or an image file")
    check.add_argument("--quick", action="store_true", help="do not check the file systems")
    check.set_defaults(run=_check)
    settings = _add(verbs, "settings", "check a card.toml, or print one to begin with")
    settings.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the card.toml to check")
    settings.add_argument("--example", action="store_true", help="print an example with every key explained")
    settings.set_defaults(run=_settings)


def _add_write(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    write = _add(verbs, "write", _WRITE, "write an OS image onto a card")
    write.epilog = _WRITE_EPILOG
    write.add_argument("image", type=Path, metavar="IMAGE", help="the OS image, packed or not")
    write.add_argument("target", type=Path, metavar="TARGET", help="the whole card (/dev/sdb, not /dev/sdb1) or a file")
    write.add_argument("--settings", type=Path, metavar="FILE", help="card.toml for the first boot")
    write.add_argument("--sha256", metavar="HEX|FILE", help="the hash that the packed file or the image must have")
    write.add_argument("--yes", action="store_true", help="do not ask before overwriting")
    write.add_argument("--no-read-back", action="store_true", help="do not compare the card with the image; a bad card goes unnoticed")
    write.add_argument("--fixed-disk", action="store_true", help="also a disk that is not removable (an SSD of a gateway)")
    write.set_defaults(run=_write)


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, short: str | None = None
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=short or text, description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return 2


def _list(arguments: argparse.Namespace) -> int:
    from quanho.card_list import print_list

    return print_list(show_all=arguments.all, as_json=arguments.json)


def _write(arguments: argparse.Namespace) -> int:
    if not _has_extra():
        return 6
    from quanho.card_write import Wish, write

    return write(
        Wish(
            image=arguments.image,
            target=arguments.target,
            settings=arguments.settings,
            sha256=arguments.sha256,
            is_agreed=arguments.yes,
            reads_back=not arguments.no_read_back,
            allow_fixed=arguments.fixed_disk,
            as_json=arguments.json,
        )
    )


def _set(arguments: argparse.Namespace) -> int:
    if not _has_extra():
        return 6
    from quanho.card_set import set_up

    return set_up(arguments.target, arguments.settings, allow_fixed=arguments.fixed_disk, as_json=arguments.json)


def _check(arguments: argparse.Namespace) -> int:
    if not _has_extra():
        return 6
    from quanho.card_check import check

    return check(arguments.card, is_quick=arguments.quick, as_json=arguments.json)


def _settings(arguments: argparse.Namespace) -> int:
    if not _has_extra():
        return 6
    from quanho.card_settings import print_settings

    return print_settings(arguments.file, example=arguments.example, as_json=arguments.json)


def _has_extra() -> bool:
    """Tell whether the extra `flash` is installed; say how to install it if not."""
    try:
        import yaml  # noqa: F401
    except ImportError:
        vi, en = "quanho card cần thêm vài gói:", "quanho card needs a few more packages:"
        print(f"quanho: {say(vi, en)}  pip install 'quanho[flash]'", file=sys.stderr)
        return False
    return True
