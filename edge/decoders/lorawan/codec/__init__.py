"""Declarative payload codecs: settings.py says what a file may hold, compile.py makes a function of it, library.py finds it."""
