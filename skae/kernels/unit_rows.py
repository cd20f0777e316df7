"""Rows of norm one: what is left of a gradient along them, and the norm after a step."""

import math

from .compiler import kernel


@kernel
def tangential(weights, first, last, grad):
    """grad_l -= (grad_l . weights_l) weights_l, for the rows l from first to last."""
    for l in range(first, last):  # noqa: E741
        w, g = weights[l], grad[l]
        along = w.dtype.type(0)
        for j in range(w.shape[0]):
            along += w[j] * g[j]
        for j in range(w.shape[0]):
            g[j] -= along * w[j]


@kernel
def normalize(weights, first, last):
    """weights_l /= ||weights_l|| for the rows l from first to last that are not zero."""
    for l in range(first, last):  # noqa: E741
        w = weights[l]
        squares = w.dtype.type(0)
        for j in range(w.shape[0]):
            squares += w[j] * w[j]
        if squares > 0:
            norm = w.dtype.type(math.sqrt(squares))
            for j in range(w.shape[0]):
                w[j] /= norm
