"""The page of a site check as one self-contained HTML file: it prints on one A4 page and carries the signed record inside.

Same record, photo and language give the same bytes, so a page that was edited is noticed (quanho/site_verify.py).
"""

import base64
import json
import re
from html import escape
from string import Template

import segno

from firmware_bridge.print.fonts import FAMILY
from firmware_bridge.records.label import qr_link
from quanho.lang import Language
from quanho.site_sheet import Row, Sheet

_COLOURS = {"passed": "#1a7f37", "remark": "#9a6700", "failed": "#b42318", "not-done": "#57606a"}
_RECORD = re.compile(r'<script type="application/json" id="record">(.*?)</script>', re.DOTALL)
_PHOTO = re.compile(r'<img class="photo" alt="[^"]*" src="data:image/jpeg;base64,([A-Za-z0-9+/=]+)">')
_LANGUAGE = re.compile(r'<html lang="(vi|en)">')

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title – $place</title>
<style>
@page { size: A4; margin: 0 }
* { box-sizing: border-box }
body { margin: 0; background: #eee; color: #1f2328; font: 10.5pt/1.4 $family }
main { width: 210mm; min-height: 296mm; margin: 0 auto; padding: 15mm 16mm; background: #fff; display: flex; flex-direction: column }
header { display: flex; justify-content: space-between; gap: 8mm; border-bottom: 0.6mm solid #1f2328; padding-bottom: 4mm }
h1 { font-size: 17pt; margin: 0 0 2mm }
.outcome { display: inline-block; padding: 1mm 4mm; border: 0.5mm solid currentColor; border-radius: 1.5mm; font-weight: bold }
.qr { width: 26mm; height: 26mm; flex: none }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1mm 5mm; margin: 5mm 0 }
dt { color: #57606a } dd { margin: 0; font-weight: bold; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse }
td { border-top: 0.2mm solid #d0d7de; padding: 1.6mm 2mm 1.6mm 0; vertical-align: top; overflow-wrap: anywhere }
td.check { white-space: nowrap; font-weight: bold } td.verdict { white-space: nowrap; font-weight: bold; width: 1%; padding-right: 5mm }
td.check { padding-right: 5mm; width: 1% }
.note { margin: 4mm 0 0; padding: 2mm 3mm; background: #f6f8fa; overflow-wrap: anywhere }
figure { margin: 4mm 0 0; flex: 1 1 0; min-height: 30mm; max-height: 78mm; display: flex; flex-direction: column }
figcaption { color: #57606a; margin-bottom: 1mm }
.photo { min-height: 0; max-width: 100%; max-height: 70mm; object-fit: contain; object-position: left top }
header, dl, table, .note, .signatures, footer { flex: none }
.signatures { display: grid; grid-template-columns: 1fr 1fr; gap: 12mm; margin-top: auto; padding-top: 6mm }
.signatures div { border-top: 0.2mm solid #1f2328; padding-top: 1mm; margin-top: 16mm; color: #57606a; text-align: center }
footer { margin-top: 5mm; color: #57606a; font-size: 8pt; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 1mm 4mm }
@media print { body { background: #fff } main { height: 296mm; overflow: hidden } }
@media screen and (max-width: 210mm) { main { width: auto; padding: 5mm } figure { flex: none } td.check { white-space: normal } }
</style>
</head>
<body>
<main>
<header><div><h1>$title</h1><span class="outcome" style="color:$colour">$outcome</span></div>$qr</header>
<dl>
$facts
</dl>
<table>
$rows
</table>
$extras
<div class="signatures">$signatures</div>
<footer>$footer</footer>
</main>
<script type="application/json" id="record">$record</script>
</body>
</html>
""")


def page(sheet: Sheet, record: bytes, record_id: str, photo: bytes | None) -> str:
    """Return the HTML file; `record` is the signed record, `photo` a JPEG."""
    place = next((value for _, value in sheet.facts), "")
    return _PAGE.substitute(
        language=sheet.language,
        family=FAMILY,
        title=escape(sheet.title),
        place=escape(place),
        outcome=escape(sheet.outcome),
        colour=_COLOURS[sheet.outcome_code],
        qr=_qr(record_id),
        facts="\n".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in sheet.facts),
        rows="\n".join(map(_row, sheet.rows)),
        extras="\n".join(filter(None, (_note(sheet.note), _figure(sheet.photo_label, photo)))),
        signatures="".join(f"<div>{escape(label)}</div>" for label in sheet.signature_labels),
        footer="".join(f"<span>{escape(text)}</span>" for text in sheet.footer),
        record=_embedded(record),
    )


def parts_of(html: str) -> tuple[bytes, bytes | None, Language] | None:
    """Return record, photo and language of a page, None where it is no page of ours."""
    record, language = _RECORD.search(html), _LANGUAGE.search(html)
    if record is None or language is None:
        return None
    photo = _PHOTO.search(html)
    try:
        return record[1].encode(), base64.b64decode(photo[1], validate=True) if photo else None, "vi" if language[1] == "vi" else "en"
    except ValueError:
        return None


def _embedded(record: bytes) -> str:
    """Return the record as JSON that cannot end the element it stands in."""
    return json.dumps(json.loads(record), ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


def _row(row: Row) -> str:
    verdict = f'<td class="verdict" style="color:{_COLOURS[row.verdict]}">{escape(row.word)}</td>'
    return f'<tr><td class="check">{escape(row.check)}</td>{verdict}<td>{escape(row.text)}</td></tr>'


def _note(note: str) -> str:
    return f'<p class="note">{escape(note)}</p>' if note else ""


def _figure(label: str, photo: bytes | None) -> str:
    if photo is None:
        return ""
    source = f"data:image/jpeg;base64,{base64.b64encode(photo).decode()}"
    name = escape(label)
    return f'<figure><figcaption>{name}</figcaption><img class="photo" alt="{name}" src="{source}"></figure>'


def _qr(record_id: str) -> str:
    return str(segno.make(qr_link("r", record_id), error="m", micro=False).svg_inline(border=0, svgclass="qr", omitsize=True))
