"""Modules of this folder with `cases() -> Iterator[Case]`."""

FAMILIES: tuple[str, ...] = ("bench.rates.industrial",)
