"""What stands on the page of a site check, before it becomes HTML or PDF: the same rows in the same words on both."""

from dataclasses import dataclass

from firmware_bridge.bundle.keys import PublicKey
from firmware_bridge.records.site_check import SiteCheckRecord
from quanho.lang import Language
from quanho.site_words import CHECKS, OUTCOMES, VERDICTS, pick, text_of

_LINE_LETTERS, _MOST_LETTERS = 66, 260
_LINES, _LINES_WITH_PHOTO = 27.0, 19.0  # of rows and note on one A4 page


@dataclass(frozen=True, slots=True)
class Row:
    """One finding: its check (empty where it is that of the row before), verdict code and word, and text."""

    check: str
    verdict: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page in one language. `facts` are label and value."""

    language: Language
    title: str
    outcome: str
    outcome_code: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    note: str
    photo_label: str
    signature_labels: tuple[str, str]
    footer: tuple[str, ...]


def sheet_of(record: SiteCheckRecord, key: PublicKey, language: Language) -> Sheet:
    """Return what stands on the page."""

    def say(vi: str, en: str) -> str:
        return vi if language == "vi" else en

    at = record.at.strftime("%d/%m/%Y %H:%M:%S %z" if language == "vi" else "%Y-%m-%d %H:%M:%S %z")
    clock = {
        "synchronised": "",
        "unsynchronised": say(" (đồng hồ chưa đồng bộ)", " (clock not synchronised)"),
        "unknown": say(" (không rõ đồng hồ có đúng)", " (nobody knows whether the clock is right)"),
    }[record.clock]
    facts = [
        (say("Điểm đo", "Site"), record.site),
        ("Gateway", record.gateway + (f" ({record.computer})" if record.computer != record.gateway else "")),
        (say("Thời điểm", "Time"), at + clock),
        (say("Kỹ thuật viên", "Technician"), record.technician),
        (say("Phần mềm", "Software"), f"quanho {record.software}"),
    ]
    return Sheet(
        language,
        say("Biên bản nghiệm thu điểm đo", "Site acceptance record"),
        pick(OUTCOMES[record.outcome], language),
        record.outcome,
        tuple(facts),
        _rows(record, language),
        record.note,
        say("Ảnh hiện trường", "Photo"),
        (say("Kỹ thuật viên ký", "Technician's signature"), say("Bên nhận ký", "Received by")),
        (
            say(f"Mã biên bản {record.id}", f"Record {record.id}"),
            say(f"Ký số Ed25519, khóa {key.id}", f"Signed with Ed25519, key {key.id}"),
            say("Kiểm tra: quanho site verify TỆP.html", "To verify: quanho site verify FILE.html"),
        ),
    )


def _rows(record: SiteCheckRecord, language: Language) -> tuple[Row, ...]:
    """Return the rows, of the values as many as there is room for, failures first: the record has them all."""
    texts = {id(finding): _shortened(text_of(finding.code, finding.facts, language)) for finding in record.findings}
    room = (_LINES_WITH_PHOTO if record.photo else _LINES) - _lines(record.note)
    room -= sum(_lines(texts[id(finding)]) for finding in record.findings if finding.check != "values")
    kept: set[int] = set()
    values = [finding for finding in record.findings if finding.check == "values"]
    for finding in sorted(values, key=lambda one: ("failed", "remark", "passed", "not-done").index(one.verdict)):
        room -= _lines(texts[id(finding)])
        if room >= 1 or not kept:
            kept.add(id(finding))
    left_out = len(values) - len(kept)
    rows: list[Row] = []
    before = ""
    for finding in record.findings:
        if finding.check == "values" and id(finding) not in kept:
            continue
        if before == "values" != finding.check and left_out:
            rows.append(_more(left_out, language))
        name = "" if finding.check == before else pick(CHECKS.get(finding.check, (finding.check,) * 2), language)
        rows.append(Row(name, finding.verdict, pick(VERDICTS[finding.verdict], language), texts[id(finding)]))
        before = finding.check
    return (*rows, _more(left_out, language)) if before == "values" and left_out else tuple(rows)


def _more(count: int, language: Language) -> Row:
    return Row("", "not-done", "", text_of("more-values", {"count": count}, language))


def _lines(text: str) -> float:
    """Return about how many lines of the page a row takes, with the space around it."""
    return (len(text) + _LINE_LETTERS - 1) // _LINE_LETTERS + 0.6 if text else 0.0


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"
