"""Line protocol, the text that sensors' figures travel in: encode.py writes it, parse.py reads it, docs/specs/wire.md describes it."""
