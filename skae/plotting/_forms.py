"""The form in which rows of X are drawn: as images, as lines of a heat map with a cell per column, or as curves."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
from sklearn.utils.validation import _get_feature_names

from ._figures import shorten_label
from ._tiles import checked_image_shape

# Most columns whose names are legible side by side; rows with more are drawn as curves.
MOST_COLUMNS = 40
# Fewer columns with names are not drawn as pixels, even if their number is a square.
_LEAST_NAMED_PIXELS = 25
# Names of features along a curve.
_TICKS = 8


class Form(Enum):
    """How rows are drawn."""

    IMAGE = "image"
    COLUMNS = "columns"
    CURVE = "curve"


def form_of(image_shape, n_features, names=None):
    """The form of rows, and the shape of an image.

    Parameters
    ----------
    image_shape : tuple of int or None
        None for a square image if the number of features is a square, and is at least 25 or the features have no names.
        Otherwise, and for a shape of one line: columns up to 40 features, a curve beyond.
    n_features : int
    names : sequence of str, default=None

    Returns
    -------
    form : Form
    shape : tuple of int or None
        Height and width for ``Form.IMAGE``.

    Raises
    ------
    ValueError
        For an image shape that does not fit.
    """
    if image_shape is not None:
        shape = checked_image_shape(image_shape, n_features)
        if min(shape) > 1 or n_features == 1:
            return Form.IMAGE, shape
    else:
        side = math.isqrt(n_features)
        if side * side == n_features and (names is None or n_features >= _LEAST_NAMED_PIXELS):
            return Form.IMAGE, (side, side)
    return (Form.COLUMNS if n_features <= MOST_COLUMNS else Form.CURVE), None


def checked_names(names, n_features):
    """Names of features as strings, by default x0, x1, ...; raises ValueError for a wrong number of names."""
    if names is None:
        return [f"x{j}" for j in range(n_features)]
    names = list(map(str, names))
    if len(names) != n_features:
        raise ValueError(f"feature_names must hold a name for each of {n_features} features; got {len(names)}.")
    return names


def names_of_frame(X):
    """Names of the columns of a frame; None if X is not a frame, or the names are not strings."""
    try:
        return _get_feature_names(X)
    except TypeError:
        # The names are strings and other objects.
        return None


def label_features(ax, names, n_features, rotated=True):
    """Name the features along the horizontal axis: all columns of a heat map, some of a curve.

    Parameters
    ----------
    ax : matplotlib Axes
    names : sequence of str or None
    n_features : int
    rotated : bool, default=True
        Whether every feature has a cell, with its name rotated by 90 degrees.
    """
    if rotated:
        names = [shorten_label(name) for name in checked_names(names, n_features)]
        ax.set_xticks(np.arange(n_features), names, rotation=90, parse_math=False)
        return
    ax.set_xlim(0, max(n_features - 1, 1))
    if names is None:
        ax.set_xlabel("number of the feature")
        return
    names = checked_names(names, n_features)
    places = np.unique(np.linspace(0, n_features - 1, _TICKS).astype(int))
    ax.set_xticks(places, [shorten_label(names[j]) for j in places], rotation=30, ha="right", parse_math=False)
