"""Rules of good dashboards, one file each."""
