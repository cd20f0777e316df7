"""The handwriting experiment: a linear classifier of digits on raw pixels, PCA and each autoencoder."""

from .experiment import compare
from .files import save
from .table import Comparison, Result, wilson_interval

__all__ = ["Comparison", "Result", "compare", "save", "wilson_interval"]
