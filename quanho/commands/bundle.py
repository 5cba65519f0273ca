"""`quanho bundle make|verify|show|key|rollout`: sign firmware, and know what a bundle is before it touches a board."""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quanho.extras import flash_extra
from quanho.trust_place import add_trust_option

_EXIT_USAGE = 2
_EPILOG = """\
A bundle is one file: firmware images and a manifest, signed. What is in it is believed because of its signature, whoever handed it over.

examples:
  quanho bundle key new office.key                         once: a key pair, office.key (keep it at home) and office.pub
  quanho bundle key trust office.pub                       on each machine that flashes boards: believe it
  quanho bundle make weather.toml --version 1.2.0 --key office.key --out weather-1.2.0.qhb
  quanho bundle verify weather-1.2.0.qhb
  quanho bundle show weather-1.2.0.qhb                     what is in it, believed or not

docs/specs/bundle.md describes the file and the rules.
"""
_EXITS = """\
exit codes:
  0 believed, every byte is what was signed    1 failed    2 wrong usage, or the file cannot be read
  3 damaged, or no bundle: copy it again       4 built to deceive: do not use it
  5 not what was signed                        6 the key is unknown, revoked, or its rotation has expired
  7 for another board, or made by another version of quanho
  8 the board may not go from its version to this one (--installed)
"""
_MAKE = """\
The description is a TOML file; every key of it but [[sensor]] can be given as an option, which goes first:

  board = "atmega328p-uno"        # as the firmware says it in HELLO
  chip = "atmega328p"             # may be left out where the image says it (ESP32, RP2040)
  firmware = "reference"
  version = "1.2.0"               # may be left out where the image says it (ESP32)
  minimum_previous = "1.0.0"      # optional: refuse boards below it

  [[image]]
  file = "reference.hex"          # relative to this file; .hex, .bin (with address = 0x10000) or .uf2

  [[sensor]]                      # what the board announces; unit and plausible range come from the catalogue when left out
  name = "weather"
  measurement = "weather"
  interval_ms = 1000
  fields = [{ name = "temperature", lowest = -10, highest = 60 }, { name = "humidity" }]

An image that cannot be for the chip (another ESP32, an address beyond the flash) is refused here already.

examples:
  quanho bundle make weather.toml --key office.key --out weather-1.2.0.qhb
  quanho bundle make --board esp32-devkit --firmware weather --image 0x1000:boot.bin --image 0x8000:table.bin \\
      --image 0x10000:app.bin --key office.key --out weather.qhb
"""
_ROLLOUT = """\
Prints when which boards would be updated, and where the rollout would stop by itself. The plan is TOML:

  id = "reference-2"
  firmware = "reference"
  version = "2.0.0"
  abort_share = 0.1               # it stops when more of the updated boards than this went back or read badly
  most_at_once = 20
  [[waves]]
  count = 2                       # the canary
  hold_s = 3600                   # its readings are looked at for an hour
  [[waves]]
  share = 0.2
  hold_s = 3600
  [[waves]]
  share = 1.0                     # everybody who is left

examples:
  quanho bundle rollout plan.toml --sites 40 --boards 3
  quanho bundle rollout plan.toml --goes-back 0.05 --offline 0.2 --json

exit codes: 0 it gets done   1 it is aborted, or can go no further   2 wrong usage or plan
"""
_KEY = """\
examples:
  quanho bundle key new office.key --ask-passphrase            a new pair; the passphrase is asked for, or --passphrase-file FILE
  quanho bundle key trust office.pub                           believe this key from now on
  quanho bundle key rotate office.key new.pub --days 365 --out new.rotation.json
                                                               "new follows me": bundles of the new key are believed where the old one is
  quanho bundle key trust new.rotation.json                    take such a statement, or a list of revoked keys
  quanho bundle key revoke lost.pub --by office.key --reason "laptop stolen" --out office.revoked.json
                                                               revoked here at once; take the list to the other machines: key trust LIST
  quanho bundle key list                                       whom this machine believes, and why
  quanho bundle key untrust office                             take a root away again

Revoked means refused, also for bundles from before: whoever has the key writes any date. Add the new key as a root before the old one
is revoked; what a revoked key vouched for falls with it.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("bundle", help="sign firmware, verify bundles, keep keys", **_texts(_EPILOG))
    parser.set_defaults(run=lambda _: _help(parser))
    verbs = parser.add_subparsers(title="verbs", metavar="VERB")
    _add_make(verbs.add_parser("make", help="pack and sign firmware images", **_texts(_MAKE + "\n" + _EXITS)))
    verify = verbs.add_parser("verify", help="is this bundle what a trusted key signed?", **_texts(_EXITS))
    verify.add_argument("--installed", metavar="VERSION", help="may it follow this version on a board?")
    verify.add_argument("--allow-downgrade", action="store_true", help="an older version is meant")
    show = verbs.add_parser("show", help="what is in a bundle, believed or not", **_texts(_EXITS))
    for verb, run in ((verify, _verify), (show, _show)):
        verb.add_argument("bundle", type=Path, metavar="BUNDLE")
        add_trust_option(verb)
        _finish(verb, run)
    _add_rollout(verbs.add_parser("rollout", help="try a rollout plan on a fleet that does not exist", **_texts(_ROLLOUT)))
    _add_key(verbs.add_parser("key", help="make, trust, rotate and revoke keys", **_texts(_KEY)))


def _add_rollout(rollout: argparse.ArgumentParser) -> None:
    rollout.add_argument("plan", type=Path, metavar="PLAN.toml", help="the plan, see below")
    rollout.add_argument("--sites", type=_count, default=20, metavar="N", help="sites of the fleet (20)")
    rollout.add_argument("--boards", type=_count, default=3, metavar="N", help="boards a site (3)")
    rollout.add_argument("--goes-back", type=_share, default=0.0, metavar="SHARE", help="boards that do not like the new firmware (0)")
    rollout.add_argument("--offline", type=_share, default=0.0, metavar="SHARE", help="boards that come online only after a day (0)")
    rollout.add_argument("--seed", type=int, default=1, metavar="N", help="which boards these are (1)")
    _finish(rollout, _rollout)


def _add_make(make: argparse.ArgumentParser) -> None:
    make.add_argument("description", nargs="?", type=Path, metavar="DESCRIPTION", help="TOML file, see below")
    make.add_argument("--key", type=Path, required=True, metavar="FILE", help="private key that signs")
    make.add_argument("--passphrase-file", type=Path, metavar="FILE", help="passphrase of the key (otherwise asked for)")
    make.add_argument("--out", type=Path, required=True, metavar="FILE", help="the bundle; not written over without --force")
    make.add_argument("--force", action="store_true", help="write over --out")
    for name in ("board", "chip", "firmware", "version", "minimum-previous", "build-id"):
        make.add_argument(f"--{name}", metavar="TEXT", help="as in the description")
    make.add_argument(
        "--flash-bytes", type=_number, metavar="N", help="flash that is needed (default: of the chip, or what holds the images)"
    )
    make.add_argument(
        "--image", type=_image, action="append", default=[], metavar="[ADDRESS:]FILE", help="an image, instead of the description's"
    )
    _finish(make, _make)


def _add_key(key: argparse.ArgumentParser) -> None:
    key.set_defaults(run=lambda _: _help(key))
    verbs = key.add_subparsers(title="verbs", metavar="VERB")
    new = verbs.add_parser("new", help="make a key pair")
    new.add_argument("key", type=Path, metavar="FILE.key")
    new.add_argument("--ask-passphrase", action="store_true", help="encrypt it")
    rotate = verbs.add_parser("rotate", help="say that another key follows this one")
    rotate.add_argument("key", type=Path, metavar="OLD.key")
    rotate.add_argument("new", type=Path, metavar="NEW.pub")
    rotate.add_argument("--days", type=_days, default=365, metavar="N", help="the statement counts for so long (365)")
    rotate.add_argument("--out", type=Path, required=True, metavar="FILE", help="the statement")
    revoke = verbs.add_parser("revoke", help="believe a key no longer")
    revoke.add_argument("revoked", type=Path, metavar="KEY.pub")
    revoke.add_argument("--by", dest="key", type=Path, required=True, metavar="KEY.key", help="a trusted key that signs the list")
    revoke.add_argument("--reason", required=True, metavar="TEXT", help="why; it is shown wherever a bundle is refused")
    revoke.add_argument("--since", metavar="TIME", help="when it was lost, RFC 3339 (now)")
    revoke.add_argument("--out", type=Path, metavar="FILE", help="the list, for other machines")
    trust = verbs.add_parser("trust", help="believe a key, or take a statement about keys")
    trust.add_argument("file", type=Path, metavar="FILE", help="KEY.pub, a rotation, or a list of revoked keys")
    trust.add_argument("--name", metavar="NAME", help="name of the key (its file's)")
    untrust = verbs.add_parser("untrust", help="take a root away")
    untrust.add_argument("name", metavar="NAME")
    listed = verbs.add_parser("list", help="whom this machine believes")
    for name, verb in (("new", new), ("rotate", rotate), ("revoke", revoke), ("trust", trust), ("untrust", untrust), ("list", listed)):
        if name in ("new", "rotate", "revoke"):
            verb.add_argument("--passphrase-file", type=Path, metavar="FILE", help="passphrase of the private key (otherwise asked for)")
        if name not in ("new", "rotate"):
            add_trust_option(verb)
        verb.set_defaults(verb=name)
        _finish(verb, _keys)


def _finish(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def _texts(epilog: str) -> dict[str, Any]:
    return {"epilog": epilog, "formatter_class": argparse.RawDescriptionHelpFormatter}


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return _EXIT_USAGE


def _make(arguments: argparse.Namespace) -> int:
    with flash_extra():
        from quanho.bundle_make import make
    return make(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    with flash_extra():
        from quanho.bundle_report import verify
    return verify(arguments)


def _show(arguments: argparse.Namespace) -> int:
    with flash_extra():
        from quanho.bundle_report import show
    return show(arguments)


def _rollout(arguments: argparse.Namespace) -> int:
    from quanho.rollout_simulate import run

    return run(arguments)


def _keys(arguments: argparse.Namespace) -> int:
    with flash_extra():
        from quanho.bundle_keys import run
    return run(arguments)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share from 0 to 1")
    return share


def _number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number, as in 32768 or 0x8000") from None


def _image(text: str) -> tuple[int, Path]:
    found = re.fullmatch(r"(0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10}):(.+)", text)
    return (int(found[1], 0), Path(found[2])) if found else (0, Path(text))


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3660:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 to 3660")
    return int(text)
