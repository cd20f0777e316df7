"""FilterDisplay: what the units of a first layer respond to, as images."""

from __future__ import annotations

import math

import numpy as np

from ..estimator.prediction import Prediction, filled
from ..runtime.numbers import is_integer
from ._figures import axes_for, require_matplotlib
from ._options import check_choice, check_count, checked_numbers
from ._sources import Source, as_array
from ._tiles import checked_image_shape, draw_picture, picture_height, tiled

# Between filters; no grey, so that it is not taken for a pixel.
_GAP = "#9ecae1"


class FilterDisplay:
    """Filters of the units of a first layer, as images.

    A filter is the input of norm one that maximally activates its unit, ``w / ||w||``. Drawn in grey, with 0 in the
    middle: white is positive, black is negative.

    ``from_estimator`` makes one of a fitted estimator. All parameters are stored as attributes.

    Parameters
    ----------
    filters : ndarray of shape (n_shown, n_features)
        In the order in which they are drawn, line by line.
    units : ndarray of shape (n_shown,), default=None
        Numbers of their units.
    n_units : int, default=None
        How many units there are, of which these are some; told in the title.
    image_shape : tuple of int, default=None
        Height and width; None for a square.
    estimator_name : str, default=None
        For the title.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    im_ : matplotlib AxesImage
        All filters in one picture, with NaN between them. Its limits are the weights that are black and white with
        ``color_scale="shared"``, else -1 and 1.

    See Also
    --------
    ReconstructionDisplay : What estimators make of images.

    References
    ----------
    .. [1] A. Ng, "Sparse autoencoder", CS294A lecture notes, Stanford University (2011), section 4.

    Examples
    --------
    >>> from skae import DenoisingAE
    >>> from skae.datasets import load_digits_unit
    >>> from skae.plotting import FilterDisplay
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = DenoisingAE(36, tol=1e-2, random_state=0).fit(X)
    >>> display = FilterDisplay.from_estimator(ae, X, max_units=25)
    >>> display.filters.shape
    (25, 64)
    """

    def __init__(self, filters, *, units=None, n_units=None, image_shape=None, estimator_name=None):
        self.filters = filters
        self.units = units
        self.n_units = n_units
        self.image_shape = image_shape
        self.estimator_name = estimator_name

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        *,
        sort_by="auto",
        units=None,
        max_units=100,
        image_shape=None,
        color_scale="each",
        n_columns=None,
        cmap="gray",
        ax=None,
    ):
        """Draw the filters of a fitted estimator.

        Parameters
        ----------
        estimator : fitted estimator with ``filters_`` or ``components_``, or Pipeline whose last step is one
            An autoencoder of skae, PCA, NMF, ... Rows of ``components_`` are scaled to norm one. Filters of a Pipeline
            are in the features that its last step takes.
        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            To sort by activation. Goes through the steps of a Pipeline first.
        sort_by : {"auto", "activation", "norm"} or None, default="auto"
            "activation": by the variance of each unit's activation over X, the greatest first; "norm": by ``||w||``;
            None: by number. "auto" is "activation" where X is given and ``units`` is not, else None.
        units : array-like of int, default=None
            Numbers of the units to show, in this order unless they are sorted.
        max_units : int, default=100
            Most units to show, the first ones in the order; None for all. Does not apply to ``units``.
        image_shape : tuple of int, default=None
            Height and width of an image; None for a square.
        color_scale, n_columns, cmap, ax
            As in ``plot``.

        Returns
        -------
        FilterDisplay

        Raises
        ------
        ImportError
            When matplotlib is not installed.
        TypeError
            For an estimator without filters.
        ValueError
            For units that there are not, an order that needs X, and an image shape that cannot be guessed or does not
            fit.
        """
        require_matplotlib(cls)
        source = Source.of(estimator)
        weights, filters = _weights_and_filters(source.model)
        if image_shape is None and getattr(estimator, "n_features_in_", weights.shape[1]) != weights.shape[1]:
            raise ValueError(
                f"image_shape must be given: the filters of {source.name} have {weights.shape[1]} features, those of "
                f"the Pipeline's input are {estimator.n_features_in_}. Pass the shape if they are images all the same."
            )
        shape = checked_image_shape(image_shape, weights.shape[1])
        shown = _checked_units(units, len(weights))
        strength = _strength(source, X, _resolved_order(sort_by, X, units), weights)
        shown = shown[np.argsort(-strength[shown], kind="stable")]
        if units is None:
            shown = shown[: check_count("max_units", max_units, none="all")]
        display = cls(filters[shown], units=shown, n_units=len(weights), image_shape=shape, estimator_name=source.name)
        return display.plot(ax, color_scale=color_scale, n_columns=n_columns, cmap=cmap)

    def plot(self, ax=None, *, color_scale="each", n_columns=None, cmap="gray"):
        """Draw the filters.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure.
        color_scale : {"each", "shared"}, default="each"
            Whether black and white are minus and plus the greatest weight of each filter, or of all of them.
        n_columns : int, default=None
            Filters in a line; None for as many as there are lines.
        cmap : str or matplotlib Colormap, default="gray"
            With what stands for 0 in the middle.

        Returns
        -------
        FilterDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        filters = checked_numbers("filters", self.filters, ("n_shown", "n_features")).astype(np.float64)
        tiles, limit = _scaled(filters, color_scale)
        check_count("n_columns", n_columns, none="as many as there are lines")
        n_columns = math.isqrt(len(tiles) - 1) + 1 if n_columns is None else n_columns
        lines = [tiles[i : i + n_columns] for i in range(0, len(tiles), n_columns)]
        picture = tiled(lines, checked_image_shape(self.image_shape, filters.shape[1]))
        self.ax_ = axes_for(ax, height=picture_height(picture))
        self.figure_ = self.ax_.figure
        self.im_ = draw_picture(self.ax_, picture, cmap=cmap, vmin=-limit, vmax=limit, gap=_GAP)
        self.ax_.set_title(self._title(), parse_math=False)
        return self

    def _title(self):
        n_units = len(self.filters) if self.n_units is None else self.n_units
        count = f"{n_units}" if n_units == len(self.filters) else f"{len(self.filters)} of {n_units}"
        return f"{count} filters" if self.estimator_name is None else f"{self.estimator_name}: {count} filters"


def _weights_and_filters(model):
    """Weights of the first layer as rows, and the filters of its units."""
    filters = getattr(model, "filters_", None)
    weights = getattr(model, "components_", filters)
    if weights is None:
        raise TypeError(
            f"FilterDisplay needs a fitted estimator with filters_ or components_, or a Pipeline whose last step is "
            f"one; got {model!r}. Of a longer Pipeline pass the steps up to it, pipeline[:k]."
        )
    weights = as_array(weights)
    if filters is not None:
        return weights, as_array(filters)
    norms = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights, np.divide(weights, norms, out=np.zeros_like(weights), where=norms > 0)


def _checked_units(units, n_units):
    """Numbers of the units that are asked for."""
    if units is None:
        return np.arange(n_units)
    found = np.atleast_1d(np.asarray(units, dtype=object))
    if found.size == 0 or not all(is_integer(unit) and 0 <= unit < n_units for unit in found):
        raise ValueError(f"units must be integers in [0, {n_units - 1}], one or more; got {units!r}.")
    return found.astype(np.intp)


def _resolved_order(sort_by, X, units):
    check_choice("sort_by", sort_by, ("auto", "activation", "norm", None))
    if sort_by == "activation" and X is None:
        raise ValueError("sort_by='activation' needs X, over which the activations vary; got X=None. Pass X.")
    if sort_by == "auto":
        return "activation" if X is not None and units is None else None
    return sort_by


def _strength(source, X, order, weights):
    """What the units are sorted by, the greatest first."""
    if order == "norm":
        return np.linalg.norm(weights, axis=1)
    if order is None:
        return np.zeros(len(weights))
    if isinstance(source.model, Prediction):
        # The code is of the last layer of the encoder, the filters are of the first.
        fitted, rows = source.model._read(source.enter(X))
        activations = fitted.network.first_layer(filled(fitted, rows))
    else:
        activations = source.code(X)
    if activations.shape[1] != len(weights):
        raise ValueError(
            f"sort_by='activation' needs one activation for each filter; {source.name} has {len(weights)} filters and "
            f"a code of {activations.shape[1]} components. Pass sort_by='norm' or sort_by=None."
        )
    return activations.var(axis=0, dtype=np.float64)


def _scaled(filters, color_scale):
    """Filters on the scale that is drawn, and the value of white."""
    check_choice("color_scale", color_scale, ("each", "shared"))
    largest = np.abs(filters).max(axis=1, keepdims=True)
    if color_scale == "each":
        return np.divide(filters, largest, out=np.zeros_like(filters), where=largest > 0), 1.0
    return filters, largest.max() or 1.0
