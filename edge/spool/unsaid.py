"""Records that are gone, and on which the ledger's word is not durable yet: the next start must be able to tell of them."""

from dataclasses import dataclass

from edge.spool.done import DoneSet


@dataclass(frozen=True, slots=True)
class _Word:
    """The ledger was told that records `first` to `last`, with so many lines not delivered, are gone; `mark` counts such words."""

    mark: int
    first: int
    last: int
    lines: int


class Unsaid:
    """The words of one priority, oldest first. `mark` is the newest one's."""

    def __init__(self) -> None:
        self.mark = 0
        self._words: list[_Word] = []

    def add(self, first: int, last: int, lines: int) -> None:
        """The ledger was told."""
        self.mark += 1
        self._words.append(_Word(self.mark, first, last, lines))

    def said(self, mark: int) -> bool:
        """What the ledger was told up to `mark` is durable; tell whether that changes anything."""
        left = [word for word in self._words if word.mark > mark]
        is_news = len(left) < len(self._words)
        self._words = left
        return is_news

    @property
    def lines(self) -> int:
        return sum(word.lines for word in self._words)

    def taken_from(self, done: DoneSet, most_intervals: int) -> DoneSet:
        """Return a done set without what is unsaid."""
        known = DoneSet(done, limit=most_intervals)
        for word in self._words:
            known.remove(word.first, word.last)
        return known
