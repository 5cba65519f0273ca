"""The way to Grafana's HTTP API: one `request` on top of grafana_api 1.0.3, which is imported here alone.

Of grafana_api its session, address and authentication are used (`api.s`, `api.url`, `api.auth`), and not its calls: they read an empty body
as an error after Grafana did the work, raise TypeError for a text page with "message" in it, quote nothing, and have neither query
parameters nor retries. What stands here instead:

- every part of a path is quoted; "." and ".." are refused, because the HTTP library would resolve them;
- no redirect is followed, since the token would go along;
- 429, 502, 503, 504 and broken connections are tried again for GET, PUT and DELETE, after `Retry-After` or a random pause, both capped;
- an answer has a size, and an end in time;
- every failure is one of `dashboards.grafana.answers`; no secret is in it.
"""

import contextlib
import json
import os
import re
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from grafana_api.grafana_face import GrafanaFace  # type: ignore[import-untyped]
from requests.utils import get_environ_proxies

from dashboards.grafana.answers import RETRIED, Answer, Asked, error_of, may_repeat, parsed
from dashboards.grafana.settings import GrafanaSettings
from runtime.backoff import Backoff, next_delay
from runtime.config import read_secret
from runtime.influx_answers import retry_after_s
from telemetry.errors import ConfigError, Problem, RejectedError, TransientError
from telemetry.said import said, vi_of

_BACKOFF = Backoff(1.0, 15.0)
_CHUNK_BYTES = 1 << 16
_WHOLE_ANSWER_S = 300.0  # a server that sends a byte a minute is never silent
_OPENSSL = re.compile(r"\[SSL[^\]]*\] ([^('\"]+)")
_LEAST_HIDDEN = 4  # shorter secrets would turn every word into stars


