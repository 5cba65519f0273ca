"""What to do with the answer to a write: pure, from the HTTP status, headers and body alone.

| answer | action |
|---|---|
| 204 | ACCEPT |
| another 2xx | RETRY: a write is answered 204 by every server; a 200 is the login page of a mobile network |
| 400, 422 | SET_ASIDE when the words name the bad lines, else SPLIT; HOLD when they name our settings |
| 413 | SPLIT |
| 401, 402, 403, 404, 405 and other 4xx | HOLD: alarm, try slowly, drop nothing |
| 408, 425, 429, 503 | RETRY, no sooner than Retry-After |
| 500 and other 5xx | RETRY, after six in a row HOLD (InfluxDB 1.x answers 500 when the retention policy is missing) |
| 3xx, no answer, an answer that breaks off | RETRY |
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from runtime.influx_causes import Cause, find_cause

MAX_RETRY_AFTER_S = 900.0
SERVER_ERRORS_BEFORE_HOLD = 6
_MAX_WORDS = 1000
_WAIT = {408: "timeout", 425: "too-early", 429: "overloaded", 503: "overloaded"}
_HOLD = {401: "unauthorized", 402: "payment-required", 403: "forbidden", 404: "not-found", 405: "not-found"}
_OUR_SETTINGS = ("retention policy not found", "database is required", "database not found", "bucket not found", "invalid precision")


class Action(Enum):
    """What the queue does with the lines of a request."""

    ACCEPT = "accept"
    SPLIT = "split"
    SET_ASIDE = "set-aside"
    HOLD = "hold"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server, or the way to it, made of a request.

    `reason` is a short word for counters and logs, `words` the server's own (at most 1,000 characters), `status` the HTTP
    status or 0 without one. `cause` is there when `words` name the bad lines. `retry_after_s` is at most 900; add jitter.
    """

    action: Action
    reason: str
    retry_after_s: float | None = None
    words: str = ""
    status: int = 0
    cause: Cause | None = None


def judge(status: int, headers: Mapping[str, str], body: bytes, now: datetime, server_errors: int = 0) -> Answer:
    """Return what to do after an HTTP answer; `server_errors` counts the 5xx answers in a row before this one.

    `headers` must find names in any case (urllib3's do); `now` is aware and turns a date in Retry-After into seconds.
    """
    if status == 204:
        return Answer(Action.ACCEPT, "accepted", status=status)
    words, data = _read_body(body)
    words = words or headers.get("X-Influxdb-Error") or ""
    short = words[:_MAX_WORDS]
    if status in (400, 413, 422):
        return _judge_refusal(status, words, data)
    if status in _WAIT:
        return Answer(Action.RETRY, _WAIT[status], retry_after_s(headers.get("Retry-After"), now), short, status)
    if 400 <= status < 500:
        return Answer(Action.HOLD, _HOLD.get(status, "refused"), words=short, status=status)
    if status >= 500:
        is_lasting = server_errors >= SERVER_ERRORS_BEFORE_HOLD - 1 or _names_settings(words)
        wait_s = retry_after_s(headers.get("Retry-After"), now)
        return Answer(Action.HOLD if is_lasting else Action.RETRY, "server-error", wait_s, short, status)
    if 300 <= status < 400:
        target = headers.get("Location", "nowhere")[:_MAX_WORDS]
        return Answer(Action.RETRY, "redirected", words=f"to {target}; set the url to the server itself", status=status)
    return Answer(Action.RETRY, "not-influxdb", words=short, status=status)


def unreachable(reason: str, words: str) -> Answer:
    """Return the answer for a request that got none: `reason` is `connection`, `timeout`, `cut` or `tls`."""
    return Answer(Action.RETRY, reason, words=words[:_MAX_WORDS])


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for (RFC 9110 10.2.3: seconds or a date), 0 to 900; None when unreadable."""
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else (_aware(parsedate_to_datetime(value)) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _judge_refusal(status: int, words: str, data: object) -> Answer:
    short = words[:_MAX_WORDS]
    if status == 413:
        return Answer(Action.SPLIT, "too-large", words=short, status=status)
    if _names_settings(words):
        return Answer(Action.HOLD, "settings", words=short, status=status)
    cause = find_cause(words, data)
    return Answer(Action.SET_ASIDE if cause else Action.SPLIT, "refused", words=short, status=status, cause=cause)


def _names_settings(words: str) -> bool:
    return words.startswith(_OUR_SETTINGS)


def _read_body(body: bytes) -> tuple[str, object]:
    text = body.decode("utf-8", "replace").strip()
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return text, None
    if not isinstance(tree, dict):
        return text, None
    said = tree.get("error") or tree.get("message")
    return said if isinstance(said, str) else text, tree.get("data")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
