"""Modbus polled and overheard: whose answer is whose, what is refused, and what templates make of registers."""

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded
from edge.decoders.modbus import recognise
from edge.decoders.table import build_decoder
from edge.framers import rtu as rtu_framer
from edge.framers.table import build_framer
from edge.modbus.frame import Span, mbap, read_request, rtu
from telemetry.errors import RejectedError

METER = {"slaves": [{"id": 1, "template": "sdm120", "device": "meter-1"}], "others": "ignore"}
FLOW_ASKED = bytes.fromhex("f7030000000f1158")  # sigrok-dumps, uart/modbus_rtu/flowmeter, target 15 l/min
FLOW_ANSWER = bytes.fromhex("f7031e0000000041b801943e579e9f41a000003ac30fb500000000800000080000daf6")


def ask(unit: int, function: int, address: int, length: int) -> bytes:
    return rtu(unit, read_request(Span(function, address, length)))


def answer(unit: int, function: int, *registers: int) -> bytes:
    return rtu(unit, bytes((function, 2 * len(registers))) + struct.pack(f">{len(registers)}H", *registers))


def float_answer(unit: int, function: int, *values: float) -> bytes:
    data = struct.pack(f">{len(values)}f", *values)
    return rtu(unit, bytes((function, len(data))) + data)


def heard(frames: Sequence[bytes], options: dict[str, object] | None = None) -> tuple[list[dict[str, object]], list[str]]:
    """Return fields of all readings and all reasons, one frame a message."""
    decoder = build_decoder("modbus", options or {})
    decoded = [decoder.decode("bus", frame) for frame in frames]
    return [dict(reading.fields) for one in decoded for reading in one.readings], [why.reason for one in decoded for why in one.refusals]


def at_once(*frames: bytes, options: dict[str, object] | None = None) -> Decoded:
    return build_decoder("modbus", options or {}).decode("bus", b"".join(frames))


def test_an_answer_is_read_by_the_request_before_it() -> None:
    fields, reasons = heard([FLOW_ASKED, FLOW_ANSWER])
    assert (fields[0]["h2"], fields[0]["h3"], len(fields[0]), reasons) == (0x41B8, 0x0194, 15, [])


def test_two_registers_from_0_are_read_though_their_request_has_the_form_of_modbus_tcp() -> None:
    """01 04 0000 0002 71cb: transaction 0x0104, protocol 0, length 2."""
    for function in (3, 4):
        fields, reasons = heard([ask(1, function, 0, 2), answer(1, function, 7, 8)])
        assert (list(fields[0].values()), reasons) == ([7, 8], [])
        assert at_once(ask(1, function, 0, 2), answer(1, function, 7, 8)).refusals == ()
    assert recognise("", ask(1, 4, 0, 2)).startswith("1 Modbus RTU")


def test_reads_of_one_message_and_device_become_one_reading() -> None:
    decoded = at_once(ask(1, 4, 0, 2), float_answer(1, 4, 229.8), ask(1, 4, 70, 4), float_answer(1, 4, 50.02, 12.345), options=METER)
    (reading,) = decoded.readings
    assert (reading.measurement, reading.tags) == ("power", {"device": "meter-1"})
    assert reading.fields == {"voltage": 229.8, "frequency": 50.02, "energy": 12345.0}
    assert decoded.refusals == ()


def test_rounds_of_one_message_stay_rounds() -> None:
    """A recording of many polls in one message must not keep one value of each field."""
    decoded = at_once(*[ask(1, 3, 5, 1), answer(1, 3, 10), ask(1, 3, 9, 1), answer(1, 3, 11), ask(1, 3, 5, 1), answer(1, 3, 12)])
    assert [reading.fields for reading in decoded.readings] == [{"h5": 10, "h9": 11}, {"h5": 12}]


