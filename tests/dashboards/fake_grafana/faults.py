"""What goes wrong at one request, and whether Grafana did the work all the same."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "empty", "garbage", "html 502", "late 502", "401", "403", "409", "412", "429", "cut", "late cut", "half", "slow", "redirect", "huge"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """At request number `at`, counted from 1; with `lasts` also at all that follow. `echo` refuses, and repeats what was sent."""

    kind: Kind
    at: int
    lasts: bool = False

    def strikes(self, number: int) -> bool:
        return number == self.at or (self.lasts and number > self.at)

    @property
    def does_the_work(self) -> bool:
        return self.kind in ("empty", "garbage", "late 502", "late cut", "half", "slow")


HTML = (
    b"<!DOCTYPE html><html><head><style>p { color: red }</style></head>"
    b"<body><h1>502 Bad Gateway</h1><p>no message from &quot;upstream&quot;</p></body></html>"
)

ANSWERS: dict[Kind, tuple[int, bytes]] = {
    "empty": (200, b""),
    "garbage": (200, b'"a message, as it were"'),
    "html 502": (502, HTML),
    "late 502": (502, HTML),
    "401": (401, b'{"message":"Invalid API key"}'),
    "403": (403, b'{"accessErrorId":"ACE1","message":"You\'ll need additional permissions","title":"Access denied"}'),
    "409": (409, b'["conflict", {"msg": "in the database"}]'),
    "412": (412, b'{"message":"The dashboard has been changed by someone else","status":"version-mismatch"}'),
    "429": (429, b"too many requests, says the message"),
    "huge": (200, b"[" + b"0," * 600_000 + b"0]"),
    "redirect": (302, b""),
}
