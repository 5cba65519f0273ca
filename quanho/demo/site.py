"""The whole simulated site: broker, store, agent and street, started in the order in which they need one another."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from edge.spool.set_aside import read_set_aside
from quanho.demo.account import Account, draw_up
from quanho.demo.agent_process import AgentFailed, AgentProcess
from quanho.demo.avr import DEVICE as AVR_DEVICE
from quanho.demo.avr import SOURCE as AVR_SOURCE
from quanho.demo.avr import AvrBoard, NoBoard
from quanho.demo.devices import SERIAL_SOURCES, SOURCE_OF, SOURCES
from quanho.demo.edge_config import config_text
from quanho.demo.servers import MissingServer, Mosquitto
from quanho.demo.store import FileStore, InfluxStore, Store
from quanho.demo.street import Street
from quanho.lang import say

_READY_S = 30.0
_QUIET_S = 0.1  # a serial line is at rest for so long after it was opened, so that its first line is taken for a whole one
_LEAVE_S = 10.0
_DRAIN_S = 90.0  # the agent waits up to a minute between two tries of a store that was away for long
_STILL_S = 5.0  # an empty spool and a store that does not grow for so long: nothing more will come
_POLL_S = 0.2
_MARGIN_H = 0.1

Tell = Callable[[str], None]


class Site:
    """Built in `folder`. Life cycle: `start`, then `balance` (ends the street and the agent and draws up the account), `close`."""

    def __init__(self, folder: Path, tell: Tell, history_h: float = 0.0) -> None:
        """`tell` is given what the operator should know, a sentence each; the devices on MQTT tell of the last `history_h` hours first."""
        self._folder = folder
        self._tell = tell
        self._history_h = history_h
        self.since_ns = time.time_ns() - round((history_h + _MARGIN_H) * 3600e9)
        self.broker: Mosquitto | None = Mosquitto(folder / "mosquitto")
        self.store: Store = InfluxStore(folder / "influxd", self.since_ns)
        self.agent = AgentProcess(folder / "edge.toml", folder / "agent" / "agent.sock", folder / "agent.log")
        self.street: Street | None = None
        self.board: AvrBoard | None = None

    @property
    def told_h(self) -> float:
        """How many hours of the past the devices tell of: none where there is no broker to tell them to."""
        return self._history_h if self.broker else 0.0

    def start(self) -> None:
        """Start everything; without influxd on files, without mosquitto with the serial devices alone.

        Raises AgentFailed, ServerError or OSError.
        """
        self._start_store()
        self._start_broker()
        port = self.broker.port if self.broker else None
        self.street = Street(self._folder, port, self._history_h)
        self._start_board(self.street)
        ports = {source: self.street.port_of(source) for source in SERIAL_SOURCES}
        state_dir = self._folder / "agent"
        state_dir.mkdir(exist_ok=True)
        self.agent.config.write_text(
            config_text(state_dir, self.store.uplink, port, **ports, board=self.board.port if self.board else None), encoding="utf-8"
        )
        self.agent.start()

    def open_street(self) -> None:
        """Let the street speak once every source of the agent is connected. Raises AgentFailed."""
        deadline_s = time.monotonic() + _READY_S
        while True:
            state = self.agent.ask("status")
            if state and state["sources"] and all(source["connected"] for source in state["sources"]):
                break
            self.agent.check()
            if time.monotonic() > deadline_s:
                raise AgentFailed(f"the agent did not connect to its sources within {_READY_S:.0f} s; its log:\n{self.agent.log_tail()}")
            time.sleep(_POLL_S)
        time.sleep(_QUIET_S)
        if self.street:
            self.street.start()

    def balance(self, on_wait: Callable[[], None]) -> Account:
        """Silence the street, wait until all has arrived or nothing more comes, end the agent, and count.

        `on_wait` is called while waiting.
        """
        troubles: list[str] = []
        self.store.restore()
        unsent = self.street.finish(_LEAVE_S) if self.street else 0
        if self.board:
            self.board.finish()
        if unsent:
            troubles.append(say(f"{unsent} bản tin chưa rời thiết bị", f"{unsent} messages did not leave their device in time"))
        if self.street and self.street.trouble:
            troubles.append(self.street.trouble)
        self._wait_until_arrived(on_wait)
        if not self.agent.is_running:
            troubles.append(say("tác tử đã tự dừng giữa chừng", "the agent ended by itself during the run"))
        code = self.agent.stop()
        if code:
            troubles.append(say(f"tác tử kết thúc với mã lỗi {code}", f"the agent ended with exit code {code}"))
        return self._account(troubles)

    def close(self) -> None:
        """End everything that is left, at once."""
        self.agent.kill()
        if self.board:
            self.board.close()
        if self.street:
            self.street.close()
        self.store.stop()
        if self.broker:
            self.broker.kill()

    def set_aside(self) -> dict[str, int]:
        """Return what is in the set-aside store's files, by source."""
        return Counter(str(entry.get("source")) for entry in read_set_aside(self._folder / "agent" / "spool" / "set-aside"))

    def _start_store(self) -> None:
        try:
            self.store.start()
        except MissingServer as missing:
            self.store = FileStore(self._folder / "files")
            self.store.start()
            self._tell(
                say(
                    f"Không có InfluxDB trên máy này ({missing}). Tác tử ghi vào tệp .lp.gz hằng ngày; sổ được đối chiếu với các tệp đó.",
                    f"No InfluxDB on this machine ({missing}). The agent writes daily .lp.gz files; the account is balanced against them.",
                )
            )

    def _start_broker(self) -> None:
        try:
            if self.broker:
                self.broker.start()
        except MissingServer as missing:
            self.broker = None
            self._tell(
                say(
                    f"Không có MQTT broker trên máy này ({missing}). Chỉ hai cảm biến nối tiếp hoạt động.",
                    f"No MQTT broker on this machine ({missing}). Only the two serial sensors speak.",
                )
            )

    def _start_board(self, street: Street) -> None:
        board: AvrBoard | None = None
        try:
            board = AvrBoard(self._folder, street.tally, lambda: street.hour)
            board.start()
        except NoBoard as missing:
            if board:
                board.close()
            self._tell(say(f"Không có bo mạch AVR ({missing}): phần này được bỏ qua.", f"No AVR board ({missing}): the demo goes without."))
        else:
            self.board = board

    def _wait_until_arrived(self, on_wait: Callable[[], None]) -> None:
        wanted = self._wanted()
        deadline_s = time.monotonic() + _DRAIN_S
        before, changed_s = None, time.monotonic()
        while time.monotonic() < deadline_s and self.agent.is_running:
            on_wait()
            points = self.store.count()
            arrived = sum((points or {}).values()), sum(self.set_aside().values())
            if points is not None and arrived == wanted:
                return
            if arrived != before or not self._is_spool_empty():
                before, changed_s = arrived, time.monotonic()
            elif time.monotonic() - changed_s > _STILL_S:
                return
            time.sleep(_POLL_S)

    def _is_spool_empty(self) -> bool:
        state = self.agent.ask("status")
        return state is not None and not any(queue["lines_unsent"] for queue in state["spool"]["queues"].values())

    def _wanted(self) -> tuple[int, int]:
        tally = self.street.tally if self.street else None
        return (sum(tally.readings.values()), sum(tally.faults.values())) if tally else (0, 0)

    def _account(self, troubles: list[str]) -> Account:
        stored = self.store.count()
        if stored is None:
            troubles.append(say("kho dữ liệu không trả lời khi đếm", "the store did not answer when its points were counted"))
        sources = (*(SOURCES if self.broker else SERIAL_SOURCES), *((AVR_SOURCE,) if self.board else ()))
        readings, faults = (self.street.tally.readings, self.street.tally.faults) if self.street else ({}, {})
        return draw_up(sources, readings, faults, stored or {}, self.set_aside(), {**SOURCE_OF, AVR_DEVICE: AVR_SOURCE}, troubles)
