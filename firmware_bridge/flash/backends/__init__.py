"""One file a program (or drive) that writes flash; the table is in flasher.py."""
