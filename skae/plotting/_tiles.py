"""Rows of X as images: their shape, and a grid of them drawn as one picture."""

from __future__ import annotations

import math

import numpy as np

from ..runtime.numbers import is_integer

# Of a picture: height over width. Of a figure: inches for the title and the margins.
_MOST_ASPECT = 1.25
_MARGIN_INCHES = 0.45


def checked_image_shape(image_shape, n_features):
    """Height and width of the image that a row of n_features is.

    Parameters
    ----------
    image_shape : tuple of int or None
        None for a square.
    n_features : int

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        Where a square is asked for and n_features is no square number, and for a shape of another size.
    """
    if image_shape is None:
        side = math.isqrt(n_features)
        if side * side != n_features:
            raise ValueError(
                f"image_shape must be given: {n_features} features do not make a square image. Pass "
                f"image_shape=(height, width) with height * width = {n_features}."
            )
        return side, side
    shape = tuple(np.atleast_1d(np.asarray(image_shape, dtype=object)))
    whole = len(shape) == 2 and all(is_integer(side) and side > 0 for side in shape)
    if not whole or math.prod(shape) != n_features:
        raise ValueError(
            f"image_shape must be (height, width) with height * width = {n_features}, the number of features; got "
            f"{image_shape!r}."
        )
    return int(shape[0]), int(shape[1])


def tiled(lines, image_shape):
    """Lines of images as one picture, NaN in the gaps of one pixel between them and where a line is short.

    Parameters
    ----------
    lines : list of array-like of shape (n_images, n_features)
        From top to bottom, the first of them the longest.
    image_shape : tuple of int

    Returns
    -------
    ndarray of shape (n_lines * (height + 1) - 1, n_images * (width + 1) - 1)
    """
    height, width = image_shape
    picture = np.full((len(lines) * (height + 1) - 1, len(lines[0]) * (width + 1) - 1), np.nan)
    for i, line in enumerate(lines):
        for j, image in enumerate(line):
            top, left = i * (height + 1), j * (width + 1)
            picture[top : top + height, left : left + width] = np.asarray(image).reshape(image_shape)
    return picture


def picture_height(picture, beside=0.0):
    """Inches of a figure of the usual width for a picture with its title, and with what takes some inches beside it."""
    from matplotlib import rcParams

    width = max(rcParams["figure.figsize"][0] - beside, 1.0)
    return width * min(picture.shape[0] / picture.shape[1], _MOST_ASPECT) + _MARGIN_INCHES


def line_middles(n_lines, image_shape):
    """Heights, in a picture of ``tiled``, of the middles of its lines."""
    return (image_shape[0] + 1) * np.arange(n_lines) + (image_shape[0] - 1) / 2


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
