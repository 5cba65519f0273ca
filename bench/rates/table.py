"""Modules of this folder with `cases() -> Iterator[Case]`."""

FAMILIES = (
    "bench.rates.gas_and_dust",
    "bench.rates.generic",
    "bench.rates.home_devices",
    "bench.rates.industrial",
    "bench.rates.lorawan",
    "bench.rates.lorawan_servers",
    "bench.rates.modbus",
    "bench.rates.nmea",
)
