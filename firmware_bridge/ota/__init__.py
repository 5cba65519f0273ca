"""A new firmware for one attached board: kept when its readings prove it, taken back when they do not."""
