"""Flashing: a board on a port → firmware that was read back, runs, and has shown a plausible reading."""
