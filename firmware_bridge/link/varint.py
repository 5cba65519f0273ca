"""Integers of the link: LEB128 of at most 5 bytes and 2^32 - 1, zigzag for signed ones, u16 sequence numbers that wrap."""

LARGEST = 0xFFFF_FFFF
_LONGEST_BYTES = 5


class VarintError(ValueError):
    """Bytes that are no varint: they end too early, or say more than 2^32 - 1."""


def encode(number: int) -> bytes:
    """Return `number`, 0 to 2^32 - 1, as a varint."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is not 0 to 2^32 - 1")
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    coded.append(number)
    return bytes(coded)


def decode(data: bytes, at: int) -> tuple[int, int]:
    """Return the varint at `at` of `data` and where it ends. A longer form of a number than needed is taken."""
    number = 0
    for place in range(_LONGEST_BYTES):
        if at + place >= len(data):
            raise VarintError(f"a varint at {at} does not end")
        byte = data[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            if number > LARGEST:
                break
            return number, at + place + 1
    raise VarintError(f"a varint at {at} is above 2^32 - 1")


def zigzag(number: int) -> int:
    """Return the unsigned number that stands for `number`, -2^31 to 2^31 - 1: 0, -1, 1, -2 are 0, 1, 2, 3."""
    if not -(1 << 31) <= number < 1 << 31:
        raise ValueError(f"{number} does not fit 32 bits")
    return (number << 1) ^ (number >> 31)


def unzigzag(number: int) -> int:
    """Return the signed number that `number` stands for."""
    return (number >> 1) ^ -(number & 1)


def ahead(seq: int, of: int) -> int:
    """Return how many steps `seq` is past `of`, 0 to 65,535; what is behind looks 32,768 or more ahead."""
    return (seq - of) & 0xFFFF


def is_before(seq: int, other: int) -> bool:
    """Whether sequence number `seq` comes before `other`, modulo 2^16."""
    return ahead(seq, other) >= 0x8000
