"""The errors of quanho. The class says what the caller does next; the data rides on attributes."""

from dataclasses import dataclass

from telemetry.said import Said, named


class QuanhoError(Exception):
    """Root of every error that quanho raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a config: where (`file`, dotted `key`) and what (`message`, with the way out)."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return str(self.text)

    @property
    def text(self) -> Said:
        return named(f"{self.file}: {self.key}: " if self.key else f"{self.file}: ", self.message)


class ConfigError(QuanhoError):
    """Refuse to start. `problems` lists everything that is wrong, not just the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class TransientError(QuanhoError):
    """Wait and try again, no sooner than `retry_after_s` where the other side named a time."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


class RejectedError(QuanhoError):
    """Set this item aside with `reason` and go on: trying it again would fail the same way."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SpoolFull(QuanhoError):
    """Stop accepting: the disk or the quota has no room and nothing may be evicted. `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
