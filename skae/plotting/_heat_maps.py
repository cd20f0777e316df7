"""Rows with a cell per column, drawn as one heat map with the names of the columns below."""

from __future__ import annotations

import numpy as np

from ._figures import axes_for, shorten_label
from ._forms import label_features

# Of a line, at the least where it has a name; of all lines; of the space for names of columns and a title.
_LINE_INCHES = 0.2
_LEAST_INCHES = 2.0
_MOST_INCHES = 40.0
_MARGIN_INCHES = 1.6
# Points of a name at the least, and of a line that it takes.
_LEAST_POINTS = 5.0
_POINTS_OF_LINE = 0.8
# Least distance of two names, in their usual size, if lines are too close to have one each.
_SIZES_OF_NAME = 1.6
# Of a name below a column.
_INCHES_OF_LETTER = 0.075


def draw_heat_map(ax, cells, columns, lines, few=None, *, cmap, vmin, vmax, gap):
    """Draw a heat map.

    Parameters
    ----------
    ax : matplotlib Axes or None
        None for a new figure.
    cells : ndarray of shape (n_lines, n_columns)
        NaN in the colour of the gap.
    columns : sequence of str
    lines : dict of int to str
        Names of lines by their number from the top.
    few : dict of int to str, default=None
        Names to choose from if the lines are too close for all of ``lines``; None to choose from ``lines``.
    cmap : str or Colormap
    vmin, vmax : float
    gap : str

    Returns
    -------
    matplotlib AxesImage
    """
    from matplotlib import colormaps

    inches = min(max(_LINE_INCHES * len(cells), _LEAST_INCHES), _MOST_INCHES)
    ax = axes_for(ax, height=inches + _MARGIN_INCHES)
    colours = colormaps.get_cmap(cmap).with_extremes(bad=gap)
    image = ax.imshow(cells, cmap=colours, vmin=vmin, vmax=vmax, interpolation="nearest", aspect="auto")
    label_features(ax, columns, cells.shape[1])
    _name_lines(ax, lines, few or lines, 72 * _room(ax, inches, columns), len(cells))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return image


def _room(ax, inches, columns):
    """Inches available for the lines, at most, in axes that may be part of a figure."""
    below = _INCHES_OF_LETTER * max(len(shorten_label(name)) for name in columns)
    return min(inches, max(ax.get_position().height * ax.figure.get_figheight() - below, 0.1))


def _name_lines(ax, lines, few, points, n_lines):
    """Name all lines if the letters fit, or else some of ``few``; ``points`` is the height of all lines."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    usual = FontProperties(size=rcParams["ytick.labelsize"]).get_size_in_points()
    size = min(usual, _POINTS_OF_LINE * points / n_lines)
    if size < _LEAST_POINTS:
        lines, size = few, usual
        step = -(-len(lines) // max(1, int(points / (_SIZES_OF_NAME * usual))))
        lines = {place: lines[place] for place in list(lines)[::step]}
    ax.set_yticks(list(lines), list(lines.values()), parse_math=False, fontsize=size)


def grouped(lines, gap=1):
    """Interleave several arrays of rows: first row of each, a gap, second row of each, and so on.

    Parameters
    ----------
    lines : list of ndarray of shape (n_rows, n_columns)
    gap : int, default=1
        Lines of NaN between rows.

    Returns
    -------
    cells : ndarray of shape (n_rows * (n_lines + gap) - gap, n_columns)
    tops : ndarray of int of shape (n_rows,)
        Where each row begins.
    """
    n_rows, n_columns = lines[0].shape
    cells = np.full((n_rows, len(lines) + gap, n_columns), np.nan)
    for place, line in enumerate(lines):
        cells[:, place] = line
    tops = np.arange(n_rows) * (len(lines) + gap)
    return cells.reshape(-1, n_columns)[: len(cells) * (len(lines) + gap) - gap], tops
