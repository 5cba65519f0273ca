"""The MCU link: both ends of `docs/specs/link.md`, without I/O; a line of one's own is in `line.py`."""