def test_polled_and_overheard_lines_give_the_same_values() -> None:
    frames = [ask(1, 4, 0, 2), float_answer(1, 4, 229.8), ask(1, 4, 70, 4), float_answer(1, 4, 50.02, 12.345)]
    (polled,) = at_once(*frames, options=METER).readings
    overheard, _ = heard(frames, METER)
    assert polled.fields == overheard[0] | overheard[1]


def test_modbus_tcp_gives_what_rtu_gives() -> None:
    frames = [mbap(9, 1, read_request(Span(4, 0, 2))), mbap(9, 1, b"\x04\x04" + struct.pack(">f", 229.8))]
    assert heard(frames, METER) == ([{"voltage": 229.8}], [])
    assert at_once(*frames, options=METER).readings[0].fields == {"voltage": 229.8}


# -- whose answer ------------------------------------------------------------------------------------------------------


def test_answer_without_its_request_is_refused() -> None:
    fields, reasons = heard([answer(1, 3, 7)])
    assert (fields, reasons) == (
        [],
        ["slave 1: an answer to read holding registers, which nobody asked for (late, or its request was lost)"],
    )


def test_answer_of_another_slave_is_refused_and_the_right_one_still_counts() -> None:
    fields, reasons = heard([ask(1, 3, 0, 1), answer(2, 3, 99), answer(1, 3, 7)])
    assert fields == [{"h0": 7}]
    assert reasons == ["slave 2: an answer to read holding registers, while slave 1 was asked for read holding registers 0"]


def test_answer_with_more_than_was_asked_for_is_refused() -> None:
    fields, reasons = heard([ask(1, 3, 0, 1), answer(1, 3, 7, 8)])
    assert (fields, len(reasons)) == ([], 1)


def test_second_answer_to_one_request_is_refused() -> None:
    fields, reasons = heard([ask(1, 3, 0, 1), answer(1, 3, 7), answer(1, 3, 8)])
    assert (fields, len(reasons)) == ([{"h0": 7}], 1)


def test_late_answer_is_not_taken_for_that_of_the_next_request() -> None:
    """Same slave, same function, as many registers: only the second answer tells that the first was late."""
    fields, reasons = heard([ask(1, 3, 0, 1), ask(1, 3, 50, 1), answer(1, 3, 111), answer(1, 3, 222), ask(1, 3, 0, 1), answer(1, 3, 112)])
    assert fields == [{"h50": 222}, {"h0": 112}]
    assert reasons == [
        "slave 1: no answer to read holding registers 0",
        "slave 1: a late answer, after read holding registers 50 was asked for; whose it is cannot be told",
    ]


def test_slave_that_never_answers_one_request_loses_nothing_of_the_next() -> None:
    frames = [ask(1, 3, 0, 1), ask(1, 3, 50, 1), answer(1, 3, 222)] * 3 + [ask(1, 3, 0, 1)]
    fields, reasons = heard(frames)
    assert fields == [{"h50": 222}] * 3
    assert reasons == ["slave 1: no answer to read holding registers 0"] * 3


def test_answer_that_is_in_doubt_comes_with_its_message_where_the_message_holds_an_exchange() -> None:
    assert [reading.fields for reading in at_once(ask(1, 3, 0, 1), ask(1, 3, 50, 1), answer(1, 3, 222)).readings] == [{"h50": 222}]


def test_a_repeated_request_leaves_no_doubt() -> None:
    fields, reasons = heard([ask(1, 3, 0, 1), ask(1, 3, 0, 1), answer(1, 3, 7)])
    assert (fields, reasons) == ([{"h0": 7}], ["slave 1: no answer to read holding registers 0"])


def test_requests_of_modbus_tcp_may_overtake_one_another() -> None:
    asked = [mbap(number, 1, read_request(Span(3, 10 * number, 1))) for number in (1, 2, 3)]
    answers = [mbap(number, 1, bytes((3, 2, 0, number))) for number in (2, 3, 1)]
    fields, reasons = heard(asked + answers)
    assert (fields, reasons) == ([{"h20": 2}, {"h30": 3}, {"h10": 1}], [])


