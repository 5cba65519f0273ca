"""Emptying the outbox into the registry, oldest record first."""

from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_bridge.records.queue import Outbox, Waiting
from firmware_bridge.records.registry import Answer, Outcome, Registry


@dataclass
class Delivery:
    """What became of the outbox. `trouble` says why sending stopped before its end, "" where it did not."""

    sent: list[str] = field(default_factory=list)
    already_there: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    waiting: int = 0
    trouble: str = ""


def deliver(outbox: Outbox, to: Registry, on_record: Callable[[Waiting, Answer], None] = lambda _, __: None) -> Delivery:
    """Send what waits until the registry (or the way there) says "later"; what waits then goes on waiting. Raises OutboxProblem."""
    done = Delivery()
    for waiting in list(outbox.waiting()):
        answer = to.send(waiting.id, waiting.data) if waiting.signed else Answer(Outcome.REFUSED, waiting.trouble)
        if answer.outcome is Outcome.LATER:
            done.trouble = answer.text
            break
        if answer.outcome is Outcome.REFUSED:
            outbox.refused(waiting, answer.text)
            done.refused[waiting.id] = answer.text
        else:
            outbox.sent(waiting)
            (done.sent if answer.outcome is Outcome.TAKEN else done.already_there).append(waiting.id)
        on_record(waiting, answer)
    done.waiting = outbox.count()
    return done
