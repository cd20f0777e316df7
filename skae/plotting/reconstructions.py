"""ReconstructionDisplay: rows of X, their corrupted versions, and their reconstructions by several estimators."""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing, check_array

from ..rows.reconstruction_errors import in_container
from ._curves import draw_curves, in_bands
from ._figures import axes_for, distinct_colors, draw_legend_beside, require_matplotlib, shorten_label
from ._forms import Form, checked_names, form_of, label_features, names_of_frame
from ._heat_maps import draw_heat_map, grouped
from ._noise import corrupted_rows
from ._options import check_count, checked_by_name, checked_numbers
from ._sources import as_array, named_sources
from ._tiles import draw_picture, line_middles, picture_height, tiled

# Between images, and where a value is missing.
_GAP = "white"
_GAP_OF_COLUMNS = "#9ecae1"
# Of a name beside its line.
_INCHES_OF_LETTER = 0.075
# Most images side by side, if they fit in one block of lines; height over width of several blocks.
_MOST_IN_LINE = 20
_MOST_ASPECT = 5.0
# Of a band of curves, and of all of them.
_BAND_INCHES = 0.55
_MOST_INCHES = 40.0
# Colours of the input and of the corrupted input.
_CURVE_COLOR = "black"
_NOISE_COLOR = "#bbbbbb"


