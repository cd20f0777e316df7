"""The axes, legends and colours that displays draw with, and the check that matplotlib is installed."""

from __future__ import annotations

import numpy as np

# Longest name; a longer one is cut in its middle.
_MOST_LETTERS = 40
# Most lines of a column, and most columns, of a legend beside its axes.
_LEGEND_LINES = 20
_LEGEND_COLUMNS = 3
MOST_IN_LEGEND = _LEGEND_LINES * _LEGEND_COLUMNS

# M. A. Petroff, "Accessible color sequences for data visualization", arXiv:2107.02270 (2021): ten colours that differ
# for readers with any colour vision, and in lightness.
_PETROFF = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)


def require_matplotlib(display):
    """Raise ImportError, with the remedy, where matplotlib is not installed.

    Parameters
    ----------
    display : type
        The class that is to draw.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(f"{display.__name__} draws with matplotlib: pip install 'skae[plots]'.") from error


def axes_for(ax, height=None):
    """The axes that a user gave, or those of a new figure of pyplot.

    Parameters
    ----------
    ax : matplotlib Axes or None
    height : float, default=None
        Height of a new figure in inches; None for matplotlib's default.

    Returns
    -------
    matplotlib Axes
    """
    from matplotlib.axes import Axes

    if isinstance(ax, Axes):
        return ax
    if ax is not None:
        raise TypeError(f"ax must be a matplotlib Axes, or None for a new figure; got {ax!r}.")
    import matplotlib.pyplot as plt

    width, usual = plt.rcParams["figure.figsize"]
    return plt.subplots(figsize=(width, usual if height is None else height), layout="constrained")[1]


def shorten_label(name):
    """A name as it is drawn: the middle of a long name is replaced by dots."""
    name = str(name)
    if len(name) <= _MOST_LETTERS:
        return name
    kept = (_MOST_LETTERS - 3) // 2
    return f"{name[: _MOST_LETTERS - 3 - kept]}...{name[-kept:]}"


def draw_legend(ax, handles, names, **options):
    """A legend of names given by the user: no "$" starts a formula, and no leading "_" hides a name.

    Long names are shortened.

    Parameters
    ----------
    ax : matplotlib Axes
    handles : list of matplotlib Artist
    names : list of str
    **options
        Of ``Axes.legend``.

    Returns
    -------
    matplotlib Legend
    """
    legend = ax.legend(handles, ["name"] * len(names), **options)
    for text, name in zip(legend.get_texts(), names):
        text.set(text=shorten_label(name), parse_math=False)
    return legend


def draw_legend_beside(ax, handles, names, widen, **options):
    """``draw_legend`` to the right of the axes, where it hides no point; of very many names only the first ones.

    Parameters
    ----------
    ax, handles, names, **options
        As in ``draw_legend``.
    widen : bool
        Whether the figure becomes wider by the legend.

    Returns
    -------
    matplotlib Legend
    """
    from matplotlib.lines import Line2D

    most = MOST_IN_LEGEND
    if len(names) > most:
        left_out = len(names) - most + 1
        handles = [*handles[: most - 1], Line2D([], [], linestyle="")]
        names = [*names[: most - 1], f"and {left_out} more"]
    n_columns = -(-len(names) // _LEGEND_LINES)
    place = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "ncols": n_columns, "frameon": False}
    legend = draw_legend(ax, handles, names, **place, **options)
    if widen:
        figure = ax.figure
        figure.set_figwidth(figure.get_figwidth() + legend.get_window_extent().width / figure.dpi)
    return legend


def distinct_colors(count):
    """Colours for classes or curves that differ also for colour-blind readers.

    Returns
    -------
    ndarray of shape (count, 4)
        Up to ten of Petroff's, else evenly spaced ones of the map "viridis".
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_rgba_array

    if count <= len(_PETROFF):
        # A list, since older versions of matplotlib read a tuple of two as a colour and its opacity.
        return to_rgba_array(list(_PETROFF[:count]))
    return colormaps["viridis"](np.linspace(0, 1, count))
