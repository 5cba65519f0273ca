"""What image files say of themselves: where they go, and which chip they were built for. Pure; any bytes give facts or ImageProblem."""

from dataclasses import dataclass

from telemetry.errors import RejectedError
from telemetry.said import said


class ImageProblem(RejectedError):
    """This is no image of its kind."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What was read. `spans` are the flash ranges [start, end) that it writes, lowest first; the rest is empty where the kind does not
    say."""

    spans: tuple[tuple[int, int], ...]
    esp_chip_id: int | None = None
    uf2_families: frozenset[int] = frozenset()
    project: str = ""
    version: str = ""
    build_id: str = ""


def joined(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans in order, neighbours as one. Raises ImageProblem where two overlap."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            raise ImageProblem(said(f"địa chỉ 0x{start:x} bị ghi hai lần", f"address 0x{start:x} is written twice"))
        if found and start == found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)
