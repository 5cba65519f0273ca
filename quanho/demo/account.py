"""The closing account: what the simulator produced against what is in the store and in the set-aside store. Pure.

None of the numbers comes from the agent's own counters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quanho.lang import say

UNKNOWN = "?"  # a device or source that the simulator does not have


@dataclass(frozen=True, slots=True)
class Row:
    """One source. `readings` belong into the store; `faults`, bad on purpose, into the set-aside store."""

    source: str
    readings: int
    faults: int
    stored: int
    set_aside: int

    @property
    def produced(self) -> int:
        return self.readings + self.faults

    @property
    def difference(self) -> int:
        """How many are not where they belong: a reading lost does not make up for a fault stored."""
        return abs(self.readings - self.stored) + abs(self.faults - self.set_aside)

    def explained(self) -> list[str]:
        """Return what is wrong, a sentence each."""
        lost, found = self.readings - self.stored, self.set_aside - self.faults
        sentences = []
        if lost > 0:
            sentences.append(
                say(f"{lost} số đo đã rời thiết bị mà không có trong kho", f"{lost} readings left their device and are not in the store")
            )
        if lost < 0:
            sentences.append(say(f"{-lost} điểm trong kho không thiết bị nào gửi", f"{-lost} points in the store that no device sent"))
        if found > 0:
            sentences.append(say(f"{found} mục bị để riêng ngoài dự kiến", f"{found} things set aside that are not bad on purpose"))
        if found < 0:
            sentences.append(
                say(f"{-found} mục hỏng cố ý không được để riêng", f"{-found} things that are bad on purpose were not set aside")
            )
        return [f"{self.source}: {sentence}" for sentence in sentences]


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a run. `troubles` are what else went wrong (a part that failed, a wait that was cut short)."""

    rows: tuple[Row, ...]
    troubles: tuple[str, ...] = ()

    @property
    def total(self) -> Row:
        return Row(
            say("tổng", "total"),
            sum(row.readings for row in self.rows),
            sum(row.faults for row in self.rows),
            sum(row.stored for row in self.rows),
            sum(row.set_aside for row in self.rows),
        )

    @property
    def difference(self) -> int:
        return sum(row.difference for row in self.rows)

    @property
    def is_balanced(self) -> bool:
        return self.difference == 0 and not self.troubles

    def explained(self) -> list[str]:
        """Return why it does not balance."""
        return [*self.troubles, *(sentence for row in self.rows for sentence in row.explained())]

    def to_json(self) -> dict[str, object]:
        """Return the account for scripts; `difference` as in Row, summed over the sources for the total."""
        total = {**_as_json(self.total), "difference": self.difference}
        return {"balanced": self.is_balanced, "sources": [_as_json(row) for row in self.rows], "total": total, "problems": self.explained()}


def draw_up(
    sources: Sequence[str],
    readings: Mapping[str, int],
    faults: Mapping[str, int],
    stored: Mapping[str, int],
    set_aside: Mapping[str, int],
    source_of: Mapping[str, str],
    troubles: Sequence[str] = (),
) -> Account:
    """Return the account: `readings`, `faults` and `set_aside` by source, `stored` by device, `source_of` device to source."""
    points = dict.fromkeys([*sources, UNKNOWN], 0)
    for device, count in stored.items():
        points[source_of.get(device, UNKNOWN)] += count
    strange_aside = sum(count for source, count in set_aside.items() if source not in sources)
    rows = [Row(source, readings.get(source, 0), faults.get(source, 0), points[source], set_aside.get(source, 0)) for source in sources]
    if points[UNKNOWN] or strange_aside:
        rows.append(Row(UNKNOWN, 0, 0, points[UNKNOWN], strange_aside))
    problems = list(troubles)
    if not any(readings.values()):
        problems.append(
            say("không có số đo nào được gửi đi: không có gì để đối chiếu", "no reading was produced: there is nothing to balance")
        )
    return Account(tuple(rows), tuple(problems))


def _as_json(row: Row) -> dict[str, object]:
    return {
        "source": row.source,
        "produced": row.produced,
        "bad_on_purpose": row.faults,
        "stored": row.stored,
        "set_aside": row.set_aside,
        "difference": row.difference,
    }
