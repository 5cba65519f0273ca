"""Acceptance at a site: what a running agent must show before the technician leaves. Pure; the shell is `quanho site check`."""
