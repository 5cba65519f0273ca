"""What this project claims in numbers, measured: `python -m bench`. See docs/benchmarks.md."""
