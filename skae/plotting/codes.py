"""CodeDisplay: rows of X as points, by two components of their code or by a projection of it."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA

from ..runtime.numbers import is_integer
from ._figures import MOST_IN_LEGEND, axes_for, distinct_colors, draw_legend, draw_legend_beside, require_matplotlib
from ._options import artist_options, checked_numbers
from ._sources import Source, same_for_all_rows
from ._targets import Targets

# Colour of points without a class or a number; lighter than all greys of classes.
_MISSING_COLOR = "#cccccc"
_MISSING = "missing"
_SAME = "the same for all rows"


class CodeDisplay:
    """Rows of X as points of a plane: two components of the code, or its first two principal components.

    ``from_estimator`` makes one of a fitted transformer. All parameters are stored as attributes.

    Parameters
    ----------
    points : ndarray of shape (n_samples, 2)
    y : array-like of shape (n_samples,), default=None
        Gives the colours. Classes have a legend of up to 60 lines. Numbers that are not whole, or have more than 20
        distinct values, have a colour bar. Up to 100 integers that count from 0 or 1 are classes too; pass them as
        floats for a colour bar. Strings are always classes. Points whose value is missing, None or NaN, are grey.
    axis_labels : tuple of str, default=None
        Of the two axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    scatter_ : matplotlib PathCollection
        The points.
    legend_ : matplotlib Legend or None
        Of the classes, and of points whose value is missing.
    colorbar_ : matplotlib Colorbar or None
        Of the numbers.

    See Also
    --------
    ActivationDisplay : How the activations of the code are distributed.

    Examples
    --------
    >>> from skae import AutoencoderTransformer
    >>> from skae.datasets import load_digits_unit
    >>> from skae.plotting import CodeDisplay
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = AutoencoderTransformer(32, tol=1e-2, random_state=0).fit(X)
    >>> display = CodeDisplay.from_estimator(ae, X, y)
    >>> display.points.shape
    (1797, 2)
    """

    def __init__(self, points, *, y=None, axis_labels=None):
        self.points = points
        self.y = y
        self.axis_labels = axis_labels

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, components=None, cmap="viridis", scatter_kwargs=None, ax=None):
        """Draw the code of each row of X.

        Parameters
        ----------
        estimator : fitted transformer
            An autoencoder of skae, PCA, or a Pipeline whose last step is one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None
            Gives the colours.
        components : tuple of int, default=None
            Indices of the two components of the code to draw. None for the first two principal components of the code,
            or for the code itself if it has only two components.
        cmap, scatter_kwargs, ax
            As in ``plot``.

        Returns
        -------
        CodeDisplay

        Raises
        ------
        ImportError
            When matplotlib is not installed.
        TypeError
            For an estimator without ``transform``.
        ValueError
            For a code of one component, for components that do not exist, and for a y whose length is not that of X,
            that holds dates, or whose values cannot be ordered.
        """
        require_matplotlib(cls)
        code = Source.of(estimator).code(X)
        if y is not None:
            Targets.of(y, code)
        points, labels = _plane(code, components)
        display = cls(points, y=y, axis_labels=labels)
        return display.plot(ax, cmap=cmap, scatter_kwargs=scatter_kwargs)

    def plot(self, ax=None, *, cmap="viridis", scatter_kwargs=None):
        """Draw the points, in the order of the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure. A legend of classes is drawn to the right of the axes. A new figure is widened for
            it; a figure of your own makes room for it with ``layout="constrained"``.
        cmap : str or matplotlib Colormap, default="viridis"
            For numbers. Classes have up to ten distinct colours, and beyond that those of "viridis".
        scatter_kwargs : dict, default=None
            For matplotlib's ``scatter``. It may contain the colours, ``c`` or ``color``, if y is None.

        Returns
        -------
        CodeDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        points = checked_numbers("points", self.points, ("n_samples", 2))
        targets = None if self.y is None else Targets.of(self.y, points)
        options = _scatter_options(scatter_kwargs, len(points), targets is not None)
        self._check_axis_labels()
        self.ax_ = axes_for(ax)
        self.figure_ = self.ax_.figure
        self.legend_ = self.colorbar_ = None
        if targets is None:
            self.scatter_ = self.ax_.scatter(*points.T, **options)
        elif targets.are_numbers():
            self._draw_numbers(points, targets, cmap, options)
        else:
            self._draw_classes(points, targets, options, widen=ax is None)
        if self.axis_labels is not None:
            self.ax_.set(xlabel=self.axis_labels[0], ylabel=self.axis_labels[1])
        return self

    def _draw_numbers(self, points, targets, cmap, options):
        from matplotlib import colormaps

        cmap = colormaps.get_cmap(cmap).with_extremes(bad=_MISSING_COLOR)
        self.scatter_ = self.ax_.scatter(*points.T, c=targets.numbers(), cmap=cmap, plotnonfinite=True, **options)
        self.colorbar_ = self.figure_.colorbar(self.scatter_, ax=self.ax_)
        if targets.missing.any():
            # Above, where no point is hidden.
            place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "frameon": False, "handletextpad": 0.1}
            self.legend_ = draw_legend(self.ax_, [_handle(options, _MISSING_COLOR)], [_MISSING], **place)

    def _draw_classes(self, points, targets, options, widen):
        from matplotlib.colors import to_rgba_array

        names, places = targets.classes()
        colors = distinct_colors(len(names))
        if targets.missing.any():
            names, colors = [*names, _MISSING], np.vstack([colors, to_rgba_array(_MISSING_COLOR)])
        self.scatter_ = self.ax_.scatter(*points.T, color=colors[places], **options)
        handles = [_handle(options, color) for color in colors]
        if targets.missing.any() and len(names) > MOST_IN_LEGEND:
            # The missing values must not be among the names that are left out.
            order = [*range(MOST_IN_LEGEND - 2), len(names) - 1, *range(MOST_IN_LEGEND - 2, len(names) - 1)]
            handles, names = [handles[i] for i in order], [names[i] for i in order]
        self.legend_ = draw_legend_beside(self.ax_, handles, names, widen=widen, handletextpad=0.1)

    def _check_axis_labels(self):
        labels = self.axis_labels
        if labels is not None and not (isinstance(labels, list | tuple) and len(labels) == 2):
            raise ValueError(f"axis_labels must be the two labels of the axes, or None; got {labels!r}.")


