"""The command line: joins the packages; nobody imports it."""
