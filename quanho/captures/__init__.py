"""Captures: files of what devices sent, in the formats in which people have them.

`open_capture` finds the format by content and name; `payloads.py` makes messages of it for one decoder.
"""
