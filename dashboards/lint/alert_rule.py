"""An alert rule is whole: texts in each language, a runbook that is there, a severity, a condition that refers to what it asks."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from dashboards.house import DATASOURCE_UID
from dashboards.influxql.expand import variables_in
from dashboards.lint.finding import Finding, Place
from dashboards.lint.identity import MOST_UID
from dashboards.lint.walk import EXPRESSION, rule_queries
from dashboards.model.json import Json
from dashboards.words import LANGUAGES, Text

RULE = "alert-rule"
SEVERITIES = frozenset({"info", "warning", "critical"})
DOCS = Path(__file__).parents[2] / "docs"  # not there in an installed package: then runbooks are not looked for
_RUNBOOK = re.compile(r"runbooks/([\w.-]+\.md)(?:#([\w-]+))?")
_HEADING = re.compile(r"^#+\s+(.*?)\s*$", re.MULTILINE)
_ANCHOR = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")
_REF = re.compile(r"\$\{?(\w+)")


def check(rule: Json) -> Iterator[Finding]:
    place = Place(str(rule.get("uid") or "?"), str(rule.get("title", "")))
    for what, way_out in (*_of_identity(rule), *_of_words(rule), *_of_condition(rule)):
        yield Finding(RULE, place, what, way_out)
    for asked in rule_queries(rule):
        for name in sorted(variables_in(asked.text)):
            words = Text(f"dùng biến ${name}: cảnh báo không có biến", f"uses the variable ${name}: alert rules have none")
            yield Finding(RULE, asked.place, words, Text("viết giá trị", "write the value"))


def _of_identity(rule: Json) -> Iterator[tuple[Text, Text]]:
    uid = str(rule.get("uid") or "")
    if not 1 <= len(uid) <= MOST_UID:
        yield (
            Text(f"uid {uid!r} dài {len(uid)} ký tự", f"the uid {uid!r} has {len(uid)} characters"),
            Text(f"dùng từ 1 đến {MOST_UID} ký tự", f"use 1 to {MOST_UID} characters"),
        )
    if not rule.get("for"):
        yield Text("không có thời gian giữ (for)", "has no hold time (for)"), Text('đặt "for", ví dụ "5m"', 'set "for", "5m" for example')
    severity = rule.get("labels", {}).get("severity")
    if severity not in SEVERITIES:
        known = ", ".join(sorted(SEVERITIES))
        yield Text(f"nhãn severity: {severity}", f"its label severity is {severity}"), Text(f"dùng {known}", f"use one of {known}")


def _of_words(rule: Json) -> Iterator[tuple[Text, Text]]:
    annotations = {str(key): str(value).strip() for key, value in rule.get("annotations", {}).items()}
    for language in LANGUAGES:
        keys = (f"summary_{language}", *(("summary",) if language == LANGUAGES[0] else ()))  # what Grafana itself shows is Vietnamese
        if not any(annotations.get(key) for key in keys):
            yield (
                Text(f"không có lời bằng tiếng {language}", f"has no text in {language}"),
                Text(f"thêm annotation {keys[-1]}", f"add the annotation {keys[-1]}"),
            )
    url = annotations.get("runbook_url", "")
    way_out = Text("đặt annotation runbook_url tới docs/runbooks", "point the annotation runbook_url into docs/runbooks")
    if not url:
        yield Text("không có runbook", "has no runbook"), way_out
        return
    found = _RUNBOOK.search(url)
    if found is None:
        yield Text(f"runbook không nằm trong docs/runbooks: {url}", f"the runbook is not in docs/runbooks: {url}"), way_out
    elif DOCS.is_dir():
        file, anchor = DOCS / "runbooks" / found[1], found[2]
        if not file.is_file():
            yield Text(f"không có tệp {found[1]}", f"there is no {found[1]}"), way_out
        elif anchor and anchor not in anchors(file):
            yield Text(f"{found[1]} không có mục #{anchor}", f"{found[1]} has no section #{anchor}"), way_out


def _of_condition(rule: Json) -> Iterator[tuple[Text, Text]]:
    data = rule.get("data", [])
    refs = {str(part.get("refId")) for part in data}
    if str(rule.get("condition")) not in refs:
        words = Text(f"điều kiện {rule.get('condition')} không có trong data", f"the condition {rule.get('condition')} is none of its data")
        yield words, Text("sửa condition", "mend condition")
    for part in data:
        if part.get("datasourceUid") == EXPRESSION:
            expression = str(part.get("model", {}).get("expression", ""))
            used = set(_REF.findall(expression)) or {expression}
            for ref in sorted(used - refs):
                yield (
                    Text(f"{part.get('refId')} dựa vào {ref}, mà không có", f"{part.get('refId')} refers to {ref}, which is not there"),
                    Text("sửa refId", "mend the refId"),
                )
        elif part.get("datasourceUid") != DATASOURCE_UID:
            uid = part.get("datasourceUid")
            yield Text(f"nguồn dữ liệu {uid}", f"the data source is {uid}"), Text(f"dùng {DATASOURCE_UID}", f"use {DATASOURCE_UID}")


@lru_cache(maxsize=16)
def anchors(file: Path) -> frozenset[str]:
    """Return the anchors of a Markdown file: its headings as GitHub names them, and those written out."""
    text = file.read_text(encoding="utf-8")
    slugs = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text))
    return frozenset((*slugs, *_ANCHOR.findall(text)))
