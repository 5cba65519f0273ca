"""Dust sensors in software: how they run, rest and answer, after their data sheets. Time is an argument; frames go in and out whole.

`hears` takes a command as bytes on the line and returns the answer; `speaks` returns what the sensor says by itself at that moment.
Losing bytes is for the test: it drops commands or answers.
"""

from dataclasses import dataclass, field


@dataclass
class DustSensorModel:
    """What all have: the fan, and whether the sensor reports by itself. A subclass knows the bytes."""

    fan_s: float = 0.0
    is_running: bool = False
    is_reporting: bool = True
    cleanings: list[float] = field(default_factory=list)
    readings: list[float] = field(default_factory=list)
    health_questions: list[float] = field(default_factory=list)
    unknown: list[bytes] = field(default_factory=list)
    _since_s: float = 0.0
    _spoke_s: float = float("-inf")

    starts_by_itself = True
    reports_by_itself = True
    reading = b""

    def power_on(self, now_s: float) -> None:
        """As it comes from the factory."""
        self.power_off(now_s)
        self.is_reporting = self.reports_by_itself
        self._run(now_s, is_running=self.starts_by_itself)

    def power_off(self, now_s: float) -> None:
        self._run(now_s, is_running=False)

    def speaks(self, now_s: float) -> bytes:
        if not (self.is_running and self.is_reporting) or now_s - self._spoke_s < 1.0:
            return b""
        self._spoke_s = now_s
        return self._measured(now_s)

    def hears(self, command: bytes, now_s: float) -> bytes:
        raise NotImplementedError

    def ran_s(self, now_s: float) -> float:
        return self.fan_s + (now_s - self._since_s if self.is_running else 0.0)

    def _measured(self, now_s: float) -> bytes:
        self.readings.append(now_s)
        return self.reading

    def _run(self, now_s: float, *, is_running: bool) -> None:
        if self.is_running:
            self.fan_s += now_s - self._since_s
        self.is_running, self._since_s = is_running, now_s


class Plantower(DustSensorModel):
    """PMS5003 and its family. It answers mode and sleep, not waking; asleep it hears only the waking."""

    reading = bytes.fromhex("424d001c" + "0001" * 13) + (0x42 + 0x4D + 0x1C + 13).to_bytes(2, "big")

    def hears(self, command: bytes, now_s: float) -> bytes:
        what = command.hex()
        if what == "424de400010174":
            if not self.is_running:
                self._run(now_s, is_running=True)
                self.is_reporting = True
            return b""
        if not self.is_running:
            return b""
        if what == "424de400000173":
            self._run(now_s, is_running=False)
            return bytes.fromhex("424d0004e4000177")
        if what in {"424de100000170", "424de100010171"}:
            self.is_reporting = what == "424de100010171"
            return bytes.fromhex("424d0004e1000174" if not self.is_reporting else "424d0004e1010175")
        if what == "424de200000171":
            return self._measured(now_s)
        self.unknown.append(command)
        return b""


class Nova(DustSensorModel):
    """SDS011. It answers whatever it is told; asleep it hears only the waking."""

    reading = bytes.fromhex("aac0d4043a0aa1601dab")

    def hears(self, command: bytes, now_s: float) -> bytes:
        if len(command) != 19 or command[:2] != b"\xaa\xb4" or command[-1] != 0xAB or sum(command[2:17]) & 0xFF != command[17]:
            self.unknown.append(command)
            return b""
        what, is_set, value = command[2], command[3] == 1, command[4]
        if what == 6 and is_set:
            self._run(now_s, is_running=bool(value))
        elif not self.is_running:
            return b""
        elif what == 2 and is_set:
            self.is_reporting = value == 0
        elif what == 4:
            return self._measured(now_s)
        elif what != 8:
            self.unknown.append(command)
        body = bytes((what, command[3], value, 0, 0xA1, 0x60))
        return b"\xaa\xc5" + body + bytes((sum(body) & 0xFF, 0xAB))


class Honeywell(DustSensorModel):
    """HPMA115S0."""

    reading = bytes.fromhex("4005040030003156")

    def hears(self, command: bytes, now_s: float) -> bytes:
        what = command.hex()
        if what in {"68010196", "68010295"}:
            self._run(now_s, is_running=what == "68010196")
        elif what in {"68014057", "68012077"}:
            self.is_reporting = what == "68014057"
        elif what == "68010493":
            return self._measured(now_s) if self.is_running else b"\x96\x96"
        else:
            self.unknown.append(command)
            return b"\x96\x96"
        return b"\xa5\xa5"


class Sps30(DustSensorModel):
    """SPS30, its answers unstuffed as the framer hands them out."""

    starts_by_itself = False
    reports_by_itself = False
    reading = bytes.fromhex("00030028") + bytes(40)

    def hears(self, command: bytes, now_s: float) -> bytes:
        what = command.hex()
        wanted = {"7e0000020103f97e": (0x00, not self.is_running), "7e000100fe7e": (0x01, self.is_running)}
        if what in wanted:
            number, is_allowed = wanted[what]
            if is_allowed:
                self._run(now_s, is_running=number == 0)
            return bytes((0, number, 0 if is_allowed else 0x43, 0))
        if what == "7e000300fc7e":
            return self._measured(now_s) if self.is_running else bytes((0, 3, 0x43, 0))
        if what == "7e005600a97e":
            if self.is_running:
                self.cleanings.append(now_s)
            return bytes((0, 0x56, 0 if self.is_running else 0x43, 0))
        if what == "7e00d201002c7e":
            self.health_questions.append(now_s)
            return bytes.fromhex("00d200050000000000")
        self.unknown.append(command)
        return bytes((0, command[2], 2, 0))


MODELS = {"plantower": Plantower, "sds011": Nova, "hpma115": Honeywell, "sps30": Sps30}
