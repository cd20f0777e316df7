"""Rows as curves over their features: in a grid with one in each tile, or several together in a band."""

from __future__ import annotations

import numpy as np

# Fraction of a tile or a band that is left free around its curve.
_FREE = 0.1
_ZERO_COLOR = "#bbbbbb"


def draw_curves(ax, x, rows, **options):
    """Draw curves, which are broken where a value is missing.

    Parameters
    ----------
    ax : matplotlib Axes
    x, rows : ndarray of shape (n_rows, n_features)
    **options
        Of matplotlib's ``LineCollection``.

    Returns
    -------
    matplotlib LineCollection
    """
    from matplotlib.collections import LineCollection

    curves = LineCollection(np.stack(np.broadcast_arrays(x, rows), axis=-1), **options)
    ax.add_collection(curves)
    return curves


def draw_grid(ax, rows, limit, n_columns, color):
    """Draw each row in a tile of its own, with a line at zero.

    Parameters
    ----------
    ax : matplotlib Axes
    rows : ndarray of shape (n_rows, n_features)
    limit : float
        Value at the upper edge of a tile; minus it is at the lower edge.
    n_columns : int
        Tiles side by side.
    color : color

    Returns
    -------
    matplotlib LineCollection
    """
    left, line = np.arange(len(rows)) % n_columns, np.arange(len(rows)) // n_columns
    along = np.linspace(_FREE / 2, 1 - _FREE / 2, rows.shape[1])
    x = left[:, None] + along
    middles = -line[:, None] - 0.5
    draw_curves(ax, x[:, [0, -1]], np.repeat(middles, 2, axis=1), color=_ZERO_COLOR, linewidth=0.6)
    curves = draw_curves(ax, x, middles + (0.5 - _FREE / 2) * rows / limit, color=color, linewidth=0.9)
    ax.set(xlim=(0, n_columns), ylim=(-line[-1] - 1, 0), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return curves


def in_bands(rows, low, high):
    """Rows one below the other, each in a band of height one, the first one at the top.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    low, high : float
        Values at the edges of a band.

    Returns
    -------
    ndarray of shape (n_rows, n_features)
        The middle of the band of row i is at -i.
    """
    scale = high - low if high > low else 1.0
    return (np.asarray(rows, np.float64) - (low + high) / 2) / scale * (1 - _FREE) - np.arange(len(rows))[:, None]
