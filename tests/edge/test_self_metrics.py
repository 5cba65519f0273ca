from pathlib import Path

from edge.self_metrics import Totals, Vitals, gateway_point
from telemetry.point import FieldValue

NOW_NS = 1_700_000_000 * 10**9
NOTHING = Totals(0, 0, 0, 0)


def fields(lag_s: float | None) -> dict[str, FieldValue]:
    vitals = Vitals(NOW_NS, 10.0, Totals(50, 40, 1, 30), NOTHING, {}, is_uplink_up=True, state_dir=Path("/"), lag_s=lag_s)
    return dict(gateway_point("bn", "gw-1", vitals).fields)


def test_lag_is_that_of_the_last_delivery_and_absent_before_one() -> None:
    assert fields(1.5)["lag_s"] == 1.5
    assert "lag_s" not in fields(None)


def test_rates_are_per_second_since_the_last_look() -> None:
    assert [fields(None)[name] for name in ("received_rate", "stored_rate", "delivered_rate")] == [5.0, 4.0, 3.0]
