"""What a request to Grafana and its answer may look like: operations, and what is wrong with one that is not so."""

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator

_OF_HTTP = frozenset({"host", "user-agent", "accept", "accept-encoding", "connection", "content-type", "content-length", "authorization"})


@dataclass(frozen=True)
class Operation:
    """`answers` are JSON schemas by status, None for an empty body. `schemas` are what `$ref: #/components/schemas/…` stands for."""

    method: str
    path: str
    query: frozenset[str]
    headers: frozenset[str]
    body: dict[str, Any] | None
    answers: Mapping[int, dict[str, Any] | None]
    schemas: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{[^}]*\}", "[^/]+", self.path))

    @functools.cached_property
    def body_validator(self) -> Draft202012Validator | None:
        return None if self.body is None else self._validator(self.body)

    @functools.cached_property
    def answer_validators(self) -> dict[int, Draft202012Validator]:
        return {status: self._validator(schema) for status, schema in self.answers.items() if schema is not None}

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        return Draft202012Validator({**schema, "components": {"schemas": self.schemas}})


class Contract:
    """Operations that can be asked for."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)

    def find(self, method: str, path: str) -> Operation | None:
        found = [each for each in self.operations if each.method == method and each.pattern.fullmatch(path)]
        return min(found, key=lambda each: each.path.count("{"), default=None)

    def wrong_with_request(self, method: str, target: str, headers: Iterable[str], body: bytes) -> Iterator[str]:
        """Yield what is wrong: unknown operation, query parameter, header or key, missing keys, wrong types."""
        parts = urlsplit(target)
        operation = self.find(method, parts.path)
        if operation is None:
            yield f"{method} {parts.path}: no such operation"
            return
        for name, _ in parse_qsl(parts.query, keep_blank_values=True):
            if name not in operation.query:
                yield f"{method} {operation.path}: no query parameter {name}"
        known = _OF_HTTP | {name.lower() for name in operation.headers}
        for name in headers:
            if name.lower() not in known:
                yield f"{method} {operation.path}: no header {name}"
        if operation.body_validator is None:
            if body:
                yield f"{method} {operation.path}: takes no body"
            return
        for error in operation.body_validator.iter_errors(json.loads(body)):
            yield f"{method} {operation.path}: body{error.json_path[1:]}: {error.message[:300]}"

    def wrong_with_answer(self, method: str, path: str, status: int, content: bytes) -> Iterator[str]:
        operation = self.find(method, path)
        if operation is None:
            return
        if status not in operation.answers:
            yield f"{method} {operation.path}: may not answer {status}"
        elif operation.answers[status] is None:
            if content:
                yield f"{method} {operation.path}: {status} has no body"
        else:
            for error in operation.answer_validators[status].iter_errors(json.loads(content)):
                yield f"{method} {operation.path}: answer {status}{error.json_path[1:]}: {error.message[:300]}"
