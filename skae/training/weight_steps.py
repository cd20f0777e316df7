"""WeightStep: the step of one matrix of weights, part by part, as its gradient becomes known."""

from __future__ import annotations

from ..kernels import unit_rows


class WeightStep:
    """Takes the gradient of a matrix of weights by units of a code, and with each part the step of an optimiser.

    The gradient of the whole matrix then never exists. Parts may be taken by several threads at once, since what they
    change does not overlap.

    Parameters
    ----------
    optimizer : Optimizer
        Elementwise, with ``step_columns``.
    weights : ndarray of shape (n_units, n_columns), or of shape (n_columns, n_units) where not by rows
        Changed in place.
    state : list of ndarray of the same shape
        What the optimiser keeps between steps; changed in place.
    by_rows : bool
        Whether the rows of ``weights`` belong to the units, or the columns.
    rate : float
    t : int
        Number of this step, from 1.
    unit_norm : bool, default=False
        Whether the rows keep the norm one, see ``UnitNorm``.
    inner : InnerGradient, default=None
        What makes the gradient one in other coordinates; ``rate`` is for these.

    Attributes
    ----------
    shape : tuple of int
        (n_units, n_columns)
    """

    def __init__(self, optimizer, weights, state, by_rows, rate, t, unit_norm=False, inner=None):
        self._optimizer = optimizer
        self._weights, self._state = weights, state
        self._when = rate, t
        self._unit_norm, self._inner = unit_norm, inner
        self.by_rows = by_rows
        self.shape = weights.shape if by_rows else weights.shape[::-1]

    def take(self, first, first_column, last_column, sums):
        """The step for some units and columns.

        Parameters
        ----------
        first : int
            Unit of the first row of ``sums``.
        first_column, last_column : int
            All columns where weights are by rows.
        sums : ndarray of shape (n, at least last_column - first_column)
            Their gradient, which may be overwritten.
        """
        if self.by_rows:
            self._step_rows(first, sums)
            return
        if self._inner is not None:
            self._inner.change(first, first_column, last_column, sums)
        rows = slice(first_column, last_column)
        state = tuple(matrix[rows] for matrix in self._state)
        self._optimizer.step_columns(self._weights[rows], sums, state, first, *self._when)

    def _step_rows(self, first, sums):
        units = slice(first, first + len(sums))
        weights = self._weights[units]
        if self._unit_norm:
            unit_rows.tangential(weights, 0, len(weights), sums)
        if self._inner is not None:
            self._inner.change(first, 0, self.shape[1], sums)
        state = tuple(matrix[units].ravel() for matrix in self._state)
        self._optimizer.step(weights.ravel(), sums.ravel(), state, *self._when)
        if self._unit_norm:
            unit_rows.normalize(weights, 0, len(weights))
