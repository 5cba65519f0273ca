"""From points to durable batches: what is open, when it closes, how it is composed, who writes it."""