def _handle(options, color):
    """The marker of a legend entry."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", marker=options["marker"], color=color)


def _scatter_options(given, n_points, coloured):
    """Options for ``scatter``: those that the user gave, and defaults that suit the number of points."""
    from matplotlib import rcParams
    from matplotlib.collections import PathCollection
    from matplotlib.markers import MarkerStyle

    given = artist_options("scatter_kwargs", given, PathCollection)
    own = sorted(given.keys() & {"c", "color"})
    if own and coloured:
        raise ValueError(f"y gives the colours: leave {' and '.join(own)} out of scatter_kwargs, or pass y=None.")
    options = {"s": float(np.clip(2e4 / n_points, 3.0, 25.0)), "alpha": 0.8, "marker": rcParams["scatter.marker"]}
    if not own and not coloured:
        options["color"] = distinct_colors(1)
    options.update({name: value for name, value in given.items() if value is not None})
    # A cross consists of lines alone, which must stay visible.
    if MarkerStyle(options["marker"]).is_filled():
        options.setdefault("linewidth", 0)
    return options


def _plane(code, components):
    """Two coordinates of each row of a code, and the labels of their axes."""
    width = code.shape[1]
    if width < 2:
        raise ValueError(
            "CodeDisplay needs a code of at least two components; got one of 1. Draw it as a histogram, for an "
            "autoencoder with ActivationDisplay."
        )
    if components is None and width > 2:
        return _projected(code)
    chosen = (0, 1) if components is None else tuple(np.atleast_1d(np.asarray(components, dtype=object)))
    if len(chosen) != 2 or not all(is_integer(i) and 0 <= i < width for i in chosen):
        raise ValueError(f"components must be two integers in [0, {width - 1}]; got {components!r}.")
    shown = code[:, list(map(int, chosen))]
    same = [f"\n({_SAME})" if len(code) > 1 and alike else "" for alike in same_for_all_rows(shown)]
    return shown, tuple(f"component {i} of the code{said}" for i, said in zip(chosen, same))


def _projected(code):
    """The first two principal components of a code, and the labels of their axes."""
    if len(code) < 2:
        raise ValueError(
            "CodeDisplay needs at least two rows of X to project their codes; got 1. Pass components to draw it "
            "without a projection."
        )
    names = [f"{which} principal component of the code" for which in ("first", "second")]
    if same_for_all_rows(code).all():
        # The code varies only by rounding, and a projection would show just that.
        return np.zeros((len(code), 2)), tuple(f"{name}\n({_SAME})" for name in names)
    projection = PCA(2, random_state=0).fit(code)
    shares = projection.explained_variance_ratio_
    labels = tuple(f"{name}\n({100 * share:.0f} % of its variance)" for name, share in zip(names, shares))
    return projection.transform(code), labels
