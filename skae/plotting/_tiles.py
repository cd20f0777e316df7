"""Rows of X as images: their shape, and a grid of them drawn as one picture."""

from __future__ import annotations

import math

import numpy as np

from ..runtime.exceptions import ParameterError
from ..runtime.numbers import is_integer

# Greatest height over width of a picture, and inches of a figure for the title and the margins.
_MOST_ASPECT = 1.25
_MARGIN_INCHES = 0.45


def checked_image_shape(image_shape, n_features):
    """Height and width of the image of a row of n_features.

    Parameters
    ----------
    image_shape : tuple of int
    n_features : int

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        For a shape of another size.
    """
    shape = tuple(np.atleast_1d(np.asarray(image_shape, dtype=object)))
    whole = len(shape) == 2 and all(is_integer(side) and side > 0 for side in shape)
    if not whole or math.prod(shape) != n_features:
        legal = f"(height, width) with height * width = {n_features}, the number of features"
        raise ParameterError("image_shape", image_shape, legal, found="; got {value}.")
    return int(shape[0]), int(shape[1])


def tiled(lines, image_shape, block=None):
    """Lines of images as one picture, NaN in the gaps of one pixel between them and where a line is short.

    Parameters
    ----------
    lines : list of array-like of shape (n_images, n_features)
        From top to bottom, the first of them the longest.
    image_shape : tuple of int
    block : int, default=None
        Number of lines that belong together; the gap between such blocks is wider. None for all.

    Returns
    -------
    ndarray of shape (n_lines * (height + 1) - 1, n_images * (width + 1) - 1)
        The height is greater if there are several blocks.
    """
    height, width = image_shape
    tops = line_tops(len(lines), image_shape, block)
    picture = np.full((tops[-1] + height, len(lines[0]) * (width + 1) - 1), np.nan)
    for top, line in zip(tops, lines):
        for j, image in enumerate(line):
            left = j * (width + 1)
            picture[top : top + height, left : left + width] = np.asarray(image).reshape(image_shape)
    return picture


def line_tops(n_lines, image_shape, block=None):
    """Heights, in a picture of ``tiled``, of the first pixels of its lines; ndarray of int of shape (n_lines,)."""
    lines = np.arange(n_lines)
    between = max(1, image_shape[0] // 2)
    return (image_shape[0] + 1) * lines + (0 if block is None else between * (lines // block))


def line_middles(n_lines, image_shape, block=None):
    """Heights, in a picture of ``tiled``, of the middles of its lines."""
    return line_tops(n_lines, image_shape, block) + (image_shape[0] - 1) / 2


def picture_height(picture, beside=0.0, most=_MOST_ASPECT):
    """Inches of a figure of the usual width for a picture with its title.

    Parameters
    ----------
    picture : ndarray of shape (height, width)
    beside : float, default=0.0
        Inches to the side of it that are not the picture's.
    most : float, default=1.25
        Greatest height over width.

    Returns
    -------
    float
    """
    return height_of(picture.shape[0] / picture.shape[1], beside, most)


def height_of(aspect, beside=0.0, most=_MOST_ASPECT):
    """``picture_height`` for a given aspect, height over width."""
    from matplotlib import rcParams

    return max(rcParams["figure.figsize"][0] - beside, 1.0) * min(aspect, most) + _MARGIN_INCHES


def draw_picture(ax, picture, *, cmap, vmin, vmax, gap):
    """Draw a picture pixel by pixel, without ticks and frame, in a colour map with a colour of its own for NaN.

    Returns
    -------
    matplotlib AxesImage
    """
    from matplotlib import colormaps

    ax.set_xticks([])
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    colours = colormaps.get_cmap(cmap).with_extremes(bad=gap)
    return ax.imshow(picture, cmap=colours, vmin=vmin, vmax=vmax, interpolation="nearest")
