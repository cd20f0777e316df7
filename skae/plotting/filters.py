"""FilterDisplay: filters of the units of the first layer, as images, as lines of a heat map, or as curves."""

from __future__ import annotations

import math

import numpy as np

from ..estimator.prediction import Prediction, filled
from ..runtime.numbers import is_integer
from ._curves import draw_grid
from ._figures import axes_for, distinct_colors, require_matplotlib
from ._forms import Form, checked_names, form_of
from ._heat_maps import draw_heat_map
from ._options import check_choice, check_count, checked_numbers
from ._sources import Source, as_array
from ._tiles import draw_picture, height_of, picture_height, tiled

# Colour between filters; not grey, since that would look like a pixel.
_GAP = "#9ecae1"
# Height over width of a curve.
_CURVE_ASPECT = 0.6


class FilterDisplay:
    """Filters of the units of the first layer: as images, as lines of a heat map with named columns, or as curves.

    A filter is the input of norm one that maximally activates its unit, ``w / ||w||`` [1]_. In an image or a heat map
    white is positive, black is negative, and 0 is the grey in the middle. A curve has a line at 0.

    ``from_estimator`` makes one of a fitted estimator. All parameters are stored as attributes.

    Parameters
    ----------
    filters : ndarray of shape (n_shown, n_features)
        In the order in which they are drawn, line by line.
    units : ndarray of shape (n_shown,), default=None
        Indices of their units.
    n_units : int, default=None
        Number of all units of the layer, for the title.
    image_shape : tuple of int, default=None
        Height and width of an image. With None, features are drawn as a square image if their number is a square, and
        is at least 25 or they have no names. Otherwise, and for (1, n_features), up to 40 features are drawn as columns
        of a heat map, and more as curves.
    estimator_name : str, default=None
        For the title.
    feature_names : array-like of str of shape (n_features,), default=None
        Below a heat map; None for x0, x1, ...

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    im_ : matplotlib AxesImage or None
        All filters in one picture, images with NaN between them. Its colour limits are weights with
        ``color_scale="shared"``, else -1 and 1.
    curves_ : matplotlib LineCollection or None
        One curve for each filter, if curves were drawn.

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

    def __init__(self, filters, *, units=None, n_units=None, image_shape=None, estimator_name=None, feature_names=None):
        self.filters = filters
        self.units = units
        self.n_units = n_units
        self.image_shape = image_shape
        self.estimator_name = estimator_name
        self.feature_names = feature_names

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
        feature_names=None,
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
            Data over which the activations are measured, to sort by them. The steps of a Pipeline are applied to it.
        sort_by : {"auto", "activation", "norm"} or None, default="auto"
            "activation": by the variance of the unit's activation over X, the greatest first; "norm": by ``||w||``, the
            greatest first; None: by index. "auto" is "activation" if X is given and ``units`` is not, else None.
        units : array-like of int, default=None
            Indices of the units to show, in this order unless they are sorted.
        max_units : int, default=100
            Maximum number of units to show, the first ones in the order; None for all. Ignored if ``units`` is given.
        image_shape : tuple of int, default=None
            Height and width of an image; (1, n_features) for columns or signals. None to choose by the number of
            features, as in the constructor, but never images if the steps of a Pipeline change that number.
        feature_names : array-like of str of shape (n_features,), default=None
            None for those that the estimator was fitted with, else x0, x1, ...
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
            For units that do not exist, for an order that needs X without X, and for an image shape or names that do
            not fit.
        """
        require_matplotlib(cls)
        source = Source.of(estimator)
        weights, filters = _weights_and_filters(source.model)
        n_features = weights.shape[1]
        names = source.entered_names if feature_names is None else feature_names
        if image_shape is None and getattr(estimator, "n_features_in_", n_features) != n_features:
            # If a Pipeline changes the number of features, they are not pixels.
            image_shape = (1, n_features)
        shown = _checked_units(units, len(weights))
        strength = _strength(source, X, _resolved_order(sort_by, X, units), weights)
        shown = shown[np.argsort(-strength[shown], kind="stable")]
        if units is None:
            shown = shown[: check_count("max_units", max_units, none="all")]
        display = cls(
            filters[shown],
            units=shown,
            n_units=len(weights),
            image_shape=image_shape,
            estimator_name=source.name,
            feature_names=names,
        )
        return display.plot(ax, color_scale=color_scale, n_columns=n_columns, cmap=cmap)

    def plot(self, ax=None, *, color_scale="each", n_columns=None, cmap="gray"):
        """Draw the filters.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure.
        color_scale : {"each", "shared"}, default="each"
            Whether black and white are minus and plus the greatest absolute weight of each filter, or of all filters.
        n_columns : int, default=None
            Images or curves in a line; None for as many as there are lines.
        cmap : str or matplotlib Colormap, default="gray"
            Its middle is the colour of 0. Ignored for curves.

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
        form, shape = form_of(self.image_shape, filters.shape[1], self.feature_names)
        self.im_ = self.curves_ = None
        if form is Form.CURVE:
            self._draw_curves(ax, tiles, limit, n_columns)
        else:
            limits = {"cmap": cmap, "vmin": -limit, "vmax": limit, "gap": _GAP}
            if form is Form.IMAGE:
                lines = [tiles[i : i + n_columns] for i in range(0, len(tiles), n_columns)]
                self._draw_images(ax, tiled(lines, shape), limits)
            else:
                self._draw_columns(ax, tiles, limits)
        self.ax_.set_title(self._title(), parse_math=False)
        return self

    def _draw_images(self, ax, picture, limits):
        self.ax_ = axes_for(ax, height=picture_height(picture))
        self.figure_ = self.ax_.figure
        self.im_ = draw_picture(self.ax_, picture, **limits)

    def _draw_columns(self, ax, tiles, limits):
        units = range(len(tiles)) if self.units is None else self.units
        names = checked_names(self.feature_names, tiles.shape[1])
        self.im_ = draw_heat_map(ax, tiles, names, {i: str(unit) for i, unit in enumerate(units)}, **limits)
        self.ax_ = self.im_.axes
        self.figure_ = self.ax_.figure
        self.ax_.set_ylabel("unit")

    def _draw_curves(self, ax, tiles, limit, n_columns):
        n_lines = -(-len(tiles) // n_columns)
        self.ax_ = axes_for(ax, height=height_of(_CURVE_ASPECT * n_lines / n_columns))
        self.figure_ = self.ax_.figure
        self.curves_ = draw_grid(self.ax_, tiles, limit, n_columns, distinct_colors(1)[0])

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
    """Indices of the units that are asked for."""
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
    """Values by which the units are sorted, the greatest first."""
    if order == "norm":
        return np.linalg.norm(weights, axis=1)
    if order is None:
        return np.zeros(len(weights))
    if isinstance(source.model, Prediction):
        # The code is the output of the last layer of the encoder, but the filters are those of the first.
        fitted, rows = source.model._read(source.transform_steps(X))
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
    """Filters scaled for drawing, and the value of white."""
    check_choice("color_scale", color_scale, ("each", "shared"))
    largest = np.abs(filters).max(axis=1, keepdims=True)
    if color_scale == "each":
        return np.divide(filters, largest, out=np.zeros_like(filters), where=largest > 0), 1.0
    return filters, largest.max() or 1.0
