"""Signed firmware bundles: what a technician carries, and why a board may believe it (docs/specs/bundle.md)."""
