"""Talks: what a serial sensor has to be told, and when. Pure, one file a kind; table.py lists the kinds."""
