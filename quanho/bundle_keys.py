"""`quanho bundle key new|rotate|revoke|trust|untrust|list`: keys, and what this machine believes of them."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from firmware_bridge.bundle.keys import KeyProblem, new_key, public_key_of, read_public_key, write_key
from firmware_bridge.bundle.refusal import BundleRefused
from firmware_bridge.bundle.statements import REASON_CHARACTERS, is_rotation, read_revocations, sign_rotation
from firmware_bridge.bundle.trust import TrustProblem, load_trust
from firmware_bridge.bundle.trust_folder import add_revocations, add_root, add_rotation, remove_root, revoke
from firmware_bridge.records.signed import RECORD_BYTES, RecordRefused
from quanho.lang import say
from quanho.passphrase import key_of, new_passphrase
from quanho.report import coloured, print_json, print_lines
from quanho.trust_place import now, trust_folder
from runtime.durable_file import replace_file
from telemetry.errors import ConfigError, Problem
from telemetry.identifiers import is_id

_EXIT_TRUST = 6
_Answer = tuple[dict[str, Any], list[str]]


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says, print it, and return the exit code."""
    try:
        answer, lines = _VERBS[arguments.verb](arguments)
    except KeyProblem as error:
        raise ConfigError([Problem("quanho bundle key " + arguments.verb, "", str(error))]) from error
    except (BundleRefused, RecordRefused, TrustProblem) as error:
        if arguments.json:
            print_json({"ok": False, "reason": str(error)})
        else:
            print(f"quanho: {error}", file=sys.stderr)
        return _EXIT_TRUST
    if arguments.json:
        print_json({"ok": True} | answer)
    else:
        print_lines(lines)
    return 0


def _new(arguments: argparse.Namespace) -> _Answer:
    key = new_key()
    passphrase = new_passphrase(arguments.passphrase_file, asks=arguments.ask_passphrase)
    public = write_key(arguments.key, key, passphrase)
    lines = [
        say(
            f"khóa riêng: {arguments.key} (chỉ chủ đọc được; giữ kín, sao lưu nơi an toàn)",
            f"private: {arguments.key} (only you can read it; keep a copy in a safe place)",
        ),
        say(
            f"khóa công khai: {public} — đưa cho máy nạp: {_trust_command(public)}",
            f"public:  {public} — for machines that flash: {_trust_command(public)}",
        ),
        f"id:      {key.public.id}",
    ]
    return {"private": str(arguments.key), "public": str(public), "id": key.public.id, "is_encrypted": passphrase is not None}, lines


def _rotate(arguments: argparse.Namespace) -> _Answer:
    new = read_public_key(arguments.new)
    old = key_of(arguments.key, arguments.passphrase_file)
    if new == old.public:
        raise KeyProblem(f"{arguments.new}: this is the public half of {arguments.key}; a key does not follow itself")
    made_at = now()
    expires_at = made_at + timedelta(days=arguments.days)
    _write_new(arguments.out, sign_rotation(old, new, made_at, expires_at))
    vi = f"{arguments.out}: khóa {new.id} nối tiếp {old.public.id}, đến {expires_at:%Y-%m-%d}"
    en = f"{arguments.out}: key {new.id} follows {old.public.id}, until {expires_at:%Y-%m-%d}"
    text = say(f"{vi}; trên máy khác: ", f"{en}; on other machines: ") + _trust_command(arguments.out)
    return {"file": str(arguments.out), "old": old.public.id, "new": new.id, "expires_at": expires_at.isoformat(timespec="seconds")}, [text]


def _revoke(arguments: argparse.Namespace) -> _Answer:
    revoked = read_public_key(arguments.revoked)
    since = _moment(arguments.since) if arguments.since else now()
    _check_reason(arguments.reason)
    if arguments.out:
        _check_list_place(arguments.out)
    issuer = key_of(arguments.key, arguments.passphrase_file)
    data = revoke(trust_folder(arguments), issuer, revoked, since, arguments.reason, now())
    lines = [
        say(
            f"khóa {revoked.id} đã bị thu hồi trên máy này; gói nó ký bị từ chối, kể cả gói cũ",
            f"key {revoked.id} is revoked on this machine; what it signed is refused, old bundles too",
        )
    ]
    if arguments.out:
        _write(arguments.out, data)
        lines.append(say(f"trên máy khác: {_trust_command(arguments.out)}", f"on other machines: {_trust_command(arguments.out)}"))
    return {"revoked": revoked.id, "by": issuer.public.id, "file": str(arguments.out) if arguments.out else None}, lines


