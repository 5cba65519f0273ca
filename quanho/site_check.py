"""`quanho site check`: run the checks against the agent, sign what was found, and put it on a page."""

import argparse
import getpass
import os
import platform
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.config import AgentConfig
from edge.config_file import load_agent_config
from edge.control_client import ask
from edge.site_check.finding import CHECKS, Finding, Verdict, overall
from edge.site_check.looks import clock_finding, is_ready, uplink_finding, value_findings
from firmware_bridge.bundle.keys import PassphraseNeeded, SigningKey
from firmware_bridge.print.fonts import FontMissing
from firmware_bridge.records.installation import ClockState, one_line
from firmware_bridge.records.signed import sign
from firmware_bridge.records.site_check import Found, Photo, SiteCheckRecord, site_check_record
from firmware_bridge.records.technician import technician_key
from quanho import lang
from quanho.lang import say
from quanho.passphrase import new_passphrase
from quanho.report import coloured, print_json
from quanho.site_page import page
from quanho.site_photo import read_photo
from quanho.site_plug import buffer_finding
from quanho.site_sheet import Sheet, sheet_of
from quanho.site_words import CHECKS as NAMES
from quanho.site_words import OUTCOMES, VERDICTS, pick, text_of
from quanho.technician_place import outbox, technician_folder
from runtime.durable_file import replace_file
from runtime.host import installed_version
from runtime.kernel_clock import kernel_error_ns
from telemetry.errors import ConfigError, Problem

_TIMEOUT_S = 10.0
_NOTE_CHARACTERS = 500
_AGENT_OUTAGE_S = 300.0  # the agent's pause ends by itself after 15 minutes, whatever the test still waits for
_COLOURS = {Verdict.PASSED: "good", Verdict.REMARK: "warn", Verdict.FAILED: "bad", Verdict.NOT_DONE: "dim"}


def check(arguments: argparse.Namespace) -> int:
    """Run the checks and return the exit code."""
    config = load_agent_config(arguments.config)
    if not arguments.out.is_dir():
        raise ConfigError([Problem(str(arguments.out), "", say("không phải thư mục", "is no folder"))])
    if not os.access(arguments.out, os.W_OK | os.X_OK):
        raise ConfigError([Problem(str(arguments.out), "", say("không ghi được vào đây", "you may not write into this folder"))])
    if len(arguments.note) > _NOTE_CHARACTERS:
        text = say(f"dài quá {_NOTE_CHARACTERS} ký tự", f"has more than {_NOTE_CHARACTERS} characters")
        raise ConfigError([Problem("--note", "", text)])
    for option, text in (("--technician", arguments.technician or ""), ("--note", arguments.note)):
        if not text.isprintable():
            raise ConfigError([Problem(option, "", say("một dòng chữ, không có ký tự điều khiển", "one line, without control characters"))])
    method = _method(arguments)
    photo, about = read_photo(arguments.photo) if arguments.photo else (None, None)
    key = _key(arguments)
    try:
        findings, status = _findings(config, arguments, method)
    except KeyboardInterrupt:
        print(
            say("\ndừng; không ghi gì. Nếu đã rút dây, hãy cắm lại.", "\nstopped; nothing is written. If the cable is out, plug it in."),
            file=sys.stderr,
        )
        raise
    record = _record(arguments, findings, status, about)
    data = sign(site_check_record(record), key)
    sheet = sheet_of(record, key.public, arguments.page_lang or lang.current())
    files = _write(arguments.out, record, data, sheet, photo)
    queued = outbox().put(data)
    if arguments.json:
        print_json(
            {
                "ok": record.outcome in ("passed", "remark"),
                "outcome": record.outcome,
                "record": site_check_record(record),
                "files": [str(file) for file in files],
                "queued": queued,
            }
        )
    else:
        colour = _COLOURS[Verdict(record.outcome)]
        print(coloured(pick(OUTCOMES[record.outcome], lang.current()), colour))
        for file in files:
            print(f"  {file}")
        print(say("  chờ gửi lên trung tâm: quanho site records send", "  waits for the registry: quanho site records send"))
    return 1 if record.outcome == "failed" else 0


def _findings(config: AgentConfig, arguments: argparse.Namespace, method: str) -> tuple[list[Finding], dict[str, Any]]:
    """Return what was found, check by check, told as it comes; and the agent's last status."""
    findings, status = _first_looks(config, arguments.wait)
    _tell(findings, as_json=arguments.json)
    more = [buffer_finding(config, method, arguments.outage) if method else Finding("buffer", "buffer-skipped", Verdict.NOT_DONE)]
    _tell(more, as_json=arguments.json)
    last = [Finding("alarm", "alarm-not-offered", Verdict.NOT_DONE), _place(arguments)]
    _tell(last, as_json=arguments.json)
    return [*findings, *more, *last], status


