"""Whatever comes over the line, the simulated loaders go on, and their flash behaves as flash does."""

import struct
from functools import reduce
from operator import xor

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stand_ins.esp32_chip import MODELS, NorFlash
from tests.stand_ins.esp32_loader import Loader, slip
from tests.stand_ins.stm32_rom import FLASH_AT, Memory, Stm32Loader
from tests.stand_ins.uf2_drive import Uf2Receiver

WORDS = st.lists(st.sampled_from([0, 1, 64, 4096, 0x1000, 0x1F000, 0xFFFF_FFFF]), max_size=5).map(
    lambda words: struct.pack(f"<{len(words)}I", *words)
)
OPERATIONS = st.sampled_from([*range(2, 0x15), 0xD0, 0xD1, 0xD2, 0xFF])
MAC = bytes(6)


def request(operation: int, data: bytes) -> bytes:
    return slip(struct.pack("<BBHI", 0, operation, len(data), reduce(xor, data[16:], 0xEF)) + data)


@settings(max_examples=150)
@given(st.lists(st.tuples(OPERATIONS, WORDS, st.binary(max_size=20)), max_size=12), st.sampled_from(sorted(MODELS)))
def test_esp32_loader_answers_every_well_formed_request(requests: list[tuple[int, bytes, bytes]], chip: str) -> None:
    loader = Loader(MODELS[chip], NorFlash(128 * 1024), MAC)
    for operation, words, rest in requests:
        reply = loader.received(request(operation, words + rest))
        assert reply[1:3] == bytes((1, operation))


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=60), max_size=10))
def test_esp32_loader_hears_noise_and_still_synchronises(noise: list[bytes]) -> None:
    loader = Loader(MODELS["esp32"], NorFlash(8192), MAC)
    for piece in noise:
        loader.received(piece)
    assert loader.received(b"\xc0" + request(0x08, bytes(36))).count(b"\x01\x08") == 8


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=60), max_size=10))
def test_stm32_loader_hears_noise_and_answers_bytes(noise: list[bytes]) -> None:
    loader = Stm32Loader(Memory(8192, bytes(12)))
    out = loader.received(b"\x7f")
    for piece in noise:
        out += loader.received(piece)
    assert out.startswith(b"\x79")


@given(st.lists(st.binary(min_size=512, max_size=512), max_size=4))
def test_uf2_receiver_passes_over_sectors_that_are_not_its_own(sectors: list[bytes]) -> None:
    receiver = Uf2Receiver(NorFlash(8192))
    for sector in sectors:
        receiver.written(sector)
    assert receiver.passed_over_count == len(sectors)


def test_stm32_programs_only_what_is_erased() -> None:
    memory = Memory(8192, bytes(12))
    assert memory.write(FLASH_AT, b"\x12\x34")
    assert not memory.write(FLASH_AT, b"\x02\x34")
    assert memory.erase(0)
    assert memory.write(FLASH_AT, b"\x02\x34")
    assert not memory.write(FLASH_AT + 8191, b"\0\0")


@given(st.integers(0, 8191), st.binary(max_size=300), st.binary(max_size=300))
def test_flash_clears_bits_when_programmed_and_sets_them_only_by_sectors(at: int, first: bytes, second: bytes) -> None:
    flash = NorFlash(8192)
    flash.program(at, first)
    flash.program(at, second)
    both = min(len(first), len(second), 8192 - at)
    assert flash.read(at, both) == bytes(a & b for a, b in zip(first, second, strict=False))[:both]
    flash.erase(at, 1)
    assert flash.read(at // 4096 * 4096, 4096) == b"\xff" * 4096
    assert len(flash) == 8192
