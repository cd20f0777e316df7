"""CodeDisplay: rows of X as points, by two components of their code or by a projection of it."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d

from ._figures import axes_for, distinct_colors, draw_legend, require_matplotlib
from ._sources import Source

# More different numbers than this are no classes.
_MOST_CLASSES = 20
# Lines of a column of the legend.
_LEGEND_LINES = 16


class CodeDisplay:
    """Rows of X as points of a plane: two components of the code, or its first two principal components.

    ``from_estimator`` makes one of a fitted transformer. All parameters are stored as attributes.

    Parameters
    ----------
    points : ndarray of shape (n_samples, 2)
    y : array-like of shape (n_samples,), default=None
        Gives the colours: classes with a legend; numbers with a colour bar, where they are not whole or take more than
        20 values.
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
            For a code of one component, for components that there are not, for a y of another length than X.
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
            None for a new figure. A legend of classes stands to the right of the axes; a figure with
            ``layout="constrained"`` makes room for it.
        cmap : str or matplotlib Colormap, default="viridis"
            For numbers. Classes have up to ten distinct colours, and beyond that those of "viridis".
        scatter_kwargs : dict, default=None
            For matplotlib's ``scatter``.

        Returns
        -------
        CodeDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        points = np.asarray(self.points)
        y = _checked_targets(self.y, points)
        self.ax_ = axes_for(ax)
        self.figure_ = self.ax_.figure
        self.legend_ = self.colorbar_ = None
        size = float(np.clip(2e4 / len(points), 3.0, 25.0))
        options = {"s": size, "alpha": 0.8, "linewidths": 0}
        classes = None if y is None or _is_continuous(y) else np.unique(y)
        if classes is not None:
            colors = distinct_colors(len(classes))
            options["color"] = colors[np.searchsorted(classes, y)]
        elif y is not None:
            options.update(c=y, cmap=cmap)
        else:
            options["color"] = distinct_colors(1)
        options.update({} if scatter_kwargs is None else scatter_kwargs)
        self.scatter_ = self.ax_.scatter(points[:, 0], points[:, 1], **options)
        if classes is not None:
            self._draw_legend(classes, colors)
        elif y is not None:
            self.colorbar_ = self.figure_.colorbar(self.scatter_, ax=self.ax_)
        if self.axis_labels is not None:
            self.ax_.set(xlabel=self.axis_labels[0], ylabel=self.axis_labels[1])
        return self

    def _draw_legend(self, classes, colors):
        """Beside the axes, where no point is hidden."""
        from matplotlib.lines import Line2D

        self.legend_ = draw_legend(
            self.ax_,
            [Line2D([], [], linestyle="", marker="o", color=color) for color in colors],
            [str(name) for name in classes],
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
            ncols=-(-len(classes) // _LEGEND_LINES),
            frameon=False,
            handletextpad=0.1,
        )


def _checked_targets(y, rows):
    """One value for each row, none of them missing; or None."""
    if y is None:
        return None
    y = column_or_1d(y)
    check_consistent_length(rows, y)
    assert_all_finite(y, input_name="y")
    if y.dtype == object and any(value is None for value in y):
        raise ValueError("Input y contains None. Give these rows a class of their own, or leave them out.")
    return y


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
    if len(chosen) != 2 or not all(isinstance(i, Integral) and 0 <= i < width for i in chosen):
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