def _method(arguments: argparse.Namespace) -> str:
    """Return how the plug is pulled: "cable", "agent" or "" for not at all. Raises ConfigError."""
    chosen = arguments.plug or ("hand" if sys.stdin and sys.stdin.isatty() else "agent")
    if chosen == "agent" and arguments.outage > _AGENT_OUTAGE_S:
        text = say(
            "tác tử tự giữ đường lên tối đa 5 phút; lâu hơn thì --plug hand",
            "the agent holds back for 5 minutes at most; longer: --plug hand",
        )
        raise ConfigError([Problem("--outage", "", text)])
    return {"hand": "cable", "agent": "agent", "skip": ""}[chosen]


def _first_looks(config: AgentConfig, wait_s: float) -> tuple[list[Finding], dict[str, Any]]:
    """Look until nothing fails or the time is up. Raises TransientError when no agent answers."""
    end_s = time.monotonic() + wait_s
    while True:
        status = ask(config.control_socket, {"command": "status"}, _TIMEOUT_S)
        values = ask(config.control_socket, {"command": "values"}, _TIMEOUT_S)["values"]
        findings = [*value_findings(status, values), clock_finding(status), uplink_finding(status)]
        if is_ready(findings) or time.monotonic() >= end_s:
            return findings, status
        time.sleep(0.5)


def _place(arguments: argparse.Namespace) -> Finding:
    if arguments.lat is None:
        return Finding("place", "place-not-given", Verdict.NOT_DONE)
    return Finding("place", "place-given", Verdict.PASSED, {"lat": f"{arguments.lat:.6f}", "lon": f"{arguments.lon:.6f}"})


def _record(arguments: argparse.Namespace, findings: list[Finding], status: dict[str, Any], photo: Photo | None) -> SiteCheckRecord:
    is_trusted = bool(status["clock"]["is_trusted"])
    host: ClockState = "unsynchronised" if kernel_error_ns() is None else "unknown"
    name = arguments.technician or _login()
    return SiteCheckRecord(
        id=secrets.token_hex(16),
        at=datetime.now(UTC).astimezone(),
        clock="synchronised" if is_trusted and abs(status["clock"]["host_ahead_s"] or 0.0) < 1.0 else host,
        technician=one_line(name)[:200],
        computer=platform.node()[:200],
        site=status["site"],
        gateway=status["gateway"],
        software=own_version(),
        outcome=overall(findings).value,
        findings=tuple(Found(check=one.check, code=one.code, verdict=one.verdict.value, facts=_short(one)) for one in findings),
        latitude=None if arguments.lat is None else f"{arguments.lat:.6f}",
        longitude=None if arguments.lon is None else f"{arguments.lon:.6f}",
        photo=photo,
        note=one_line(arguments.note),
    )


def _short(finding: Finding) -> dict[str, str | int]:
    return {name: value if isinstance(value, int) else one_line(value)[:1000] for name, value in finding.facts.items()}


def _write(folder: Path, record: SiteCheckRecord, data: bytes, sheet: Sheet, photo: bytes | None) -> list[Path]:
    """Write the files of the record and return them. Without the font there is no PDF, which is said."""
    stem = f"site-check-{record.gateway}-{record.at:%Y%m%d-%H%M}-{record.id[:8]}"
    files = {".json": data, ".html": page(sheet, data, record.id, photo).encode()}
    try:
        from quanho.site_pdf import pdf

        files[".pdf"] = pdf(sheet, record.id, photo)
    except FontMissing as missing:
        print(say(f"không có PDF, chỉ có HTML: {missing}", f"no PDF, only HTML: {missing}"), file=sys.stderr)
    for suffix, content in files.items():
        replace_file(folder / f"{stem}{suffix}", content, 0o644)
    return [folder / f"{stem}{suffix}" for suffix in files]


def _tell(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        return
    before = ""
    for finding in sorted(findings, key=lambda one: CHECKS.index(one.check)):
        name = "" if finding.check == before else pick(NAMES[finding.check], lang.current())
        word = coloured(f"{pick(VERDICTS[finding.verdict.value], lang.current()):<9}", _COLOURS[finding.verdict])
        print(f"{name:<14} {word} {text_of(finding.code, finding.facts, lang.current())}", flush=True)
        before = finding.check


def _key(arguments: argparse.Namespace) -> SigningKey:
    folder = technician_folder()
    try:
        key, is_new = technician_key(folder, new_passphrase(arguments.passphrase_file, asks=False))
    except PassphraseNeeded:
        from quanho.passphrase import key_of

        return key_of(folder / "technician.key", arguments.passphrase_file)
    if is_new:
        print(
            say(f"đã tạo khóa ký của bạn: {folder} (id {key.public.id})", f"made your signing key: {folder} (id {key.public.id})"),
            file=sys.stderr,
        )
    return key


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return str(os.getuid())


def own_version() -> str:
    """Return the version that stands on the page, "0" where it runs without having been installed."""
    return installed_version() or "0"
