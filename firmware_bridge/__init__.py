"""The MCU link, flashing, SD cards and bundles. `edge` and `cloud` may import it; it imports `runtime` and below."""
