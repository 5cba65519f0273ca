"""What the agent makes of the link to a board: which frames it has, what their readings mean, pictures, and commands."""
