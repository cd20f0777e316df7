"""FIXED: parameters with which nothing of a training is taken from X."""

FIXED = {"init": "glorot", "solver": "adam", "learning_rate_init": 1e-3}
