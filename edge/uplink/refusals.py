"""Fields the server keeps refusing: refused here before they are sent, and tried again once a day."""

from collections import OrderedDict
from dataclasses import dataclass

DAY_S = 86_400.0


@dataclass(slots=True)
class _Record:
    count: int
    last_s: float


class RefusalTable:
    """Counts refusals of a field by (measurement, field, type it came as): other devices may send it with the right type.

    More than `limit` block it until `retry_s` after the last one. Then points go through again: one more refusal blocks it at
    once, `retry_s` without any forgets it. Times are seconds of one clock that never steps. At most `size` of them are remembered;
    the one unheard of for longest goes.
    """

    def __init__(self, limit: int = 20, retry_s: float = DAY_S, size: int = 10_000) -> None:
        self._limit = limit
        self._retry_s = retry_s
        self._size = size
        self._records: OrderedDict[tuple[str, str, str], _Record] = OrderedDict()

    def note(self, measurement: str, field: str, given: str, now_s: float) -> None:
        """Remember that the server refused a point because this field came as type `given`."""
        record = self._records.pop((measurement, field, given), None)
        if record is None or now_s - record.last_s >= 2 * self._retry_s:
            record = _Record(0, now_s)
        record.count += 1
        record.last_s = now_s
        self._records[measurement, field, given] = record
        if len(self._records) > self._size:
            self._records.popitem(last=False)

    def blocked(self, measurement: str, field: str, given: str, now_s: float) -> bool:
        """Tell whether to refuse a point with this field without sending it. Cheap: asked for every field of every point."""
        record = self._records.get((measurement, field, given))
        return record is not None and record.count > self._limit and now_s - record.last_s < self._retry_s

    def __len__(self) -> int:
        return len(self._records)
