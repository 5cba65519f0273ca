"""Modules of this folder with `cases() -> Iterator[Case]`."""

FAMILIES = ("bench.rates.gas_and_dust",)
FAMILIES: tuple[str, ...] = ("bench.rates.home_devices",)
FAMILIES: tuple[str, ...] = ("bench.rates.lorawan",)
