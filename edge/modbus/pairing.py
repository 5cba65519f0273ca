"""Which answer belongs to which request: an answer does not say what it answers, so it counts only behind its request.

On a serial line one request is open at a time, and a new one takes its place; on Modbus/TCP several are, told apart by their transaction.
An answer counts when it is of the same unit and function and fits: as many bytes as a read asked for, the echo of a write.

    A?            B?            … A! …  B!        A! is late: it came when B was already asked

Where the unanswered A asked the same unit for as many bytes as B, A! cannot be told from B! by itself. So the first answer is held until
the next frame: one more answer shows that it was late, anything else that it was not.
"""

from typing import NamedTuple

from edge.decoders.decoder import Refusals
from edge.modbus.frame import BROADCAST, READ_AND_WRITE, READS, Pdu, Span, name_of, read_span
from edge.modbus.registers import Block

MOST_OPEN = 32  # on one connection; masters have up to 16 (MODBUS Messaging on TCP/IP V1.0b, section 4.2.2)
_ECHOED = {5: 4, 6: 4, 15: 4, 16: 4, 22: 6}  # bytes of the request that its answer repeats
_BARE_REQUESTS = (7, 11, 12, 17)


class Asked:
    """One request without an answer. `answer_head` and `answer_size`: how the RTU answer to a read begins, and its bytes, CRC included."""

    __slots__ = ("answer_head", "answer_size", "is_doubtful", "pdu", "span")

    def __init__(self, pdu: Pdu, span: Span | None, *, is_doubtful: bool = False) -> None:
        self.pdu = pdu
        self.span = span
        self.is_doubtful = is_doubtful
        self.answer_head = bytes((pdu.unit, pdu.function, span.byte_count & 0xFF)) if span else b""
        self.answer_size = span.byte_count + 5 if span else 0

    def __str__(self) -> str:
        return str(self.span or name_of(self.pdu.function))


class Told(NamedTuple):
    """What the answer to a read told."""

    unit: int
    block: Block


class Pairing:
    """One line or connection."""

    __slots__ = ("_held", "_open")

    def __init__(self) -> None:
        self._open: dict[int, Asked] = {}
        self._held: tuple[int, Told] | None = None

    @property
    def only(self) -> Asked | None:
        """The request of a serial line that waits for its answer, if there is no doubt about it."""
        asked = self._open.get(0)
        return None if asked is None or asked.is_doubtful else asked

    def ask(self, asked: Asked) -> None:
        """Take a request of a serial line on which none is open."""
        self._open[0] = asked

    def answered(self) -> None:
        """The answer to `only` came."""
        del self._open[0]

    @property
    def is_idle(self) -> bool:
        return not self._open and self._held is None

    def take(self, transaction: int, pdu: Pdu, refusals: Refusals) -> Told | None:
        """Take the next frame; return what an answer tells, as soon as it is clear whose it is."""
        asked = self._open.get(transaction)
        if asked is not None and answers(asked, pdu):
            return self._answer(transaction, asked, pdu, refusals)
        before = self.release()
        if before is not None:
            asked = self._open.get(transaction)
        if not is_request(pdu):
            refusals.add(_unasked(asked, pdu))
        elif pdu.unit != BROADCAST:
            self._request(transaction, asked, pdu, refusals)
        return before

    def release(self) -> Told | None:
        """No further answer came: return the one that was held."""
        if self._held is None:
            return None
        (transaction, told), self._held = self._held, None
        self._open.pop(transaction, None)
        return told

    def _answer(self, transaction: int, asked: Asked, pdu: Pdu, refusals: Refusals) -> Told | None:
        held, self._held = self._held, None
        if held is not None:
            refusals.add(f"slave {held[1].unit}: a late answer, after {held[1].block.span} was asked for; whose it is cannot be told")
        told = Told(pdu.unit, Block(asked.span, pdu.data[1:])) if asked.span and not pdu.function & 0x80 else None
        if told and asked.is_doubtful and held is None:
            self._held = (transaction, told)
            return None
        del self._open[transaction]
        if pdu.function & 0x80:
            refusals.add(f"slave {pdu.unit}: {pdu.exception} to {asked}")
        return told

    def _request(self, transaction: int, before: Asked | None, pdu: Pdu, refusals: Refusals) -> None:
        span = read_span(pdu)
        is_doubtful = False
        if before is not None:
            refusals.add(f"slave {before.pdu.unit}: no answer to {before}")
            is_doubtful = (
                before.pdu.unit == pdu.unit
                and span is not None
                and before.span is not None
                and (before.is_doubtful or before.span != span)
                and (before.span.function, before.span.byte_count) == (span.function, span.byte_count)
            )
        elif len(self._open) >= MOST_OPEN:
            oldest = self._open.pop(next(iter(self._open)))
            refusals.add(f"slave {oldest.pdu.unit}: no answer to {oldest}")
        self._open[transaction] = Asked(pdu, span, is_doubtful=is_doubtful)


def answers(asked: Asked, pdu: Pdu) -> bool:
    """Whether `pdu` can be the answer to `asked`."""
    unit, function, data = asked.pdu
    if pdu.unit != unit or pdu.function & 0x7F != function:
        return False
    if pdu.function & 0x80:
        return bool(pdu.data)
    if asked.span is not None:
        return len(pdu.data) == asked.span.byte_count + 1 and pdu.data[0] == asked.span.byte_count
    if echoed := _ECHOED.get(function):
        return pdu.data == data[:echoed]
    if function == READ_AND_WRITE:
        return len(pdu.data) > 1 and pdu.data[0] == len(pdu.data) - 1 == 2 * int.from_bytes(data[2:4], "big")
    return bool(pdu.data) if function in _BARE_REQUESTS else True


def is_request(pdu: Pdu) -> bool:
    """Whether a frame can be a request by its form. Many answers to writes can, too: they are their echo."""
    function, data = pdu.function, pdu.data
    if function & 0x80:
        return False
    if function in READS:
        return len(data) == 4
    if function in {15, 16}:
        return len(data) > 5 and data[4] == len(data) - 5
    if function == READ_AND_WRITE:
        return len(data) > 9 and data[8] == len(data) - 9
    return not data if function in _BARE_REQUESTS else True


def _unasked(asked: Asked | None, pdu: Pdu) -> str:
    what = f"{pdu.exception} to {name_of(pdu.function)}" if pdu.exception else f"an answer to {name_of(pdu.function)}"
    if asked is None:
        return f"slave {pdu.unit}: {what}, which nobody asked for (late, or its request was lost)"
    return f"slave {pdu.unit}: {what}, while slave {asked.pdu.unit} was asked for {asked}"
