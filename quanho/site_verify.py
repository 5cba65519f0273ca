"""`quanho site verify`: the signature of a record, and whether the page around it still shows what was signed."""

import hashlib
import sys
from pathlib import Path

from firmware_bridge.bundle.keys import read_public_key
from firmware_bridge.records.signed import RecordRefused, SignedRecord, verify
from firmware_bridge.records.site_check import SiteCheckRecord, site_check_of
from quanho import lang
from quanho.lang import say
from quanho.records_report import refuse_record
from quanho.report import coloured, print_json
from quanho.site_check import own_version
from quanho.site_page import page, parts_of
from quanho.site_sheet import sheet_of
from quanho.site_words import OUTCOMES, pick
from telemetry.errors import ConfigError, Problem
from telemetry.said import said

_FILE_BYTES = 16 << 20
_EXIT_OTHER_KEY = 6


def verify_file(path: Path, key: Path | None, *, as_json: bool) -> int:
    """Verify a record or page and return the exit code."""
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError([Problem(str(path), "", str(error.strerror))]) from error
    try:
        signed, record, remark = _verified(data)
    except RecordRefused as refused:
        return refuse_record(refused, path, as_json=as_json)
    if key is not None and read_public_key(key) != signed.key:
        print(
            say(f"chữ ký đúng, nhưng của khóa khác ({signed.key.id})", f"the signature is right, but of another key ({signed.key.id})"),
            file=sys.stderr,
        )
        return _EXIT_OTHER_KEY
    if as_json:
        print_json({"ok": True, "key_id": signed.key.id, "outcome": record.outcome, "record": dict(signed.record), "remark": remark})
        return 0
    print(coloured(say("ĐÚNG", "RIGHT"), "good"), say(f"{path}: chữ ký của khóa {signed.key.id}", f"{path}: signed by key {signed.key.id}"))
    outcome = pick(OUTCOMES[record.outcome], lang.current())
    print(f"  {record.site} / {record.gateway}, {record.at.isoformat(sep=' ')}, {record.technician}: {outcome}")
    if remark:
        print("  " + remark)
    return 0


def _verified(data: bytes) -> tuple[SignedRecord, SiteCheckRecord, str]:
    """Return the record of a file, and a remark where the page around it could not be compared. Raises RecordRefused."""
    if len(data) > _FILE_BYTES:
        raise RecordRefused(said(f"quá {_FILE_BYTES >> 20} MiB, không phải bản ghi", f"more than {_FILE_BYTES >> 20} MiB are no record"))
    if data.lstrip()[:1] == b"{":
        signed = verify(data)
        return signed, site_check_of(signed), ""
    html = data.decode("utf-8", "replace")
    parts = parts_of(html)
    if parts is None:
        raise RecordRefused(
            said(
                "không phải bản ghi (JSON), cũng không phải trang có bản ghi (HTML); với PDF hãy kiểm tệp .json bên cạnh",
                "neither a record (JSON) nor a page with one (HTML); of a PDF verify the .json beside it",
            )
        )
    raw, photo, language = parts
    signed = verify(raw)
    record = site_check_of(signed)
    found = hashlib.sha256(photo).hexdigest() if photo is not None else None
    if found != (record.photo.sha256 if record.photo else None):
        raise RecordRefused(said("ảnh chụp trên trang không phải ảnh đã ký", "the photo on the page is not the one that was signed"))
    if page(sheet_of(record, signed.key, language), raw, record.id, photo) == html:
        return signed, record, ""
    if record.software == own_version():
        raise RecordRefused(
            said(
                "bản ghi bên trong đúng, nhưng trang bao quanh đã bị sửa: đừng tin những gì nó hiện ra",
                "the record inside is right, but the page around it was changed: do not believe what it shows",
            )
        )
    remark = say(
        f"trang do quanho {record.software} tạo, không so được; chỉ tin nội dung trong lệnh này",
        f"the page was made by quanho {record.software} and cannot be compared; believe only what is said here",
    )
    return signed, record, remark
