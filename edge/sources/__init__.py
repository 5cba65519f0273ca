"""Sources: where bytes come from, one file each."""
