"""Settings of a serial port. Imports no serial library, so checking a config is cheap."""

from typing import Literal

from pydantic import Field

from runtime.settings import Settings


class SerialSettings(Settings):
    """Which port, and how the device at its other end talks."""

    port: str = Field(
        min_length=1,
        description="the port: a path, best below /dev/serial/by-id, or a pattern with * that fits exactly one",
    )
    baudrate: int = Field(9600, ge=50, le=4_000_000, description="bits per second, as in the device's data sheet")
    parity: Literal["none", "even", "odd", "mark", "space"] = Field("none", description="parity bit of each byte")
    bytesize: Literal[5, 6, 7, 8] = Field(8, description="data bits of each byte")
    stopbits: Literal[1, 2] = Field(1, description="stop bits after each byte")
    read_timeout_s: float = Field(1.0, gt=0, le=60, description="longest wait in seconds for a byte before looking around")
    write_timeout_s: float = Field(2.0, gt=0, le=60, description="longest wait in seconds for the device to take what we write")
    reopen_first_s: float = Field(0.5, gt=0, le=3600, description="longest wait in seconds before the first new try; doubles each time")
    reopen_ceiling_s: float = Field(10.0, gt=0, le=3600, description="longest wait in seconds between tries")
