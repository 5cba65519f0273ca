"""Delivering what the spool holds: the uplink's thread, its targets, and what is done about refused lines."""
