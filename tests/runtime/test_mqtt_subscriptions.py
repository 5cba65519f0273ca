from pathlib import Path

import pytest

from runtime.mqtt_subscriptions import BROKER_DROPS, BrokerMemory, SubscriptionPlan, Subscriptions


def memory(path: Path | None = None, **filters: int) -> BrokerMemory:
    return BrokerMemory(path, "broker:1883", "edge", dict(filters))


def test_mqtt_5_subscribes_to_everything_each_time() -> None:
    assert Subscriptions({"a": 1, "b": 1}, memory(a=1), mqtt5=True).opened(session_present=True) == SubscriptionPlan({"a": 1, "b": 1}, ())


def test_mqtt_3_subscribes_only_to_what_the_broker_has_not() -> None:
    subscriptions = Subscriptions({"a": 1, "b": 1, "c": 1, BROKER_DROPS: 0}, memory(a=1, b=0), mqtt5=False)
    assert subscriptions.opened(session_present=True).subscribe == {"b": 1, "c": 1, BROKER_DROPS: 0}


@pytest.mark.parametrize("mqtt5", [False, True])
def test_a_filter_taken_out_of_the_config_is_unsubscribed(mqtt5: bool) -> None:
    assert Subscriptions({"a": 1}, memory(a=1, gone=1), mqtt5).opened(session_present=True).unsubscribe == ("gone",)


@pytest.mark.parametrize("mqtt5", [False, True])
def test_a_forgotten_session_means_subscribing_anew(mqtt5: bool) -> None:
    assert Subscriptions({"a": 1}, memory(a=1, gone=1), mqtt5).opened(session_present=False) == SubscriptionPlan({"a": 1}, ())


def test_a_refused_filter_is_tried_again_until_it_is_granted() -> None:
    kept = memory()
    subscriptions = Subscriptions({"a": 1, "b": 1}, kept, mqtt5=True)
    subscriptions.answered(["a", "b"], [1, 0x87])
    assert subscriptions.again() == {"b": 1}
    assert kept.filters == {"a": 1}
    subscriptions.answered(["b"], [1])
    assert subscriptions.again() == {}


def test_memory_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "mqtt.json"
    kept = memory(file, a=1)
    kept.dropped = 7
    kept.save()
    again = memory(file)
    again.load()
    assert (again.filters, again.dropped) == ({"a": 1}, 7)


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"server":"broker:1883","client_id":"edge","filters":[1]}', '{"server":"x","filters":{"a":1}}']
)
def test_a_damaged_or_foreign_memory_is_no_memory(tmp_path: Path, content: str) -> None:
    file = tmp_path / "mqtt.json"
    file.write_text(content)
    kept = memory(file)
    kept.load()
    assert kept.filters == {}


def test_drops_are_counted_from_the_first_value_and_across_a_restart_of_the_broker() -> None:
    kept = memory()
    assert [kept.count_drops(counter) for counter in (5, 5, 8, 2, 3)] == [0, 0, 3, 2, 1]
