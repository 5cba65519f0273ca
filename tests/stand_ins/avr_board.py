"""An AVR board in software: real machine code in simavr, its UART behind a port that can be opened, reset and pulled out."""

import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.simavr.build import avr_host, dtr_shim

ANSWER_WITHIN_S = 20.0


class AvrBoard:
    """An Uno or a Mega on USB. It starts when it is entered, and `port` is there from then on.

    Flash, EEPROM and the clock are the chip's; `unplug` is a power cut, after which flash and EEPROM hold what they held. The EEPROM is
    also kept in `folder` for the next board there, and `eeprom` presets it. At a wrong baud rate bytes come out garbled, both ways, and
    of more than three bytes that the program has not read the rest is lost, as in the chip.
    With `dtr_shim` programs that run in `environment` reset the board by DTR; with `reset_on_open` opening the port does, as on an Uno.
    """

    def __init__(
        self,
        folder: Path,
        mcu: str = "atmega328p",
        application: Path | None = None,
        bootloader: Path | None = None,
        *,
        reset_on_open: bool = False,
        dtr_shim: bool = False,
        paced: bool = True,
        eeprom: bytes | None = None,
        is_plugged: bool = True,
    ) -> None:
        self.folder = folder
        self.port = folder / "tty"
        self.environment: dict[str, str] = {}
        self._eeprom_path = folder / "eeprom.bin"
        self._preset = eeprom
        self._has_shim = dtr_shim
        self._arguments = ["--mcu", mcu, "--tty", str(self.port), "--eeprom", str(self._eeprom_path)]
        self._arguments += ["--application", str(application)] if application else []
        self._arguments += ["--bootloader", str(bootloader)] if bootloader else []
        flags = {"--reset-on-open": reset_on_open, "--unpaced": not paced, "--unplugged": not is_plugged}
        self._arguments += [flag for flag, is_set in flags.items() if is_set]
        self._dtr_folder: tempfile.TemporaryDirectory[str] | None = None
        self._program: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Plug it in for the first time; returns when the port is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._preset is not None:
            self._eeprom_path.write_bytes(self._preset)
        arguments = [str(avr_host()), *self._arguments]
        if self._has_shim:
            self._dtr_folder = tempfile.TemporaryDirectory(prefix="qh-")  # a Unix socket's path has 108 bytes; pytest's are longer
            self.environment = {"LD_PRELOAD": str(dtr_shim()), "PTYDTR": self._dtr_folder.name}
            arguments += ["--dtr", self._dtr_folder.name]
        with (self.folder / "board.log").open("a") as log:
            self._program = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1)
        self._answer("start")

    def stop(self) -> None:
        """Take it away for good."""
        program, self._program = self._program, None
        if program is not None:
            try:
                program.communicate("quit\n", timeout=ANSWER_WITHIN_S)
            except (OSError, subprocess.TimeoutExpired):
                program.kill()
                program.communicate()
        if self._dtr_folder is not None:
            self._dtr_folder.cleanup()
            self._dtr_folder = None

    def adc(self, channel: int, millivolts: int) -> None:
        """Put a voltage on an analog input."""
        self._tell(f"adc {channel} {millivolts}")

    def pulse(self, pin: str, count: int) -> None:
        """Give a pin `count` pulses of 5 ms low and 5 ms high; `pulses_left` of `state` says when they are over. `pin`: "PD2"."""
        self._tell(f"pulse {pin} {count}")

    def dht(self, pin: str, celsius: float, percent: float) -> None:
        """Have a DHT22 on a pin, which reads this."""
        self._tell(f"dht {pin} {celsius} {percent}")

    def no_dht(self) -> None:
        """Pull the DHT22 out."""
        self._tell("dht off")

    def damage(self, one_in: int) -> None:
        """Spoil a byte in each `one_in`-th zero-ended frame that the board sends; 0 ends it."""
        self._tell(f"damage {one_in}")

    def reset(self) -> None:
        """Press the button."""
        self._tell("reset")

    def unplug(self) -> None:
        """Pull the cable: the port vanishes under whoever has it open, and the chip has no power."""
        self._tell("unplug")

    def plug(self) -> None:
        """Put the cable back: another pseudo-terminal under the same name."""
        self._tell("plug")

    def dump(self, path: Path) -> bytes:
        """The whole flash, also written to `path`."""
        self._tell(f"dump {path}")
        return path.read_bytes()

    def eeprom(self) -> bytes:
        """What the EEPROM holds now."""
        path = self.folder / "eeprom.now"
        self._tell(f"eeprom {path}")
        return path.read_bytes()

    def state(self) -> dict[str, int]:
        """Counts of the simulation: open, garbled, resets, crashes, sent, dropped, heard, overrun, damaged, cycles, pulses_left."""
        return {name: int(value) for name, _, value in (part.partition("=") for part in self._tell("state").split())}

    def log(self) -> str:
        """What happened by itself: resets with their causes, crashes."""
        return (self.folder / "board.log").read_text()

    def client_environment(self) -> dict[str, str]:
        """A whole environment for a program that opens the port."""
        return {**os.environ, **self.environment}

    def _tell(self, command: str) -> str:
        assert self._program is not None, "the board was not started"
        assert self._program.stdin is not None
        self._program.stdin.write(command + "\n")
        return self._answer(command)

    def _answer(self, command: str) -> str:
        assert self._program is not None
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        if not line.startswith("ok "):
            raise AssertionError(f"the simulated board says {line.strip() or 'nothing'!r} to {command!r}:\n{self.log()[-2000:]}")
        return line.removeprefix("ok ").strip()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if kind is not None:
            with suppress(Exception):
                print("the simulated board:", self.state(), self.log()[-2000:])
        self.stop()
