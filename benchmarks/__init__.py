"""Measurements behind the figures in the documentation; each module is a command."""
