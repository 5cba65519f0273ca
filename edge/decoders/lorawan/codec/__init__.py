"""Payload codecs: settings.py says what a file may hold, library.py finds it, compile.py and groups.py make a function of it."""