class ReconstructionDisplay:
    """Rows of X and their reconstructions: as images, as lines of a heat map with named columns, or as curves.

    The reconstructions of an image are drawn below it, in several blocks if there are many images. In a heat map the
    reconstructions of a row of X are the lines below it. The curves of one row share a band.

    ``from_estimator`` makes one of fitted estimators. All parameters are stored as attributes.

    Parameters
    ----------
    X : ndarray of shape (n_images, n_features)
        The rows; NaN is white in an image, and light blue in a heat map.
    reconstructions : dict of str to ndarray of shape (n_images, n_features)
        Reconstructions by the label of their line.
    corrupted : ndarray of shape (n_images, n_features), default=None
        The corrupted rows that the estimators were given instead of X.
    corruption_name : str, default=None
        Label of the line of ``corrupted``.
    image_shape : tuple of int, default=None
        Height and width of an image. With None, features are drawn as a square image if their number is a square, and
        is at least 25 or they have no names. Otherwise, and for (1, n_features), up to 40 features are drawn as columns
        of a heat map, and more as curves.
    feature_names : array-like of str of shape (n_features,), default=None
        Of the columns; None for x0, x1, ...

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    im_ : matplotlib AxesImage or None
        All images, or lines of the heat map, in one picture, with NaN between them.
    curves_ : list of matplotlib LineCollection or None
        If curves were drawn, collections of one curve per row: for the input, the corrupted input if any, and each
        reconstruction.
    legend_ : matplotlib Legend or None
        Of the curves.

    See Also
    --------
    FeatureErrorDisplay : Where the reconstruction is wrong, over many rows.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from skae import DenoisingAE
    >>> from skae.datasets import load_digits_unit
    >>> from skae.plotting import ReconstructionDisplay
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> estimators = [PCA(32).fit(X), DenoisingAE(32, noise_level=0.25, random_state=0).fit(X)]
    >>> display = ReconstructionDisplay.from_estimator(estimators, X, random_state=0)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['input', 'masking 0.25', 'PCA', 'DenoisingAE']
    """

    def __init__(
        self, X, reconstructions, *, corrupted=None, corruption_name=None, image_shape=None, feature_names=None
    ):
        self.X = X
        self.reconstructions = reconstructions
        self.corrupted = corrupted
        self.corruption_name = corruption_name
        self.image_shape = image_shape
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimators,
        X,
        *,
        n_images=10,
        corruption="auto",
        noise_level=None,
        random_state=None,
        image_shape=None,
        feature_names=None,
        n_columns=None,
        cmap="gray",
        vmin=None,
        vmax=None,
        ax=None,
    ):
        """Draw the first rows of X and their reconstructions by fitted estimators.

        Parameters
        ----------
        estimators : estimator, list of estimators, or dict of name to estimator
            Fitted, with ``reconstruct``, or with ``transform`` and ``inverse_transform``: autoencoders of skae, PCA,
            NMF, or Pipelines that end with one and whose other steps have an ``inverse_transform``.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        n_images : int, default=10
            How many rows to show, or all if X has fewer.
        corruption : {"auto", "masking", "gaussian", "salt_and_pepper"} or None, default="auto"
            The corruption of the rows that all estimators are given, as in ``DenoisingAE``; salt and pepper uses the
            range of the columns of X. "auto" is the corruption and level that the estimators were trained with, applied
            to the features that the last step of a Pipeline takes, or none if no estimator has one. It is read from
            their parameters: name the corruption if these were changed after the fit.
        noise_level : float, default=None
            Noise level of a corruption that is named; in units of X for "gaussian".
        random_state : int, RandomState instance or None, default=None
            Determines the corruption. Pass an int for reproducible pictures.
        image_shape : tuple of int, default=None
            Height and width of an image; (1, n_features) for columns or signals. None to choose by the number of
            features, as in the constructor.
        feature_names : array-like of str of shape (n_features,), default=None
            None for those of X where it is a frame, else x0, x1, ...
        n_columns, cmap, vmin, vmax, ax
            As in ``plot``.

        Returns
        -------
        ReconstructionDisplay

        Raises
        ------
        ImportError
            When matplotlib is not installed.
        TypeError
            For an estimator that does not reconstruct.
        ValueError
            For an illegal corruption, for "auto" with estimators that were trained with different ones, and for an
            image shape or names that do not fit.
        """
        require_matplotlib(cls)
        sources = named_sources(estimators)
        check_count("n_images", n_images)
        X = X.tocsr() if issparse(X) else X
        if not hasattr(X, "shape"):
            X = check_array(X, ensure_all_finite="allow-nan")
        shown = _safe_indexing(X, slice(0, int(n_images)))
        images = check_array(as_array(shown), ensure_all_finite="allow-nan")
        names = names_of_frame(X) if feature_names is None else feature_names
        form_of(image_shape, images.shape[1], names)
        corrupted, name = corrupted_rows(sources.values(), X, shown, corruption, noise_level, random_state)
        given = shown if corrupted is None else in_container(shown, corrupted)
        reconstructions = {key: source.reconstruct(given) for key, source in sources.items()}
        display = cls(
            images,
            reconstructions,
            corrupted=corrupted,
            corruption_name=name,
            image_shape=image_shape,
            feature_names=names,
        )
        return display.plot(ax, n_columns=n_columns, cmap=cmap, vmin=vmin, vmax=vmax)

    def plot(self, ax=None, *, n_columns=None, cmap="gray", vmin=None, vmax=None):
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure.
        n_columns : int, default=None
            Images side by side in a block of the input and its reconstructions. None for one block of up to 20 images,
            and for blocks of equal size, at most 20, if there are more. Applies to images alone.
        cmap : str or matplotlib Colormap, default="gray"
            The same for all lines. Does not apply to curves.
        vmin, vmax : float, default=None
            Values at the ends of the colour map, or at the edges of the band of curves. None for the minimum and the
            maximum of X; in a heat map of several rows, for those of each column.

        Returns
        -------
        ReconstructionDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        check_count("n_columns", n_columns, none="all, in blocks of at most 20")
        names, lines = self._lines()
        form, shape = form_of(self.image_shape, lines[0].shape[1], self.feature_names)
        self.im_ = self.curves_ = self.legend_ = None
        seen = lines[0][np.isfinite(lines[0])]
        low, high = (seen.min(), seen.max()) if seen.size else (0.0, 1.0)
        limits = low if vmin is None else vmin, high if vmax is None else vmax
        if form is Form.COLUMNS:
            self._draw_columns(ax, names, lines, cmap, limits, vmin is None and vmax is None)
        elif form is Form.CURVE:
            self._draw_curves(ax, names, lines, limits)
        else:
            self._draw_images(ax, names, _in_blocks(lines, n_columns), shape, cmap, limits)
        return self

    def _draw_images(self, ax, names, lines, shape, cmap, limits):
        block = None if len(lines) == len(names) else len(names)
        picture = tiled(lines, shape, block)
        names = [*names] * (len(lines) // len(names))
        beside = _INCHES_OF_LETTER * max(map(len, names))
        most = {} if block is None else {"most": _MOST_ASPECT}
        self.ax_ = axes_for(ax, height=picture_height(picture, beside, **most))
        self.figure_ = self.ax_.figure
        self.im_ = draw_picture(self.ax_, picture, cmap=cmap, vmin=limits[0], vmax=limits[1], gap=_GAP)
        self.ax_.set_yticks(line_middles(len(lines), shape, block), names, parse_math=False)
        if ax is None:
            # Images keep their proportions, so the room that the names need is known only at a second layout.
            self.figure_.draw_without_rendering()

    def _draw_columns(self, ax, names, lines, cmap, limits, by_column):
        columns = checked_names(self.feature_names, lines[0].shape[1])
        # One row has no range for each column.
        by_column = by_column and len(lines[0]) > 1
        if by_column:
            lines, limits = _scaled(lines), (0.0, 1.0)
        cells, tops = grouped(lines)
        labels = {top + i: name for top in tops for i, name in enumerate(names)}
        rows = {top: f"row {i}" for i, top in enumerate(tops)}
        low, high = limits
        self.im_ = draw_heat_map(ax, cells, columns, labels, rows, cmap=cmap, vmin=low, vmax=high, gap=_GAP_OF_COLUMNS)
        self.ax_ = self.im_.axes
        self.figure_ = self.ax_.figure
        if len(self.ax_.get_yticks()) < len(labels):
            self.ax_.set_ylabel(f"in each: {', '.join(names)}", parse_math=False)
        bar = self.figure_.colorbar(self.im_, ax=self.ax_, ticks=[0, 1] if by_column else None)
        if by_column:
            bar.ax.set_yticklabels(["least of\nthe column", "greatest"])

    def _draw_curves(self, ax, names, lines, limits):
        n_rows, n_features = lines[0].shape
        self.ax_ = axes_for(ax, height=min(_BAND_INCHES * n_rows + 1.0, _MOST_INCHES))
        self.figure_ = self.ax_.figure
        colors = [_CURVE_COLOR, *([] if self.corrupted is None else [_NOISE_COLOR])]
        colors += list(distinct_colors(len(lines) - len(colors)))
        # The corrupted input is drawn below the curves that are compared.
        orders = [2.2, *([] if self.corrupted is None else [2.0])]
        self.curves_ = [
            draw_curves(self.ax_, np.arange(n_features), in_bands(line, *limits), color=color, linewidth=1.1, zorder=z)
            for line, color, z in zip(lines, colors, [*orders, *np.linspace(2.3, 2.4, len(lines))])
        ]
        self.ax_.set_ylim(0.5 - n_rows, 0.5)
        shown = range(0, n_rows, -(-n_rows // 100))
        self.ax_.set_yticks([-i for i in shown], [f"row {i}" for i in shown])
        label_features(self.ax_, self.feature_names, n_features, rotated=False)
        self.legend_ = draw_legend_beside(self.ax_, self.curves_, names, widen=ax is None)

    def _lines(self):
        """Names of the lines from top to bottom, and their images."""
        X = checked_numbers("X", self.X, ("n_images", "n_features"))
        lines = [("input", X)]
        if self.corrupted is not None:
            corrupted = checked_numbers("corrupted", self.corrupted, X.shape)
            lines.append((self.corruption_name or "corrupted", corrupted))
        lines += checked_by_name("reconstructions", self.reconstructions, X.shape).items()
        names, lines = zip(*lines)
        return list(map(shorten_label, names)), lines


def _in_blocks(lines, n_columns):
    """Lines of at most n_columns images; those of the same images are adjacent."""
    n_images = len(lines[0])
    if n_columns is None:
        n_blocks = -(-n_images // _MOST_IN_LINE)
        n_columns = -(-n_images // n_blocks)
    return [line[first : first + n_columns] for first in range(0, n_images, n_columns) for line in lines]


def _scaled(lines):
    """Lines scaled by column, so that the first one spans [0, 1]; a constant column is at 1/2."""
    finite = np.where(np.isfinite(lines[0]), lines[0], np.nan)
    low, high = np.fmin.reduce(finite, axis=0), np.fmax.reduce(finite, axis=0)
    scale = np.where(high > low, high - low, 1.0)
    return [np.where(high > low, (line - low) / scale, line - low + 0.5) for line in lines]