def _trust(arguments: argparse.Namespace) -> _Answer:
    folder, data = trust_folder(arguments), _read(arguments.file)
    if data.lstrip()[:1] != b"{":
        key = public_key_of(data, str(arguments.file))
        name = arguments.name or arguments.file.stem
        if not is_id(name):
            raise KeyProblem(f"{name!r} cannot name a key; add --name NAME with letters a-z, digits, '_', '-' and '.', as in --name office")
        add_root(folder, key, name, now())
        return {"root": name, "id": key.id}, [say(f"từ nay tin khóa {name} ({key.id})", f"key {name} ({key.id}) is believed from now on")]
    if not is_rotation(data):
        ids = [entry.key.id for entry in add_revocations(folder, data, now()).revoked]
        return {"revoked": ids}, [say(f"bị thu hồi: {', '.join(ids)}", f"revoked: {', '.join(ids)}")]
    rotation = add_rotation(folder, data, now())
    old, new, until = rotation.old.id, rotation.new.id, rotation.expires_at
    return {"old": old, "new": new}, [
        say(f"khóa {new} nối tiếp {old}, đến {until:%Y-%m-%d}", f"key {new} follows {old}, until {until:%Y-%m-%d}")
    ]


def _untrust(arguments: argparse.Namespace) -> _Answer:
    remove_root(trust_folder(arguments), arguments.name)
    return {"removed": arguments.name}, [say(f"không còn tin khóa {arguments.name}", f"key {arguments.name} is believed no longer")]


def _list(arguments: argparse.Namespace) -> _Answer:
    folder = trust_folder(arguments)
    trust = load_trust(folder, now())
    rows: list[dict[str, Any]] = []
    for key, name in trust.roots.items():
        revoked = trust.revoked(key)
        rows.append({"id": key.id, "kind": "root", "name": name, "revoked": revoked.reason if revoked else None})
    for rotation in trust.rotations:
        try:
            trust.judge(rotation.new)
            trouble = None
        except BundleRefused as refused:
            trouble = refused.reason
        rows.append(
            {
                "id": rotation.new.id,
                "kind": "rotation",
                "name": f"← {rotation.old.id}",
                "until": rotation.expires_at.isoformat(),
                "revoked": trouble,
            }
        )
    for listed in trust.revocations:
        rows += [
            {"id": entry.key.id, "kind": "revoked", "name": "", "revoked": entry.reason, "since": entry.since.isoformat()}
            for entry in listed.revoked
        ]
    lines = [_row(row) for row in rows] or [
        say(
            f"{folder}: chưa tin khóa nào; quanho bundle key trust KHÓA.pub",
            f"{folder}: no key is believed yet; quanho bundle key trust KEY.pub",
        )
    ]
    return {"folder": str(folder), "keys": rows}, lines


def _row(row: Mapping[str, Any]) -> str:
    words = {"root": say("khóa gốc", "root"), "rotation": say("nối tiếp", "rotation"), "revoked": say("thu hồi", "revoked")}
    text = f"{row['id']}  {words[row['kind']]:<9} {row['name']}"
    text += say(f" đến {row['until'][:10]}", f" until {row['until'][:10]}") if "until" in row else ""
    return f"{text}  {coloured(row['revoked'], 'bad')}" if row["revoked"] else text


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(RECORD_BYTES + 1)
    except OSError as error:
        raise KeyProblem(f"{path}: {error.strerror}") from error


def _write_new(path: Path, data: bytes) -> None:
    if os.path.lexists(path):
        raise KeyProblem(f"{path} is there already; choose another name")
    _write(path, data)


def _write(path: Path, data: bytes) -> None:
    try:
        replace_file(path, data, 0o644)
    except OSError as error:
        raise KeyProblem(f"{path}: cannot be written: {error.strerror}") from error


def _check_reason(text: str) -> None:
    if not text or not text.isprintable() or len(text) > REASON_CHARACTERS:
        raise KeyProblem(f"--reason: one line of 1 to {REASON_CHARACTERS} characters, please")


def _check_list_place(path: Path) -> None:
    """A list may only replace a list: found out before the key is revoked, because a key is revoked only once."""
    if not path.parent.is_dir():
        raise KeyProblem(f"{path}: cannot be written: there is no folder {path.parent}")
    if os.path.lexists(path):
        try:
            read_revocations(_read(path))
        except RecordRefused as error:
            raise KeyProblem(f"{path} is there already and is no list of revoked keys; choose another name") from error


def _trust_command(path: Path) -> str:
    name = "" if path.suffix != ".pub" or is_id(path.stem) else " --name NAME"
    return f"quanho bundle key trust {shlex.quote(path.name)}{name}"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise KeyProblem(f"--since {text!r} is no time with a zone, as in 2026-11-27T08:00:00+07:00")
    return moment


_VERBS: Mapping[str, Callable[[argparse.Namespace], _Answer]] = {
    "new": _new,
    "rotate": _rotate,
    "revoke": _revoke,
    "trust": _trust,
    "untrust": _untrust,
    "list": _list,
}
