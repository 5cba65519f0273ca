"""What `records list|show|send|verify` do and print."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from firmware_bridge.bundle.keys import read_public_key
from firmware_bridge.records.delivery import deliver
from firmware_bridge.records.queue import Waiting
from firmware_bridge.records.registry import RegistryUnusable
from firmware_bridge.records.signed import RECORD_BYTES, RecordRefused, SignedRecord, verify
from quanho.lang import say
from quanho.report import coloured, print_json, print_lines
from quanho.technician_place import outbox, registry_of
from telemetry.errors import ConfigError, Problem

_EXIT_KEPT = 1
_EXIT_CHANGED = 5
_EXIT_OTHER_KEY = 6


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says and return the exit code."""
    return _VERBS[arguments.verb](arguments)


def _list(arguments: argparse.Namespace) -> int:
    box = outbox(arguments.outbox)
    waiting, refused = list(box.waiting()), list(box.refused_records())
    if arguments.json:
        entries = [_entry(one) for one in waiting]
        print_json(
            {"folder": str(box.folder), "waiting": entries, "refused": [_entry(one) | {"reason": reason} for one, reason in refused]}
        )
        return 0
    print(say(f"{len(waiting)} bản ghi chờ gửi ({box.folder})", f"{len(waiting)} records wait ({box.folder})"))
    print_lines(f"  {_row(one)}" for one in waiting)
    for one, reason in refused:
        print(coloured(say("  bị từ chối ", "  refused "), "bad") + f"{_row(one)}: {reason}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    found = outbox(arguments.outbox).find(arguments.id)
    if found is None:
        raise ConfigError(
            [
                Problem(
                    arguments.id,
                    "",
                    say("không có bản ghi nào (hoặc nhiều bản ghi) bắt đầu như vậy", "no record, or more than one, begins like this"),
                )
            ]
        )
    if found.signed is None:
        print(say(f"{found.path}: hỏng: {found.trouble}", f"{found.path}: damaged: {found.trouble}"), file=sys.stderr)
        return _EXIT_CHANGED
    _print(found.signed, as_json=arguments.json)
    return 0


def _send(arguments: argparse.Namespace) -> int:
    box = outbox(arguments.outbox)
    try:
        to = registry_of(arguments)
    except RegistryUnusable as error:
        raise ConfigError([Problem("--registry", "", str(error))]) from error
    if to is None:
        raise ConfigError(
            [
                Problem(
                    "--registry",
                    "",
                    say("cho biết địa chỉ: --registry URL hoặc QUANHO_REGISTRY", "say where it is: --registry URL, or QUANHO_REGISTRY"),
                )
            ]
        )
    done = deliver(box, to)
    if arguments.json:
        answer = {"sent": done.sent, "already_there": done.already_there, "refused": done.refused, "waiting": done.waiting}
        print_json({"ok": not done.waiting and not done.refused, **answer, "trouble": done.trouble})
    else:
        taken = len(done.sent) + len(done.already_there)
        print(say(f"đã gửi {taken}, còn chờ {done.waiting}", f"{taken} sent, {done.waiting} still wait"))
        for name, reason in done.refused.items():
            print(say(f"bị từ chối {name[:8]}: {reason}", f"refused {name[:8]}: {reason}"), file=sys.stderr)
        if done.trouble:
            print(
                say(f"dừng lại: {done.trouble}; sẽ giữ và gửi lại sau", f"stopped: {done.trouble}; kept, send again later"), file=sys.stderr
            )
    return _EXIT_KEPT if done.waiting or done.refused else 0


def _verify(arguments: argparse.Namespace) -> int:
    try:
        with arguments.file.open("rb") as file:
            signed = verify(file.read(RECORD_BYTES + 1))
    except OSError as error:
        raise ConfigError([Problem(str(arguments.file), "", str(error.strerror))]) from error
    except RecordRefused as refused:
        return refuse_record(refused, arguments.file, as_json=arguments.json)
    if arguments.key and read_public_key(arguments.key) != signed.key:
        print(
            say(f"chữ ký đúng, nhưng của khóa khác ({signed.key.id})", f"the signature is right, but of another key ({signed.key.id})"),
            file=sys.stderr,
        )
        return _EXIT_OTHER_KEY
    if not arguments.json:
        print(coloured(say("ĐÚNG", "RIGHT"), "good"), say(f"chữ ký của khóa {signed.key.id}", f"signed by key {signed.key.id}"))
    _print(signed, as_json=arguments.json)
    return 0


def refuse_record(refused: RecordRefused, path: Path, *, as_json: bool) -> int:
    """Say that a file is not what was signed. Return the exit code."""
    if as_json:
        print_json({"ok": False, "file": str(path), "reason": refused.reason})
    else:
        print(say("SAI", "WRONG") + f" {path}: {refused.reason}", file=sys.stderr)
    return _EXIT_CHANGED


def _print(signed: SignedRecord, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, "key_id": signed.key.id, "record": signed.record})
        return
    print_lines(_lines(signed.record))


def _lines(value: object, indent: int = 2) -> list[str]:
    """Return a record as indented `key: value` lines."""
    lines: list[str] = []
    pairs: list[tuple[str, object]] = []
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(f"[{number}]", item) for number, item in enumerate(value, 1)]
    for key, item in pairs:
        if isinstance(item, Mapping | list) and item:
            lines += [f"{' ' * indent}{key}:", *_lines(item, indent + 2)]
        elif item not in (None, "", [], {}):
            lines.append(f"{' ' * indent}{key}: {str(item)[:200]}")
    return lines


def _entry(one: Waiting) -> dict[str, Any]:
    record = one.signed.record if one.signed else {}
    return {"id": one.id, "kind": record.get("kind"), "at": record.get("at"), "device": record.get("device"), "trouble": one.trouble}


def _row(one: Waiting) -> str:
    entry = _entry(one)
    return f"{one.id[:8]}  {entry['at'] or '?'}  {entry['kind'] or '?'}  {entry['device'] or ''}  {one.trouble}".rstrip()


_VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {"list": _list, "show": _show, "send": _send, "verify": _verify}
