from runtime.mqtt_acks import pubacks


def test_acknowledgements_are_four_bytes_each_in_the_order_given() -> None:
    assert pubacks([1, 65_535, 2]) == bytes.fromhex("40020001 4002ffff 40020002")


def test_no_acknowledgement_is_no_bytes() -> None:
    assert pubacks([]) == b""
