"""Makes the pictures of the documentation, by running the commands that it shows."""
