"""Alert rules and their evaluator, pure, used by edge and cloud alike. It may import `telemetry` only."""
