"""What the kernel says of its own clock: whether something keeps it in step (adjtimex(2)), and how wrong it may be.

An NTP client clears STA_UNSYNC when it has set the clock. The kernel sets it again when the clock is stepped by hand, and when its
bound on the error, which grows by 500 ppm, reaches 16 s: 8 h 53 min after the last update (kernel/time/ntp.c, NTP_PHASE_LIMIT).
"""

import ctypes
from functools import cache

_TIME_ERROR = 5
_STA_UNSYNC = 0x0040


class _Timeval(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long))


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>; with `modes` 0 the call changes nothing and needs no right."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Timeval),
        ("tick", ctypes.c_long),
        ("rest", ctypes.c_long * 40),  # more than any ABI has
    )


def kernel_error_ns() -> int | None:
    """Return the kernel's bound on the error of the wall clock in ns while it is synchronised, None while it is not (or cannot tell)."""
    adjtimex = _adjtimex()
    if adjtimex is None:
        return None
    timex = _Timex()
    state = adjtimex(ctypes.byref(timex))
    if state < 0 or state == _TIME_ERROR or timex.status & _STA_UNSYNC:
        return None
    return int(timex.maxerror) * 1_000


@cache
def _adjtimex() -> "ctypes._NamedFuncPointer | None":
    try:
        return ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
