"""Quality bits."""

from telemetry import quality


def test_the_bits_are_the_documented_ones() -> None:
    assert [(flag.bit, flag.name) for flag in quality.FLAGS] == [
        (1, "warm-up"),
        (2, "out-of-range"),
        (4, "flat-line"),
        (8, "implausible-jump"),
        (16, "clock-estimated"),
        (32, "simulated"),
        (64, "maintenance"),
        (128, "device-error"),
        (256, "time-reconstructed"),
        (512, "stale"),
    ]


def test_describe_names_each_set_bit_and_nothing_for_good() -> None:
    assert quality.describe(quality.GOOD) == ()
    assert [flag.name for flag in quality.describe(quality.SIMULATED | quality.OUT_OF_RANGE | 4096)] == ["out-of-range", "simulated"]
    assert all(flag.vi and flag.en for flag in quality.FLAGS)
