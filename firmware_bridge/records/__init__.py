"""What was done to a board, signed: records, their way to the registry, and the label on the box (docs/specs/records.md)."""
