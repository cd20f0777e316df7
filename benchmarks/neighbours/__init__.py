"""Neighbours: other packages with our estimators, each in an environment of its own."""