class Grafana:
    """A Grafana. The secret is read at once, and nothing is sent before the first request. `sleep` and `random` are given by tests."""

    def __init__(self, settings: GrafanaSettings, sleep: Callable[[float], None] = time.sleep, random: Random | None = None) -> None:
        self._settings = settings
        self._sleep = sleep
        self._random = random or Random()  # noqa: S311 (pauses)
        _check_files(settings)
        secret = _sendable(settings)
        self._api = _api(settings, secret)
        self._hidden = frozenset({secret})
        self._api.s.proxies.update(get_environ_proxies(settings.url))  # once, not at each request
        self._api.s.trust_env = False  # no password out of ~/.netrc
        if settings.cert_file:
            self._api.s.cert = (str(settings.cert_file), str(settings.key_file)) if settings.key_file else str(settings.cert_file)

    def __repr__(self) -> str:
        return f"Grafana({self._settings.url!r})"

    @property
    def url(self) -> str:
        return self._settings.url

    def hide(self, secrets: Iterable[str]) -> None:
        """Keep these out of errors as well, also where Grafana repeats them."""
        self._hidden |= {secret for secret in secrets if len(secret) >= _LEAST_HIDDEN}

    def close(self) -> None:
        """Close the connections."""
        self._api.s.close()

    def request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        what: str,
        needs: str = "",
        params: Mapping[str, str | int] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        once: bool = False,
    ) -> Answer:
        """Send a request below /api and return its answer; statuses in `accept` are answers too.

        `what` names the thing and `needs` the permission, for errors. With `once` it is not repeated. Raises ConfigError,
        RejectedError (Forbidden, Outdated) and TransientError.
        """
        settings = self._settings
        asked = Asked(what, needs, str(settings.token_file or settings.password_file), settings.url, self._hidden)
        url = f"{self._api.url}/{'/'.join(_quoted(part) for part in path)}"
        data = None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        sent = {"Accept": "application/json", "User-Agent": "quanho", **(headers or {})}
        if data is not None:
            sent["Content-Type"] = "application/json"
        for tried in range(1, settings.max_tries + 1):
            may_try_again = tried < settings.max_tries and may_repeat(method, once=once)
            try:
                status, content, said_headers = self._send(method, url, asked, params, data, sent)
            except TransientError:
                if not may_try_again:
                    raise
                self._pause(tried, None)
                continue
            if status in RETRIED and may_try_again:
                self._pause(tried, said_headers.get("Retry-After"))
                continue
            break
        if status in accept or 200 <= status < 300:
            return Answer(status, self._body(asked, status, content, is_needed=status < 300))
        wait = retry_after_s(said_headers.get("Retry-After"), datetime.now(UTC))
        raise error_of(asked, status, content, said_headers.get("Location", ""), wait)

    def _pause(self, tried: int, asked_for: str | None) -> None:
        wait = retry_after_s(asked_for, datetime.now(UTC))
        own = next_delay(_BACKOFF, tried, self._random)
        self._sleep(min(self._settings.max_wait_s, own if wait is None else wait))

    def _body(self, asked: Asked, status: int, content: bytes, *, is_needed: bool) -> Any:
        try:
            return parsed(content)
        except (ValueError, RecursionError) as error:
            if not is_needed:
                return None
            raise TransientError(
                said(
                    f"{vi_of(asked.what)}: câu trả lời {status} không phải JSON; {asked.url} có đúng là Grafana không?",
                    f"{asked.what}: the answer {status} is no JSON; is Grafana really at {asked.url}?",
                )
            ) from error

    def _send(
        self, method: str, url: str, asked: Asked, params: Mapping[str, str | int] | None, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        settings = self._settings
        verify: bool | str = str(settings.ca_file) if settings.ca_file and settings.verify else settings.verify
        try:
            with (
                _quiet(verify),
                self._api.s.request(
                    method,
                    url,
                    params=params,
                    data=data,
                    headers=headers,
                    auth=self._api.auth,
                    verify=verify,
                    timeout=(settings.connect_timeout_s, settings.read_timeout_s),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                return response.status_code, self._content(response, asked), response.headers
        except requests.exceptions.SSLError as error:
            raise ConfigError([Problem(asked.url, "", _tls_words(error))]) from None
        except (requests.exceptions.RequestException, OSError) as error:
            raise _broken(asked, method, error) from None

    def _content(self, response: requests.Response, asked: Asked) -> bytes:
        until = time.monotonic() + _WHOLE_ANSWER_S
        content = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            content += chunk
            if len(content) > self._settings.max_answer_bytes:
                raise RejectedError(
                    said(
                        f"{vi_of(asked.what)}: câu trả lời quá dài; {asked.url} có đúng là Grafana không?",
                        f"{asked.what}: the answer is too long; is Grafana really at {asked.url}?",
                    )
                )
            if time.monotonic() > until:
                raise TransientError(
                    said(
                        f"{vi_of(asked.what)}: câu trả lời không hết; chạy lại sau",
                        f"{asked.what}: the answer does not end; try later",
                    )
                )
        return bytes(content)


def _check_files(settings: GrafanaSettings) -> None:
    """Raise ConfigError for what the HTTP library would only miss in the middle of a request."""
    files = (settings.ca_file, settings.cert_file, settings.key_file)
    text = said("không phải tệp đọc được", "is no file that can be read")
    problems = [Problem(str(file), "", text) for file in files if file and not (file.is_file() and os.access(file, os.R_OK))]
    if problems:
        raise ConfigError(problems)


def _api(settings: GrafanaSettings, secret: str) -> Any:
    parts = urlsplit(settings.url)
    host = f"[{parts.hostname}]" if ":" in f"{parts.hostname}" else parts.hostname
    prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
    identity = (settings.user.encode(), secret.encode()) if settings.user else secret
    return GrafanaFace(identity, host=host, port=parts.port, url_path_prefix=prefix, protocol=parts.scheme).api


def _sendable(settings: GrafanaSettings) -> str:
    """Return the token or the password. Raises ConfigError, also for what cannot stand in a header: the HTTP library would quote it."""
    file = settings.token_file or settings.password_file
    if file is None:
        raise ConfigError([Problem("--token-file", "", "is missing")])
    secret = read_secret(file)
    if settings.token_file and not (secret.isascii() and secret.isprintable() and " " not in secret):
        text = said(
            "không phải một token của Grafana: có khoảng trắng, xuống dòng hoặc ký tự lạ; tệp chỉ được chứa token",
            "is no token of Grafana: it has spaces, line breaks or other characters; the file must hold the token alone",
        )
        raise ConfigError([Problem(str(file), "", text)])
    return secret


def _quoted(part: str) -> str:
    if part in ("", ".", ".."):
        raise RejectedError(said(f"{part!r} không dùng được làm tên trong Grafana", f"{part!r} cannot be a name in Grafana"))
    return quote(part, safe="")


def _broken(asked: Asked, method: str, error: Exception) -> TransientError:
    vi, en = _BROKEN[next(kind for kind in _BROKEN if isinstance(error, kind))]
    unsure_vi, unsure_en = ("; không rõ đã làm hay chưa, chạy lại sẽ rõ", "; whether it was done is not known, run again to see")
    is_reading = method == "GET" or isinstance(error, requests.exceptions.ConnectTimeout)
    return TransientError(
        said(
            f"{vi_of(asked.what)}: {vi} ({asked.url}){'' if is_reading else unsure_vi}",
            f"{asked.what}: {en} ({asked.url}){'' if is_reading else unsure_en}",
        )
    )


_BROKEN: Mapping[type[Exception], tuple[str, str]] = {
    requests.exceptions.ConnectTimeout: ("không kết nối được với Grafana trong thời gian chờ", "no connection to Grafana in time"),
    requests.exceptions.ReadTimeout: ("Grafana không trả lời trong thời gian chờ", "Grafana did not answer in time"),
    requests.exceptions.ConnectionError: ("không kết nối được với Grafana, hoặc bị ngắt", "no connection to Grafana, or it broke"),
    requests.exceptions.ChunkedEncodingError: ("câu trả lời bị ngắt giữa chừng", "the answer broke off"),
    Exception: ("không nói chuyện được với Grafana", "cannot talk to Grafana"),
}


def _tls_words(error: Exception) -> str:
    found = _OPENSSL.search(str(error))
    reason = found[1].strip() if found else "handshake failed"
    if "wrong version number" in reason.lower() or "record layer" in reason.lower():
        return said(
            "ở đó không phải TLS: địa chỉ có bắt đầu bằng http:// không?", "does not speak TLS: does the address begin with http://?"
        )
    return said(
        f"TLS: {reason}; nếu chứng chỉ do cơ quan riêng cấp, cho --ca-file",
        f"TLS: {reason}; if the certificate comes from an authority of your own, give --ca-file",
    )


@contextlib.contextmanager
def _quiet(verify: bool | str) -> Iterator[None]:
    """With --no-verify the operator has said so; urllib3 need not warn for every request."""
    with warnings.catch_warnings():
        if verify is False:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        yield
