"""Register addresses as manuals write them → what goes into a request: a function, and an address counted from 0.

    40001, 400001, 4x0001    the 4 means holding registers, the rest counts from 1: function 3, address 0
    30001, 300001, 3x0001    input registers, function 4
    10001, 100001, 1x0001    discrete inputs, function 2
    00001, 000001            coils, function 1
    0x000C                   hexadecimal, and already the address of the request; it says nothing of the function

Only texts are read so. A whole number is the address of the request as it stands: 40000 is where SunSpec devices begin.
"""

import re

_FUNCTIONS = {"0": 1, "1": 2, "3": 4, "4": 3}
_NAMES = {1: "coils", 2: "discrete inputs", 3: "holding registers", 4: "input registers"}
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,4}")
_REFERENCE = re.compile(r"(?:([0134])|([134])[xX])(\d{4,5})", re.ASCII)
_MOST = 1 << 16


def parse_address(text: str, function: int | None) -> tuple[int, int]:
    """Return (function, address) of `text`; `function` is what else was said of it, None if nothing. ValueError says what is wrong."""
    if _HEXADECIMAL.fullmatch(text):
        if function is None:
            raise ValueError(f"address {text} is of the request and needs function")
        return function, int(text, 16)
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise ValueError(
            f'address {text!r} is none: write "40001", "400001", "4x0001", "0x000C", or a number without quotes, counted from 0'
        )
    meant = _FUNCTIONS[found[1] or found[2]]
    if function not in {None, meant}:
        raise ValueError(
            f"address {text} is of {_NAMES[meant]}, function {meant}, not {function}: leave function out, or count the address from 0"
        )
    number = int(found[3])
    if not 1 <= number <= _MOST:
        raise ValueError(f"address {text}: references count from 1 to {_MOST}")
    return meant, number - 1
