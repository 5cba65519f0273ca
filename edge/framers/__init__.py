"""Framers: from the bytes of a line to whole frames, one file each; see `table`."""
