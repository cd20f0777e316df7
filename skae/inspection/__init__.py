"""What a fitted autoencoder does on rows: one report, beside PCA with as many components."""

from .measures import report
from .view import Report

__all__ = ["Report", "report"]
