"""A new config on a running agent, on trial: what changes, whether it works, and the way back."""