def test_exception_names_slave_request_and_reason() -> None:
    fields, reasons = heard([ask(1, 3, 40, 2), rtu(1, bytes.fromhex("8302"))])
    assert (fields, reasons) == ([], ["slave 1: exception 2, illegal data address to read holding registers 40 to 41"])


def test_exception_with_a_byte_too_many_is_named_too() -> None:
    """0001 0000 0004 0a 81 06 00: modbus_test_data_part1.pcap of ICS-Security-Tools, packet 91."""
    _, reasons = heard([bytes.fromhex("0001000000040a810600")])
    assert reasons == ["slave 10: exception 6, device busy to read coils, which nobody asked for (late, or its request was lost)"]


def test_writes_and_their_echoes_are_understood() -> None:
    """Brainchild IO-16DO of sigrok-dumps: write coil, register, coils, registers."""
    frames = ["01050003ff007c3a"] * 2 + ["0106000100551835"] * 2 + ["010f0002000101019697", "010f0002000135cb"]
    frames += ["0110000100010200aa27fe", "0110000100015009"]
    assert heard([bytes.fromhex(frame) for frame in frames]) == ([], [])


def test_registers_that_are_read_while_others_are_written_are_told() -> None:
    """The example of the Modbus Application Protocol Specification V1.1b3, section 6.17: 6 registers from 3, 3 written from 14."""
    asked = rtu(1, bytes.fromhex("1700030006000e00030600ff00ff00ff"))
    fields, reasons = heard([asked, rtu(1, bytes.fromhex("170c00fe0acd00010003000d00ff"))])
    assert (fields, reasons) == ([{"h3": 0xFE, "h4": 0x0ACD, "h5": 1, "h6": 3, "h7": 13, "h8": 255}], [])


def test_write_that_is_no_echo_is_the_next_write() -> None:
    writes = [rtu(1, bytes((6, 0, 1, 0, value))) for value in (1, 2, 3, 3)]
    fields, reasons = heard([*writes, ask(1, 3, 0, 1), answer(1, 3, 7)])
    assert (fields, reasons) == ([{"h0": 7}], ["slave 1: no answer to write register"] * 2)


def test_answer_with_a_wrong_crc_is_refused() -> None:
    fields, reasons = heard([ask(1, 3, 0, 1), answer(1, 3, 7)[:-1] + b"\x00"])
    assert (fields, [reason[:40] for reason in reasons]) == ([], ["7 bytes that are no frame with a right C"])


def test_coils_of_a_template_are_true_or_false(tmp_path: Path) -> None:
    rows = ", ".join(f'{{ name = "door_{n}", function = 1, address = {n}, type = "bool" }}' for n in (3, 4, 12))
    template = tmp_path / "doors.toml"
    template.write_text(
        f'name = "doors"\nvi = "cửa"\nen = "doors"\nsource = "x"\nmeasurement = "own"\nfield = [{rows}]\n', encoding="utf-8"
    )
    options: dict[str, object] = {"slaves": [{"id": 1, "template": str(template)}]}
    fields, reasons = heard([ask(1, 1, 2, 11), rtu(1, bytes((1, 2, 0b0000_0010, 0b0000_0100)))], options)
    assert (fields, reasons) == ([{"door_3": True, "door_4": False, "door_12": True}], [])


def test_broadcast_waits_for_no_answer() -> None:
    assert heard([rtu(0, bytes.fromhex("0600010001")), ask(1, 3, 0, 1), answer(1, 3, 7)]) == ([{"h0": 7}], [])


def test_lines_do_not_mix() -> None:
    decoder = build_decoder("modbus", {})
    decoder.decode("bus-1", ask(1, 3, 0, 1))
    decoder.decode("bus-2", ask(1, 3, 5, 1))
    assert decoder.decode("bus-1", answer(1, 3, 7)).readings[0].fields == {"h0": 7}
    assert decoder.decode("bus-2", answer(1, 3, 8)).readings[0].fields == {"h5": 8}


