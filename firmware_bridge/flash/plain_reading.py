"""The first reading of a board that does not speak the link: JSON or NMEA lines, read by a decoder of the gateway's."""

from collections.abc import Callable, Iterable

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.plausible import Reading
from runtime.clock import Clock, SystemClock
from runtime.serial_port import SerialPort
from runtime.serial_settings import SerialSettings
from telemetry.said import as_is, joined, said

_LOOK_S = 0.05
_SHOWN_BYTES = 200


def plain_reading(
    port: str, baud: int, take: Callable[[bytes], Iterable[Reading]], within_s: float, clock: Clock | None = None
) -> tuple[Reading, ...]:
    """Return the first plausible readings that `take` finds in what arrives.

    FlashError: NO_HELLO where nothing arrives, NO_READING where the decoder finds none, IMPLAUSIBLE, PORT_MISSING.
    """
    clock = clock or SystemClock()
    line = SerialPort(SerialSettings(port=port, baudrate=baud, read_timeout_s=_LOOK_S, reopen_first_s=0.2, reopen_ceiling_s=0.5), clock)
    end_s = clock.monotonic_s() + within_s
    heard = b""
    why = said("", "")
    try:
        while clock.monotonic_s() < end_s:
            data = line.read()
            heard = (heard + data)[-_SHOWN_BYTES:]
            readings = tuple(take(data)) if data else ()
            if readings and not any(reading.why for reading in readings):
                return readings
            why = joined("; ", (part for reading in readings for part in reading.why)) or why
        state = line.state()
    finally:
        line.close()
    if not state.open_count:
        raise FlashError(Cause.PORT_MISSING, as_is(state.last_error or said(f"không mở được {port}", f"{port} cannot be opened")))
    if why:
        raise FlashError(Cause.IMPLAUSIBLE, why)
    if not heard:
        raise FlashError(Cause.NO_HELLO, said(f"bo mạch im lặng {within_s:g} s", f"the board said nothing within {within_s:g} s"))
    vi = f"bo mạch có gửi dữ liệu, nhưng bộ giải mã không thấy số đo nào trong {within_s:g} s"
    en = f"the board speaks, and the decoder finds no reading within {within_s:g} s"
    raise FlashError(Cause.NO_READING, said(vi, en), (repr(heard),))
