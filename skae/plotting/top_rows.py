"""TopRowsDisplay: for some units of a code the rows on which they are most active, as images or as numbers."""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing, check_array

from ..estimator.code_report import top_rows_of_units, unit_statistics
from ..kernels.activations import ACTIVATIONS
from ..runtime.numbers import is_integer
from ..training.dead_units import on_threshold
from ._figures import axes_for, require_matplotlib
from ._forms import Form, form_of, names_of_frame
from ._heat_maps import draw_heat_map
from ._options import check_count, checked_numbers
from ._sources import Source, as_array
from ._tiles import checked_image_shape, draw_picture, line_middles, picture_height, tiled

# Units that are shown where none are named.
_MOST_UNITS = 10

_GAP = "white"
_INCHES_OF_NAME = 0.8


class TopRowsDisplay:
    """The rows on which units of a code are most active, a line a unit, of the greatest activation first.

    Rows that are images are drawn as such. Of others the activations are the colours of a heat map, with the number of
    the row in each cell. ``from_estimator`` makes one of a fitted autoencoder. All parameters are stored as attributes.

    Parameters
    ----------
    activations : ndarray of shape (n_units, n_rows)
        Greatest first; NaN where a unit has fewer rows.
    rows : ndarray of int of shape (n_units, n_rows), default=None
        Places of the rows in X.
    units : array-like of int of shape (n_units,), default=None
        Numbers of the units; None for 0, 1, ...
    images : ndarray of shape (n_units, n_rows, n_features), default=None
        The rows, to be drawn as images; NaN where a unit has fewer.
    image_shape : tuple of int, default=None
        Of ``images``; None for squares.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    im_ : matplotlib AxesImage
        All images in one picture, or the heat map.
    texts_ : list of matplotlib Text
        Numbers of the rows in a heat map.

    See Also
    --------
    skae.SparseAE.top_rows : The same in figures.

    Examples
    --------
    >>> from skae import SparseAE
    >>> from skae.datasets import load_digits_unit
    >>> from skae.plotting import TopRowsDisplay
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = SparseAE(64, sparsity="topk", n_active=5, activation="relu", random_state=0).fit(X)
    >>> display = TopRowsDisplay.from_estimator(ae, X, units=[3, 5], n=8)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['unit 3', 'unit 5']
    """

    def __init__(self, activations, *, rows=None, units=None, images=None, image_shape=None):
        self.activations = activations
        self.rows = rows
        self.units = units
        self.images = images
        self.image_shape = image_shape

    @classmethod
    def from_estimator(cls, estimator, X, *, units=None, n=10, image_shape=None, cmap="gray", ax=None):
        """Draw the rows of X on which units are most active.

        Parameters
        ----------
        estimator : fitted autoencoder of skae, or Pipeline whose last step is one
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        units : array-like of int, default=None
            None for the ten of the greatest mean activation.
        n : int, default=10
            Rows of a unit, at most.
        image_shape : tuple of int, default=None
            Height and width of a row as an image; (1, n_features) for none. None for a square if the number of features
            is one.
        cmap, ax
            As in ``plot``.

        Returns
        -------
        TopRowsDisplay

        Raises
        ------
        ImportError
            When matplotlib is not installed.
        TypeError
            For an estimator that is not an autoencoder of skae.
        ValueError
            For units that the code does not have, and an image shape that does not fit.
        """
        require_matplotlib(cls)
        source = Source.of_autoencoder(estimator, cls)
        check_count("n", n)
        X = X.tocsr() if issparse(X) else X
        if not hasattr(X, "shape"):
            X = check_array(X, ensure_all_finite="allow-nan")
        fitted, entered = source.model._read(source.transform_steps(X))
        units = _units(fitted, entered, units)
        found = top_rows_of_units(fitted, entered, units, n)
        n_most = max(1, *(len(own) for own, _ in found))
        rows, activations = np.full((len(units), n_most), -1), np.full((len(units), n_most), np.nan)
        for i, (own, values) in enumerate(found):
            rows[i, : len(own)], activations[i, : len(own)] = own, values
        form, shape = form_of(image_shape, X.shape[1], names_of_frame(X))
        images = None
        if form is Form.IMAGE:
            images = np.full((*rows.shape, X.shape[1]), np.nan)
            images[rows >= 0] = as_array(_safe_indexing(X, rows[rows >= 0]))
        display = cls(activations, rows=rows, units=units, images=images, image_shape=shape)
        return display.plot(ax, cmap=cmap)

    def plot(self, ax=None, *, cmap="gray"):
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure.
        cmap : str or matplotlib Colormap, default="gray"

        Returns
        -------
        TopRowsDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        activations = checked_numbers("activations", self.activations, ("n_units", "n_rows"))
        n_units = len(activations)
        units = np.arange(n_units) if self.units is None else checked_numbers("units", self.units, (n_units,))
        names = [f"unit {unit}" for unit in units]
        self.texts_ = []
        draw = self._draw_numbers if self.images is None else self._draw_images
        draw(ax, names, activations, cmap)
        return self

    def _draw_images(self, ax, names, activations, cmap):
        images = checked_numbers("images", self.images, (*activations.shape, "n_features"))
        side = round(np.sqrt(images.shape[2]))
        shape = checked_image_shape((side, side) if self.image_shape is None else self.image_shape, images.shape[2])
        picture = tiled(list(images), shape)
        self.ax_ = axes_for(ax, height=picture_height(picture, _INCHES_OF_NAME))
        self.figure_ = self.ax_.figure
        seen = images[np.isfinite(images)]
        low, high = (seen.min(), seen.max()) if seen.size else (0.0, 1.0)
        self.im_ = draw_picture(self.ax_, picture, cmap=cmap, vmin=low, vmax=high, gap=_GAP)
        self.ax_.set_yticks(line_middles(len(names), shape), names)

    def _draw_numbers(self, ax, names, activations, cmap):
        n_rows = activations.shape[1]
        finite = activations[np.isfinite(activations)]
        low, high = (min(0.0, finite.min()), finite.max()) if finite.size else (0.0, 1.0)
        ranks = [str(place + 1) for place in range(n_rows)]
        lines = dict(enumerate(names))
        self.im_ = draw_heat_map(ax, activations, ranks, lines, cmap=cmap, vmin=low, vmax=high, gap=_GAP)
        self.ax_ = self.im_.axes
        self.figure_ = self.ax_.figure
        self.ax_.set_xlabel("rows of X, by activation")
        self.figure_.colorbar(self.im_, ax=self.ax_, label="activation")
        if self.rows is None:
            return
        rows = checked_numbers("rows", self.rows, activations.shape)
        for i, j in zip(*np.nonzero(np.isfinite(activations))):
            bright = np.mean(self.im_.cmap(self.im_.norm(activations[i, j]))[:3]) > 0.5
            color = "black" if bright else "white"
            text = self.ax_.text(j, i, str(rows[i, j]), ha="center", va="center", fontsize=7, color=color)
            self.texts_.append(text)


def _units(fitted, X, units):
    """The units that are shown."""
    width = fitted.network.architecture.encoder_sizes[-1]
    if units is None:
        activation = ACTIVATIONS[fitted.network.architecture.activation]
        mean = unit_statistics(fitted, X, activation, on_threshold(activation)).mean
        return np.argsort(-mean, kind="stable")[:_MOST_UNITS]
    chosen = list(np.ravel(units))
    if not chosen or not all(is_integer(unit) and 0 <= unit < width for unit in chosen):
        raise ValueError(f"units must hold integers from 0 to {width - 1}, the last of the code; got {units!r}.")
    return np.array(chosen, int)
