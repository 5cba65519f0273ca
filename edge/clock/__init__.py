"""Honest time: what may be believed of the host's clock, and when readings happened that were taken before it could be."""
