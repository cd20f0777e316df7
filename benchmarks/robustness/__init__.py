"""Robustness: damaged files, kills, interrupts and leaks."""
