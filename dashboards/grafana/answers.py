"""What an answer of Grafana means, whatever it looks like: our errors, and whether to try again. Pure.

Bodies of errors are an object with "message" (most of /api), with "message" and "messageId" (alerting), a list of objects or texts
(validation), a bare text, the HTML page of a proxy in front, or nothing. Grafana's `pkg/api/response` and `pkg/apimachinery/errutil`.

| answer | error |
|---|---|
| 401 | ConfigError: the token or the password |
| 403 | Forbidden, a RejectedError that names the permission |
| 409, 412 | Outdated, a RejectedError: somebody else changed it meanwhile, or the name is taken |
| other 4xx | RejectedError |
| 429, 5xx | TransientError |
| 3xx | ConfigError: we follow no redirect, because the token would go along |
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from telemetry.errors import ConfigError, Problem, QuanhoError, RejectedError, TransientError
from telemetry.said import said, vi_of

RETRIED = frozenset({429, 502, 503, 504})
_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})  # RFC 9110, section 9.2.2
_SHOWN_CHARACTERS = 300
_TAGS = re.compile(r"(?is)<(script|style).*?</\1>|<[^>]*>")


class Forbidden(RejectedError):
    """Grafana knows who we are, and we may not do this. `needs` is the permission."""

    def __init__(self, reason: str, needs: str) -> None:
        super().__init__(reason)
        self.needs = needs


class Outdated(RejectedError):
    """What we know of Grafana is no longer so: plan again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and the body as JSON; None where the body was empty."""

    status: int
    body: Any = None


def may_repeat(method: str, *, once: bool) -> bool:
    """Tell whether a request can be sent again when nobody knows what became of it."""
    return method in _IDEMPOTENT and not once


def parsed(content: bytes) -> Any:
    """Return the body as JSON, None when it is empty. Raises ValueError when it is something else."""
    return json.loads(content) if content.strip() else None


def words(content: bytes, hidden: Iterable[str] = ()) -> str:
    """Return what the body of an error says, on one line and not long, whatever its form; without what is `hidden`."""
    text = content.decode("utf-8", "replace")
    try:
        text = _said(json.loads(text)) if text.strip() else ""
    except (ValueError, RecursionError):
        text = unescape(_TAGS.sub(" ", text))
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _said(body: Any) -> str:
    if isinstance(body, dict):
        texts = [
            each.get(key) for each in (body, body.get("body")) if isinstance(each, dict) for key in ("message", "error", "msg", "detail")
        ]
        return next((text for text in texts if isinstance(text, str) and text), json.dumps(body, ensure_ascii=False))
    if isinstance(body, list):
        return "; ".join(_said(each) for each in body[:5])
    return str(body)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: `what` names the thing in words, `needs` the permission, `identity` the file of the token or the user;
    `hidden` are secrets that an answer might repeat."""

    what: str
    needs: str
    identity: str
    url: str
    hidden: frozenset[str] = frozenset()


def error_of(asked: Asked, status: int, content: bytes, location: str = "", retry_after_s: float | None = None) -> QuanhoError:
    """Return the error for a status outside 200 to 299."""
    text = words(content, asked.hidden)
    what_vi = vi_of(asked.what)
    told = f": {text}" if text else ""
    if 300 <= status < 400:
        return ConfigError([Problem(asked.url, "", _redirected(location))])
    if status == 401:
        return ConfigError([Problem(asked.identity, "", said(*_UNKNOWN))])
    if status == 403:
        needs = asked.needs or "?"
        return Forbidden(
            said(
                f"{what_vi}: không được phép{told}; tài khoản cần quyền {needs}",
                f"{asked.what}: not permitted{told}; the account needs the permission {needs}",
            ),
            needs,
        )
    if status in (409, 412):
        return Outdated(
            said(
                f"{what_vi}: đã bị người khác thay đổi, hoặc tên đã có ({status}{told}); chạy lại để xem khác biệt mới",
                f"{asked.what}: changed meanwhile, or the name is taken ({status}{told}); run again to see the new differences",
            )
        )
    if status == 429 or status >= 500:
        return TransientError(
            said(
                f"{what_vi}: Grafana trả lời {status}{told}; chạy lại sau",
                f"{asked.what}: Grafana answered {status}{told}; run again later",
            ),
            retry_after_s,
        )
    return RejectedError(
        said(f"{what_vi}: Grafana từ chối ({status}){told}", f"{asked.what}: Grafana refuses it ({status}){told}"),
    )


_UNKNOWN = (
    "Grafana không nhận token hay mật khẩu này: nó sai, hết hạn, hoặc của một Grafana khác; tạo token mới cho tài khoản dịch vụ",
    "Grafana does not take this token or password: it is wrong, expired, or of another Grafana; make a new token of a service account",
)


def _redirected(location: str) -> str:
    parts = urlsplit(location)
    to = f"{parts.scheme}://{parts.hostname}" if parts.hostname else parts.path[:100]
    return said(
        f"chuyển hướng đến {to or '?'}; token không được gửi theo: cho --url địa chỉ cuối cùng của Grafana",
        f"redirects to {to or '?'}; the token is not sent along: give --url the address where Grafana really is",
    )