def test_noise_is_refused_and_the_frames_around_it_are_read() -> None:
    decoded = at_once(ask(1, 3, 0, 1), b"\xde\xad\xbe\xef", answer(1, 3, 7))
    assert [reading.fields for reading in decoded.readings] == [{"h0": 7}]
    assert [refusal.reason for refusal in decoded.refusals] == [
        "4 bytes that are no frame with a right CRC: de ad be ef 01 03 02 00 07 f9 86"
    ]


def test_what_is_no_exchange_for_its_size_alone_is_refused() -> None:
    with pytest.raises(RejectedError):
        build_decoder("modbus", {}).decode("", b"\x00" * (64 * 1024 + 1))


STEPS = st.lists(
    st.one_of(
        st.builds(ask, st.integers(0, 3), st.sampled_from([1, 3, 4]), st.integers(0, 5), st.integers(1, 2)),
        st.builds(answer, st.integers(1, 3), st.sampled_from([1, 3, 4]), st.integers(0, 65535)),
        st.builds(answer, st.integers(1, 3), st.sampled_from([3, 4]), st.integers(0, 65535), st.integers(0, 65535)),
        st.builds(lambda unit: rtu(unit, b"\x83\x02"), st.integers(1, 3)),
    ),
    max_size=30,
)


@given(frames=STEPS)
def test_no_register_is_told_that_was_not_asked_for_before(frames: list[bytes]) -> None:
    """And each answer gives one reading, or is refused, or is held as the last of all."""
    decoder = build_decoder("modbus", {})
    asked: set[tuple[str, str]] = set()
    told_count = reason_count = answer_count = 0
    for frame in frames:
        is_request = len(frame) == 8 and frame[1] < 0x80 and frame[:2] != b""
        if is_request and frame[2] * 256 + frame[3] < 16:
            letter = {1: "c", 3: "h", 4: "i"}[frame[1]]
            asked |= {(f"slave-{frame[0]}", f"{letter}{frame[3] + number}") for number in range(frame[5])}
        else:
            answer_count += 1
        decoded = decoder.decode("bus", frame)
        told_count += len(decoded.readings)
        reason_count += sum("no answer" not in refusal.reason for refusal in decoded.refusals)
        for reading in decoded.readings:
            assert {(reading.tags["device"], name) for name in reading.fields} <= asked
    assert answer_count - 1 <= told_count + reason_count <= answer_count


ENDS_IN_0 = [number for number in range(0x10000) if not answer(1, 3, number, 0)[-1]][
    :40
]  # one answer of 256 is right without its last byte, too
UNIT, POLL = next((unit, address) for unit in range(1, 248) for address in range(0x200, 0x300) if not ask(unit, 3, address, 1)[-1])


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_crc_that_ends_in_0_costs_no_answer(size: int) -> None:
    line = b"".join(ask(1, 3, 0, 2) + answer(1, 3, number, 0) for number in ENDS_IN_0)
    framer = build_framer(rtu_framer.Options())
    frames = [frame for at in range(0, len(line), size) for frame in framer.feed(line[at : at + size])]
    fields, reasons = heard([*frames, *framer.silence()])
    assert ([one["h0"] for one in fields], reasons) == (ENDS_IN_0, [])
    assert [one.fields["h0"] for one in at_once(line).readings] == ENDS_IN_0


def test_a_request_that_ends_in_0_is_no_shorter_answer() -> None:
    line = (ask(UNIT, 3, POLL, 1) + answer(UNIT, 3, 7)) * 2
    framer = build_framer(rtu_framer.Options())
    fields, reasons = heard([*framer.feed(line), *framer.silence()])
    assert (fields, reasons) == ([{f"h{POLL}": 7}] * 2, [])


def test_an_answer_that_is_due_does_not_wait_for_the_next_byte() -> None:
    framer = build_framer(rtu_framer.Options())
    assert framer.feed(ask(1, 3, 0, 2) + answer(1, 3, ENDS_IN_0[0], 0)) == [ask(1, 3, 0, 2), answer(1, 3, ENDS_IN_0[0], 0)]
