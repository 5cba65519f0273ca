"""How we know again what we made, and whether somebody changed it since.

| what | where the mark is | what it says |
|---|---|---|
| dashboard | message of its newest version, `quanho sha256:<64 hex> after:<version before>` | what was sent |
| alert rule | annotation `__quanho__`, `sha256:<64 hex>[ kept:<64 hex>]` | what was sent; what was read back, where that is another |
| data source | `jsonData.quanhoSha256` | what was sent, without secrets |
| notification policy | a last child that matches no alert, `quanho = sha256:<64 hex>` | what was sent |

A dashboard saved by hand gets a version with another message. Should a save carry our message along, then the two newest versions have the
same one, which two of ours never have: the version before differs. Grafana keeps annotations of the form `__name__` out of notifications
(`removePrivateItems` in grafana/alerting, templates/template_data.go). Contact points have no place for a mark.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from dashboards.model.json import Json

PREFIX = "quanho-"
ANNOTATION = "__quanho__"
DATASOURCE_KEY = "quanhoSha256"
_MESSAGE = re.compile(r"quanho sha256:([0-9a-f]{64}) after:(\d+)")
_RULE = re.compile(r"sha256:([0-9a-f]{64})(?: kept:([0-9a-f]{64}))?")


class RuleMark(NamedTuple):
    """Digests of a rule's normal form: as it was sent, and as Grafana gave it back."""

    sent: str
    kept: str

    def __str__(self) -> str:
        return f"sha256:{self.sent}" + (f" kept:{self.kept}" if self.kept != self.sent else "")


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_ours(uid: object) -> bool:
    """Tell whether a uid is one of ours."""
    return isinstance(uid, str) and uid.startswith(PREFIX)


def message(sent: str, after: int) -> str:
    """Return the message of a dashboard's version: the digest of what is sent, and the version that it follows."""
    return f"quanho sha256:{sent} after:{after}"


def sent_digest(versions: Sequence[Json]) -> str | None:
    """Return the digest of what we sent last, None when somebody saved the dashboard after us; `versions` begin with the newest."""
    messages = [str(version.get("message", "")) for version in versions[:2]]
    found = _MESSAGE.fullmatch(messages[0]) if messages else None
    if found is None or messages[1:] == messages[:1]:
        return None
    return found[1]


def rule_mark(rule: Json) -> RuleMark | None:
    """Return the mark of an alert rule, None when it has none."""
    annotations = rule.get("annotations")
    found = _RULE.fullmatch(str(annotations.get(ANNOTATION, ""))) if isinstance(annotations, dict) else None
    return RuleMark(found[1], found[2] or found[1]) if found else None
