"""One file a command; each is cheap to import and loads what it needs when it runs."""
