from edge.field_blocks import FieldBlocks
from runtime.influx_causes import BeyondRetention, TypeConflict
from tests.stand_ins.moved_clock import MovedClock


def conflict(given: str, dropped: int | None) -> TypeConflict:
    return TypeConflict("air", "pm10", given, dropped)


def test_one_device_that_sends_the_wrong_type_does_not_silence_the_others() -> None:
    blocks = FieldBlocks(MovedClock(), lambda: None)
    blocks.note(conflict("string", 21))
    assert blocks.is_blocked("air", "pm10", "string")
    assert not blocks.is_blocked("air", "pm10", "float")


def test_sources_are_told_once_when_there_is_something_to_ask_for() -> None:
    told: list[None] = []
    blocks = FieldBlocks(MovedClock(), lambda: told.append(None))
    blocks.note(None)
    blocks.note(BeyondRetention(3))
    assert told == []
    for _ in range(3):
        blocks.note(conflict("float", None))
    assert told == [None]
