"""A new firmware for a fleet of boards: in waves, stopped by what the readings say. Pure: its driver has the clock and the network."""
