"""Decoders: bytes of one message or one line → readings. Pure, no I/O; table.py lists them, decoder.py is what each keeps to."""
