"""Measurements behind the figures in the documentation, by subject; ``python -m benchmarks`` lists them."""
