"""What programs say, as a cause."""

import pytest

from firmware_bridge.flash.causes import Cause
from firmware_bridge.flash.patterns import AVRDUDE, ESPTOOL, STM32, Pattern, failure

SAID = [
    (AVRDUDE, "avrdude OS error: cannot open port /dev/ttyUSB9: No such file or directory", Cause.PORT_MISSING),
    (AVRDUDE, "avrdude OS error: cannot open port /dev/ttyUSB0: Permission denied", Cause.PORT_DENIED),
    (AVRDUDE, "avrdude OS error: cannot open port /dev/ttyUSB0: Device or resource busy", Cause.PORT_BUSY),
    (AVRDUDE, "avrdude error: expected signature for ATmega2560 is 1E 98 01", Cause.WRONG_CHIP),
    (AVRDUDE, "avrdude warning: attempt 10 of 10: not in sync: resp=0x9a", Cause.NO_ANSWER),
    (AVRDUDE, "avrdude error: timeout", Cause.NO_ANSWER),
    (AVRDUDE, "avrdude error: verification mismatch", Cause.VERIFY_FAILED),
    (AVRDUDE, "avrdude OS error: write error: Input/output error", Cause.UNPLUGGED),
    (ESPTOOL, "ERROR: A fatal error occurred: This chip is ESP32, not ESP32-C3. Wrong chip argument?", Cause.WRONG_CHIP),
    (ESPTOOL, "ERROR: A fatal error occurred: Failed to connect to ESP32: No serial data received.", Cause.NO_ANSWER),
    (ESPTOOL, "ERROR: A fatal error occurred: Failed to connect to ESP32: Wrong boot mode detected (0x13)!", Cause.NO_ANSWER),
    (ESPTOOL, "ERROR: A fatal error occurred: MD5 of file does not match data in flash!", Cause.VERIFY_FAILED),
    (ESPTOOL, "ERROR: A fatal error occurred: Write failed, the written flash region is empty.", Cause.VERIFY_FAILED),
    (ESPTOOL, "ERROR: File '0.bin' (length 9) at offset 0x00400000 will not fit in 4194304 bytes of flash.", Cause.TOO_LARGE),
    (ESPTOOL, "Secure Boot V1 detected, writing to flash regions < 0x8000 is disabled to protect the bootloader.", Cause.LOCKED),
    (ESPTOOL, "Could not open /dev/ttyUSB0, the port is busy or doesn't exist.", Cause.PORT_BUSY),
    (ESPTOOL, "device reports readiness to read but returned no data (device disconnected or multiple access on port?)", Cause.UNPLUGGED),
    (STM32, "Failed to init device, timeout.", Cause.NO_ANSWER),
    (STM32, "dfu-util: No DFU capable USB device available", Cause.NO_ANSWER),
    (STM32, "Failed to verify at address 0x08000100, expected 0x00 and found 0xff", Cause.VERIFY_FAILED),
    (STM32, "Unknown/unsupported device (Device ID: 0x0999)", Cause.WRONG_CHIP),
]


@pytest.mark.parametrize(("table", "said", "cause"), SAID)
def test_the_words_of_a_program_have_a_cause(table: tuple[Pattern, ...], said: str, cause: Cause) -> None:
    error = failure("program", table, 1, ("it began well", said, "done.  Thank you."))
    assert error.cause is cause
    assert said.split(": ")[-1].strip() in error.reason
    assert said in error.tail


def test_words_that_nobody_knows_are_passed_on() -> None:
    error = failure("avrdude", AVRDUDE, 7, ("something new",))
    assert error.cause is Cause.WRITE_FAILED
    assert error.reason == "avrdude ended with exit code 7: something new"
    assert failure("avrdude", AVRDUDE, -11, ()).reason == "avrdude was killed from outside (SIGSEGV)"
