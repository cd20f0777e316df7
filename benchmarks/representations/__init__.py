"""Representations: codes learned without labels, and what makes them good."""
