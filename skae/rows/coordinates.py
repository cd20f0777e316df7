"""Coordinates: rows as a network sees them, centred and divided by one number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels import coordinates
from .blocks import gather


class Coordinates(NamedTuple):
    """An offset for each column and one scale for all: a network sees (x - offset) / scale in place of x.

    Attributes
    ----------
    offset : ndarray of shape (n_features,), float64
    scale : float
        Above 0.
    """

    offset: np.ndarray
    scale: float

    def inward(self, x):
        """Rows of X in these coordinates, in their place."""
        coordinates.inward(x, self.offset, self.scale)
        return x

    def outward(self, x, out=None):
        """Rows in these coordinates in the units of X."""
        out = np.empty_like(x) if out is None else out
        coordinates.outward(x, self.offset, self.scale, out)
        return out


class StepCoordinates(NamedTuple):
    """Coordinates in which an optimiser takes its steps, of a network that sees the rows as they are.

    Attributes
    ----------
    offset : ndarray of shape (n_features,), float64
    scale : float
        Above 0.
    in_one_unit : bool
        Whether weights are the same in both, and the biases alone are divided by the scale: of a homogeneous network,
        or with a scale of 1.
    """

    offset: np.ndarray
    scale: float
    in_one_unit: bool

    @classmethod
    def of(cls, coordinates, in_one_unit, homogeneous):
        """Those of some coordinates, with a scale that is a power of two, by which nothing is rounded.

        Parameters
        ----------
        coordinates : Coordinates or StepCoordinates
        in_one_unit : bool
        homogeneous : bool
            Whether the network is.
        """
        scale = 2.0 ** np.round(np.log2(coordinates.scale)) if homogeneous or not in_one_unit else 1.0
        return cls(coordinates.offset, float(scale), in_one_unit)


class InnerRows:
    """A matrix whose rows come out in some coordinates: ``X[rows]``.

    Parameters
    ----------
    X : ndarray, CSRMatrix or FilledRows of shape (n_samples, n_features)
    coordinates : Coordinates
    """

    dtype = np.dtype(np.float64)

    def __init__(self, X, coordinates):
        self.X = X
        self.coordinates = coordinates
        self.shape = X.shape

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        return self.coordinates.inward(np.array(self.X[rows], np.float64, order="C"))

    def gather(self, indices, out):
        """Put the rows at indices into out, rounded once, after the offset was taken off."""
        if self.X.dtype == out.dtype:
            gather(self.X, indices, out)
            self.coordinates.inward(out)
        else:
            # In float64 first, so that rows of any type come out the same; what is beyond the range of out is infinite.
            with np.errstate(over="ignore"):
                out[...] = self[indices]


def inner_rows(X, coordinates):
    """X in some coordinates; X itself where they are None."""
    return X if coordinates is None else InnerRows(X, coordinates)
