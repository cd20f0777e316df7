"""CodeDisplay: rows of X as points, by two components of their code or by a projection of it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d

from ..runtime.numbers import is_integer
from ._figures import axes_for, distinct_colors, draw_legend_beside, require_matplotlib
from ._options import artist_options, checked_numbers
from ._sources import Source

# More different numbers than this are no classes.
_MOST_CLASSES = 20


class CodeDisplay:
    """Rows of X as points of a plane: two components of the code, or its first two principal components.

    ``from_estimator`` makes one of a fitted transformer. All parameters are stored as attributes.

    Parameters
    ----------
    points : ndarray of shape (n_samples, 2)
    y : array-like of shape (n_samples,), default=None
        Gives the colours: classes with a legend, of up to 48 lines; numbers with a colour bar, where they are not whole
        or take more than 20 values.
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
        Of the classes.
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
            The two components of the code to draw. None for the first two principal components of the code, or for the
            code itself where it has two.
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
            For a code of one component, for components that there are not, for a y of another length than X, with
            missing values, of dates or of values that have no order.
        """
        require_matplotlib(cls)
        code = Source.of(estimator).code(X)
        y = _checked_targets(y, code)
        points, labels = _plane(code, components)
        display = cls(points, y=y, axis_labels=labels)
        return display.plot(ax, cmap=cmap, scatter_kwargs=scatter_kwargs)

    def plot(self, ax=None, *, cmap="viridis", scatter_kwargs=None):
        """Draw the points, in the order of the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure. A legend of classes stands to the right of the axes, and a new figure is wider by it;
            another figure makes room for it with ``layout="constrained"``.
        cmap : str or matplotlib Colormap, default="viridis"
            For numbers. Classes have up to ten distinct colours, and beyond that those of "viridis".
        scatter_kwargs : dict, default=None
            For matplotlib's ``scatter``. The colours, ``c`` or ``color``, can be among them where there is no y.

        Returns
        -------
        CodeDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        from matplotlib.lines import Line2D

        points = checked_numbers("points", self.points, ("n_samples", 2))
        y = _checked_targets(self.y, points)
        options = _scatter_options(scatter_kwargs, len(points), y is not None)
        self._check_axis_labels()
        self.ax_ = axes_for(ax)
        self.figure_ = self.ax_.figure
        self.legend_ = self.colorbar_ = None
        if y is None or _is_continuous(y):
            colors = {} if y is None else {"c": y, "cmap": cmap}
            self.scatter_ = self.ax_.scatter(*points.T, **{**colors, **options})
            if y is not None:
                self.colorbar_ = self.figure_.colorbar(self.scatter_, ax=self.ax_)
        else:
            classes, of_rows = np.unique(y, return_inverse=True)
            colors = distinct_colors(len(classes))
            self.scatter_ = self.ax_.scatter(*points.T, color=colors[of_rows], **options)
            handles = [Line2D([], [], linestyle="", marker=options["marker"], color=color) for color in colors]
            names = list(map(str, classes))
            self.legend_ = draw_legend_beside(self.ax_, handles, names, widen=ax is None, handletextpad=0.1)
        if self.axis_labels is not None:
            self.ax_.set(xlabel=self.axis_labels[0], ylabel=self.axis_labels[1])
        return self

    def _check_axis_labels(self):
        labels = self.axis_labels
        if labels is not None and not (isinstance(labels, list | tuple) and len(labels) == 2):
            raise ValueError(f"axis_labels must be the two labels of the axes, or None; got {labels!r}.")


def _scatter_options(given, n_points, coloured):
    """What a user gave for ``scatter``, and for the rest what suits the number of points."""
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
    # Of a cross nothing but the lines is to be seen.
    if MarkerStyle(options["marker"]).is_filled():
        options.setdefault("linewidth", 0)
    return options


def _checked_targets(y, rows):
    """One value for each row, none of them missing; or None."""
    if y is None:
        return None
    # Of a list as it was given: NumPy makes strings of all that stands beside one, NaN too.
    given = y if isinstance(y, list | tuple) else ()
    y = column_or_1d(y)
    check_consistent_length(rows, y)
    for value in y if y.dtype == object else given:
        if _is_missing(value):
            raise ValueError(f"Input y contains {value}. Give these rows a class of their own, or leave them out.")
    if y.dtype.kind in "mM" or (y.dtype == object and any(isinstance(value, date | timedelta) for value in y)):
        raise ValueError(
            f"y must hold numbers or the names of classes; got dates or durations, dtype {y.dtype}. Convert them, "
            "to days since a date of your choice for a colour bar or to strings for classes."
        )
    assert_all_finite(y, input_name="y")
    if y.dtype == object:
        _check_order(y)
    return y


def _is_missing(value):
    """Whether a value is None, NaN or the NA of pandas, which is not even different from itself."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def _check_order(y):
    try:
        np.unique(y)
    except TypeError as error:
        kinds = " and ".join(sorted({type(value).__name__ for value in y}))
        raise ValueError(
            f"y must hold values of one kind, which have an order; got {kinds}. Convert all of them, to strings for "
            "example."
        ) from error


def _is_continuous(y):
    """Whether y holds measurements, and not the numbers or names of classes."""
    if y.dtype.kind == "f" and (y != np.round(y)).any():
        return True
    return y.dtype.kind in "iuf" and len(np.unique(y)) > _MOST_CLASSES


def _plane(code, components):
    """Two coordinates of each row of a code, and what they are."""
    width = code.shape[1]
    if width < 2:
        raise ValueError(
            "CodeDisplay needs a code of at least two components; got one of 1. Draw that as a histogram, of an "
            "autoencoder with ActivationDisplay."
        )
    if components is None and width > 2:
        return _projected(code)
    chosen = (0, 1) if components is None else tuple(np.atleast_1d(np.asarray(components, dtype=object)))
    if len(chosen) != 2 or not all(is_integer(i) and 0 <= i < width for i in chosen):
        raise ValueError(f"components must be two integers in [0, {width - 1}]; got {components!r}.")
    return code[:, list(map(int, chosen))], tuple(f"component {i} of the code" for i in chosen)


def _projected(code):
    """The first two principal components of a code, and what they are."""
    if len(code) < 2:
        raise ValueError(
            "CodeDisplay needs two rows of X or more, whose codes are projected; got 1. Pass components to draw it "
            "without a projection."
        )
    with np.errstate(invalid="ignore"):
        projection = PCA(2, random_state=0).fit(code)
    # A code that does not vary has no shares.
    shares = np.nan_to_num(projection.explained_variance_ratio_)
    labels = tuple(
        f"{which} principal component of the code\n({100 * share:.0f} % of its variance)"
        for which, share in zip(("first", "second"), shares)
    )
    return projection.transform(code), labels
