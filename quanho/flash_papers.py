"""What is made of a board that is proven: label, signed installation record, a place in the outbox.

Each is made once, however often it is asked for.
"""

import argparse
import getpass
import os
import socket
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import ValidationError

from firmware_bridge.bundle.keys import KeyProblem, SigningKey
from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.job import Outcome, Papers
from firmware_bridge.flash.journal import ReadingSeen
from firmware_bridge.records import signed
from firmware_bridge.records.installation import ClockState, Firmware, FirstReading, InstallationRecord, one_line, record_of, value_of
from firmware_bridge.records.queue import Outbox, OutboxProblem
from firmware_bridge.records.technician import NoPlaceForKey, technician_key
from quanho.passphrase import key_of
from quanho.technician_place import outbox, technician_folder
from quanho.trust_place import now
from runtime.config import read_secret
from runtime.durable_file import replace_file
from runtime.kernel_clock import kernel_error_ns
from telemetry.errors import QuanhoError
from telemetry.said import as_is, named, reason_of, said

_LABEL_MODE = 0o644
_RECORD_MODE = 0o600
_NAMES = {"svg", "png"}


def papers_of(arguments: argparse.Namespace) -> Papers:
    """Return the makers of what the command line asks for. The key is read now: nobody wants to be asked for a passphrase in the middle."""
    has_record = wants_record(arguments)
    key = make_key(arguments) if has_record else None
    papers = Papers()
    if arguments.label:
        path = Path(str(arguments.label).replace("{device}", arguments.device))
        papers = Papers(label=partial(write_label, path=path), is_label_there=path.exists, label_file=path)
    if key is None:
        return papers
    box = outbox(arguments.outbox)
    return replace(
        papers,
        record=lambda outcome: write_record(outcome, key, arguments.technician, arguments.note),
        queue=lambda outcome: _put(outcome, box),
    )


def wants_record(arguments: argparse.Namespace) -> bool:
    """A record is of a device at a site; without names there is nothing to record."""
    return bool(arguments.device) and not arguments.no_record


def write_label(outcome: Outcome, path: Path) -> None:
    """Write the label of the device. RECORD_FAILED where it cannot be."""
    from firmware_bridge.print.fonts import measure_or_estimate
    from firmware_bridge.records.label import SIZES, LabelContent, lay_out

    manifest = outcome.order.bundle.manifest
    wish = outcome.order.wish
    content = LabelContent(wish.device, wish.site, outcome.state.unique_id, manifest.firmware, manifest.version)
    try:
        label = lay_out(content, *SIZES["62"], measure_or_estimate())
        if path.suffix.lower() == ".png":
            from firmware_bridge.records.label_png import png

            drawn = png(label)
        else:
            from firmware_bridge.records.label_svg import svg

            drawn = svg(label).encode()
        path.parent.mkdir(exist_ok=True)  # not its parents: a stick that is not mounted is no folder to be made
        replace_file(path, drawn, _LABEL_MODE)
    except OSError as error:
        raise FlashError(Cause.RECORD_FAILED, as_is(f"{path}: {error.strerror}")) from error
    except QuanhoError as error:
        raise FlashError(Cause.RECORD_FAILED, named(f"{path}: ", reason_of(error))) from error


def write_record(outcome: Outcome, key: SigningKey, technician: str, note: str) -> str:
    """Write the signed record beside the journal and return its path. RECORD_FAILED where it cannot be."""
    path = record_path(outcome)
    if path.exists():
        return str(path)
    try:
        data = signed.sign(record_of(_record(outcome, technician, note)), key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, data, _RECORD_MODE)
    except (ValidationError, signed.RecordRefused) as error:
        why = reason_of(error)
        reason = said(f"không lập được biên bản: {why.vi}", f"the record cannot be written: {why}")
        raise FlashError(Cause.RECORD_FAILED, reason) from error
    except OSError as error:
        raise FlashError(Cause.RECORD_FAILED, as_is(f"{path}: {error.strerror}")) from error
    return str(path)


def record_path(outcome: Outcome) -> Path:
    return outcome.order.folder / "records" / f"{outcome.state.record_id}.json"


def _put(outcome: Outcome, box: Outbox) -> None:
    try:
        box.put(record_path(outcome).read_bytes())
    except OSError as error:
        raise FlashError(Cause.RECORD_FAILED, as_is(f"{record_path(outcome)}: {error.strerror}")) from error
    except (OutboxProblem, signed.RecordRefused) as error:
        raise FlashError(Cause.RECORD_FAILED, reason_of(error)) from error


def _record(outcome: Outcome, technician: str, note: str) -> InstallationRecord:
    order, state = outcome.order, outcome.state
    manifest = order.bundle.manifest
    proof = "" if order.wish.reading == "link" else f"first reading: {order.wish.reading}"
    return InstallationRecord(
        id=state.record_id,
        at=now(),
        clock=_clock(),
        technician=one_line(technician or _user()),
        computer=socket.gethostname(),
        board=manifest.board,
        chip=one_line(state.chip or manifest.chip),
        uid="" if state.unique_id == state.mac else state.unique_id,
        mac=state.mac,
        firmware=Firmware(
            name=manifest.firmware,
            version=manifest.version,
            bundle_sha256=order.bundle.sha256,
            key_id=order.bundle.key_id,
            previous=one_line(state.previous) or None,
        ),
        device=order.wish.device,
        site=order.wish.site,
        first_reading=_first(state.readings, outcome),
        tools={"quanho": _version("quanho"), **({"esptool": _version("esptool")} if order.target.back_end == "esptool" else {})},
        note=one_line("; ".join(filter(None, (note, proof))))[:500],
    )


def _first(readings: tuple[ReadingSeen, ...], outcome: Outcome) -> FirstReading | None:
    """Return the first set's reading: a record has room for one."""
    for reading in readings:
        units = _units(outcome, reading.measurement)
        values = tuple(value_of(name, value, units.get(name, "")) for name, value in reading.values.items() if not isinstance(value, str))
        if values:
            at = outcome.state.read_at or outcome.state.started_at
            return FirstReading(measurement=reading.measurement, at=at, values=values, is_plausible=True)
    return None


def _units(outcome: Outcome, measurement: str) -> dict[str, str]:
    sensors = outcome.order.bundle.manifest.sensors
    return {field.name: field.unit for sensor in sensors if sensor.measurement == measurement for field in sensor.fields}


def make_key(arguments: argparse.Namespace) -> SigningKey:
    """Return the key that signs records; the technician's own is made at its first use. RECORD_FAILED where it cannot be used."""
    try:
        if arguments.key:
            return key_of(arguments.key, arguments.passphrase_file)
        passphrase = read_secret(arguments.passphrase_file).encode() if arguments.passphrase_file else None
        return technician_key(technician_folder(), passphrase)[0]
    except (KeyProblem, NoPlaceForKey) as error:
        raise FlashError(Cause.RECORD_FAILED, reason_of(error)) from error


def _clock() -> ClockState:
    return "synchronised" if kernel_error_ns() is not None else "unsynchronised"


def _user() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"


def label_problem(path: Path | None) -> str:
    """Return why no label can have this name, "" if one can."""
    if path is None or path.suffix.lower().lstrip(".") in _NAMES:
        return ""
    return f"{path}: .svg or .png"
