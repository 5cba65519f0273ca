"""The window between a model broker and a model spool, over two pipes that may be cut at any moment."""

from collections import OrderedDict, deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from runtime.mqtt_window import AckWindow, Seen

_BROKER_WINDOW = 4
_IDS = 9  # packet ids wrap soon
_PING, _PONG = -1, -1


class BrokerAndSpool(RuleBasedStateMachine):
    """Messages are numbers; a message's receipt is its number. `durable` is what the spool holds."""

    def __init__(self) -> None:
        super().__init__()
        self.window = AckWindow()
        self.published = 0
        self.queue: deque[int] = deque()
        self.in_flight: OrderedDict[int, int] = OrderedDict()  # packet id to message
        self.last_id = 0
        self.down: deque[tuple[int, bool, int]] = deque()  # packet id or _PONG, dup, message
        self.up: deque[int] = deque()  # packet id or _PING
        self.fence_up = False
        self.delivered: list[tuple[int, int, int]] = []  # generation, packet id, message: in memory, not yet durable
        self.durable: dict[int, int] = {}  # message to the broker session in which it became durable
        self.session = 0
        self.receipts: dict[int, int] = {}  # packet id to message: what the spool remembers of this session
        self.acknowledged: set[int] = set()
        self.window.connected(session_present=False)

    @rule(count=st.integers(1, 5))
    def publish(self, count: int) -> None:
        for _ in range(count):
            self.published += 1
            self.queue.append(self.published)

    @precondition(lambda self: self.queue and len(self.in_flight) < _BROKER_WINDOW)
    @rule()
    def broker_sends(self) -> None:
        self.last_id = self.last_id % _IDS + 1
        if self.last_id not in self.in_flight:
            self.in_flight[self.last_id] = self.queue.popleft()
            self.down.append((self.last_id, False, self.in_flight[self.last_id]))

    @precondition(lambda self: self.down)
    @rule()
    def session_receives(self) -> None:
        packet_id, dup, message = self.down.popleft()
        if packet_id == _PONG:
            self.fence_up = False
            self.window.confirm_fence()
        elif self.window.classify(packet_id, dup, message) is Seen.NEW:
            assert self.durable.get(message) != self.session, "delivered again though durable"
            self.delivered.append((self.window.generation, packet_id, message))

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def spool_makes_durable(self, data: st.DataObject) -> None:
        self._make_durable(*self.delivered.pop(data.draw(st.integers(0, len(self.delivered) - 1))))

    def _make_durable(self, generation: int, packet_id: int, message: int) -> None:
        if generation == self.window.generation:
            self.durable[message] = self.session
            self.receipts[packet_id] = message
        else:
            self.durable.setdefault(message, -1)  # durable, but its packet id says nothing in the new session
        self.window.settle(generation, [packet_id])

    @rule()
    def session_acknowledges(self) -> None:
        self.up.extend(self.window.due())

    @precondition(lambda self: not self.fence_up)
    @rule()
    def session_pings(self) -> None:
        self.session_acknowledges()
        self.up.append(_PING)
        self.window.raise_fence()
        self.fence_up = True

    @precondition(lambda self: self.up)
    @rule()
    def broker_receives(self) -> None:
        packet_id = self.up.popleft()
        if packet_id == _PING:
            self.down.append((_PONG, False, 0))
            return
        assert packet_id == next(iter(self.in_flight), None), "acknowledged out of turn"
        message = self.in_flight.pop(packet_id)
        assert message in self.durable, "acknowledged before it was durable"
        self.acknowledged.add(message)

    @rule()
    def connection_is_cut(self) -> None:
        self._reconnect(session_present=True)

    @rule()
    def broker_forgets_the_session(self) -> None:
        self.queue.extendleft(reversed(self.in_flight.values()))
        self.in_flight.clear()
        self.last_id = 0
        self.session += 1
        self.receipts.clear()
        self._reconnect(session_present=False)

    @rule()
    def agent_is_killed(self) -> None:
        self.delivered.clear()
        self.window = AckWindow()
        self.window.remember(self.receipts.items())
        self._reconnect(session_present=True)

    def _reconnect(self, session_present: bool) -> None:
        self.down.clear()
        self.up.clear()
        self.fence_up = False
        self.window.connected(session_present)
        self.down.extend((packet_id, True, message) for packet_id, message in self.in_flight.items())

    def teardown(self) -> None:
        for _ in range(20 * (self.published + 5)):
            if self.queue and len(self.in_flight) < _BROKER_WINDOW:
                self.broker_sends()
            while self.down:
                self.session_receives()
            for delivery in self.delivered:
                self._make_durable(*delivery)
            self.delivered.clear()
            self.session_acknowledges()
            while self.up:
                self.broker_receives()
        assert self.acknowledged == set(range(1, self.published + 1)), "not everything was acknowledged in the end"


TestBrokerAndSpool = BrokerAndSpool.TestCase
TestBrokerAndSpool.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
