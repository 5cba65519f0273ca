"""`quanho bundle verify|show`: the verdict on a bundle, and what is in it."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from firmware_bridge.bundle.image_fit import facts_of
from firmware_bridge.bundle.manifest import Manifest
from firmware_bridge.bundle.open import Bundle, open_bundle, signer_of
from firmware_bridge.bundle.refusal import BundleRefused
from firmware_bridge.bundle.succession import may_install
from firmware_bridge.bundle.trust import Trust, TrustProblem
from firmware_bridge.bundle.version import precedence
from quanho.bundle_words import EXIT_TRUST, advice, exit_code
from quanho.lang import pick, say
from quanho.report import coloured, print_json, print_lines
from quanho.trust_place import now, trust_of
from telemetry.errors import ConfigError, Problem
from telemetry.spoken import spoken


def verify(arguments: argparse.Namespace) -> int:
    """Say whether the bundle is believed and whole. Return the exit code."""
    try:
        bundle = open_bundle(arguments.bundle, trust_of(arguments))
        _check_succession(arguments, bundle.manifest)
    except BundleRefused as refused:
        return print_refusal(refused, str(arguments.bundle), as_json=arguments.json)
    except TrustProblem as error:
        return _print_damage(error, str(arguments.bundle), as_json=arguments.json)
    if arguments.json:
        print_json({"ok": True, **_facts(bundle)})
        return 0
    manifest = bundle.manifest
    print(coloured(say("TIN ĐƯỢC", "BELIEVED"), "good"), f"{arguments.bundle}: {manifest.firmware} {manifest.version}, {manifest.board}")
    print(say(f"khóa {bundle.key_id}; mọi byte đúng như đã ký", f"key {bundle.key_id}; every byte is what was signed"))
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print what is in the bundle, as its signer says it, and whether that key is believed. Return the exit code of verify."""
    try:
        key = signer_of(arguments.bundle)
        bundle = open_bundle(arguments.bundle, Trust({key: "itself"}, (), (), now()))
    except BundleRefused as refused:
        return print_refusal(refused, str(arguments.bundle), as_json=arguments.json)
    try:
        standing, refusal = trust_of(arguments).judge(key), None
    except BundleRefused as refused:
        standing, refusal = None, refused
    except TrustProblem as error:
        return _print_damage(error, str(arguments.bundle), as_json=arguments.json)
    if arguments.json:
        verdict = {"ok": refusal is None, "cause": refusal.cause if refusal else None, "reason": refusal.reason if refusal else ""}
        print_json(verdict | _facts(bundle) | {"root": standing.root if standing else None})
    else:
        print_lines([f"{arguments.bundle}:", *summary_lines(_facts(bundle))])
        if refusal:
            print(coloured(say("KHÔNG TIN ĐƯỢC: ", "NOT BELIEVED: "), "bad") + pick(refusal.reason))
        elif standing:
            print(coloured(say("tin được", "believed"), "good"), say(f"qua khóa gốc {standing.root}", f"by root {standing.root}"))
    return exit_code(refusal) if refusal else 0


def print_refusal(refused: BundleRefused, name: str, *, as_json: bool, is_made: bool = False) -> int:
    """Say why a bundle was refused, or not made, and what to do. Return the exit code."""
    if as_json:
        print_json({"ok": False, "file": name, "cause": refused.cause, "reason": refused.reason})
        return exit_code(refused)
    head = say("KHÔNG TẠO GÓI", "NOT MADE") if is_made else say("TỪ CHỐI", "REFUSED")
    print(f"{head} [{refused.cause}] {name}: {pick(refused.reason)}", file=sys.stderr)
    if not is_made:
        print("→ " + advice(refused), file=sys.stderr)
    return exit_code(refused)


def _print_damage(error: TrustProblem, name: str, *, as_json: bool) -> int:
    """Say that nobody is believed, because the trust folder itself cannot be read. Return the exit code."""
    if as_json:
        print_json({"ok": False, "file": name, "cause": "trust-damaged", "reason": error.reason})
    else:
        print(say("TỪ CHỐI", "REFUSED") + f" [trust-damaged] {pick(error.reason)}", file=sys.stderr)
    return EXIT_TRUST


def summary(manifest: Manifest, images: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the manifest with what each image says of itself, ready for JSON."""
    facts: dict[str, Any] = manifest.model_dump(mode="json")
    for entry in facts["images"]:
        found = facts_of(entry["kind"], images[entry["file"]], entry["address"])
        entry["writes"] = [list(span) for span in found.spans]
        entry["says"] = f"{found.project} {found.version}".strip()
    return facts


def summary_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a bundle is, for people."""
    rows = [
        (say("phần mềm", "firmware"), f"{facts['firmware']} {facts['version']}" + (f" ({facts['build_id']})" if facts["build_id"] else "")),
        (say("bo mạch", "board"), say(f"{facts['board']}, chip {facts['chip']}", f"{facts['board']}, chip {facts['chip']}")),
        ("flash", say(f"cần {facts['flash_bytes']:,} byte", f"{facts['flash_bytes']:,} bytes needed")),
    ]
    if facts["minimum_previous"]:
        rows.append((say("thay cho", "replaces"), say(f"từ {facts['minimum_previous']} trở lên", f"{facts['minimum_previous']} or later")))
    rows += [(say("ảnh", "image"), _image_text(entry)) for entry in facts["images"]]
    rows += [(say("cảm biến", "sensor"), _sensor_text(sensor)) for sensor in facts["sensors"]]
    rows.append((say("tạo lúc", "made at"), str(facts["created_at"])))
    if "key_id" in facts:
        rows.append((say("khóa ký", "key"), facts["key_id"]))
        rows.append(("sha256", facts["sha256"]))
    width = max(len(name) for name, _ in rows)
    return (f"  {name:<{width}}  {text}" for name, text in rows)


def _image_text(entry: Mapping[str, Any]) -> str:
    where = ", ".join(f"0x{start:x}–0x{end:x}" for start, end in entry["writes"][:3]) + (" …" if len(entry["writes"]) > 3 else "")
    size = f"{entry['size']:,} {say('byte', 'bytes')}"
    return f"{entry['file']}, {entry['kind']}, {size}, {where}" + (f", {entry['says']}" if entry["says"] else "")


def _sensor_text(sensor: Mapping[str, Any]) -> str:
    every = f" / {sensor['interval_ms']} ms" if sensor["interval_ms"] else ""
    return f"{sensor['name']} ({sensor['measurement']}{every}): " + ", ".join(map(_field_text, sensor["fields"]))


def _field_text(field: Mapping[str, Any]) -> str:
    low, high = field["lowest"], field["highest"]
    span = "" if low is None and high is None else f" [{'' if low is None else f'{low:g}'}…{'' if high is None else f'{high:g}'}]"
    return f"{field['name']}{span}{' ' + spoken(field['unit']) if field['unit'] else ''}"


def _facts(bundle: Bundle) -> dict[str, Any]:
    return summary(bundle.manifest, bundle.images) | {"key_id": bundle.key_id, "sha256": bundle.sha256}


def _check_succession(arguments: argparse.Namespace, manifest: Manifest) -> None:
    if arguments.installed is None:
        return
    try:
        precedence(arguments.installed)
    except ValueError as error:
        raise ConfigError([Problem("--installed", "", str(error))]) from error
    if refused := may_install(arguments.installed, manifest, allow_downgrade=arguments.allow_downgrade):
        raise refused
