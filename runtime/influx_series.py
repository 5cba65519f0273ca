"""What an InfluxQL query is answered with."""

import json
from dataclasses import dataclass
from typing import Any

from telemetry.errors import RejectedError


class QueryError(RejectedError):
    """The server understood the request but not the query, or refuses it; `words` are its own, `status` the HTTP status."""

    def __init__(self, statement: str, words: str, status: int) -> None:
        super().__init__(f"{words} (HTTP {status}): {statement}")
        self.statement = statement
        self.words = words
        self.status = status


@dataclass(frozen=True, slots=True)
class Series:
    """Rows of one measurement and set of tags. Where there is a column `time`, it is the first, in ms since 1970 UTC."""

    name: str
    tags: dict[str, str]
    columns: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]


def read_answer(statement: str, status: int, body: bytes) -> list[Series]:
    """Return the series of an answer to one statement.

    Raises QueryError: a semantic error comes with status 200, a bad parse with 400, and a login page or a proxy may say anything. Not
    looked at is `partial`: InfluxDB 1.6 sets it on every whole answer of more than 10,000 rows (measured).
    """
    try:
        answer = json.loads(body)
    except ValueError:
        raise QueryError(statement, body[:300].decode(errors="replace") or "no answer that can be read", status) from None
    if not isinstance(answer, dict):
        raise QueryError(statement, "the answer is no object", status)
    try:
        return _series(statement, status, answer)
    except (AttributeError, KeyError, TypeError, IndexError):
        raise QueryError(statement, "the answer is not one of InfluxDB's", status) from None


def _series(statement: str, status: int, answer: dict[str, Any]) -> list[Series]:
    results = answer.get("results", [{}])
    result = results[0] if results else {}
    words = answer.get("error") or answer.get("message")
    if words or status != 200 or "error" in result:
        raise QueryError(statement, str(result.get("error") or words or "refused"), status)
    return [
        Series(each.get("name", ""), dict(each.get("tags", {})), tuple(each["columns"]), tuple(map(tuple, each.get("values", []))))
        for each in result.get("series", [])
    ]
