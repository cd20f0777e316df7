"""FeatureErrorDisplay: reconstruction error of each feature, as bars, an image or a curve."""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.utils import check_array

from ..estimator.prediction import Prediction, reconstruction
from ..rows.reconstruction_errors import feature_errors, in_container
from ..rows.validation import checked_reconstruction
from ._figures import axes_for, distinct_colors, require_matplotlib, shorten_label
from ._forms import Form, checked_names, form_of, label_features
from ._options import check_count, checked_numbers
from ._sources import Source
from ._tiles import draw_picture, picture_height

# Inches of a bar, and of all that is above and below the bars.
_BAR_INCHES = 0.22
_MARGIN_INCHES = 1.0
_BAR_OF_COLORS_INCHES = 1.2
# Of a pixel that has no value.
_NO_VALUE = "#9ecae1"


class FeatureErrorDisplay:
    """Mean squared reconstruction error of each feature over the rows: as bars, an image or a curve.

    ``from_estimator`` makes one of a fitted estimator. All parameters are stored as attributes.

    Parameters
    ----------
    errors : ndarray of shape (n_features,)
        In squared units of X; NaN for a feature without any value.
    feature_names : array-like of str of shape (n_features,), default=None
        None for x0, x1, ...
    image_shape : tuple of int, default=None
        Height and width if the features are pixels; (1, n_features) if they are the points of a signal, which is drawn
        as a curve from 41 points on; None for bars.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    bars_ : matplotlib BarContainer or None
        The greatest error first, at the top.
    im_ : matplotlib AxesImage or None
        Where an image was drawn.
    colorbar_ : matplotlib Colorbar or None
        Of the image.
    line_ : matplotlib Line2D or None
        Where a curve was drawn; broken at a feature without any value.

    See Also
    --------
    skae.AutoencoderTransformer.reconstruction_error : The errors of each row.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skae import AutoencoderTransformer
    >>> from skae.plotting import FeatureErrorDisplay
    >>> X, y = load_wine(return_X_y=True)
    >>> ae = AutoencoderTransformer(4, activation="tanh", solver="lbfgs", random_state=0)
    >>> display = FeatureErrorDisplay.from_estimator(make_pipeline(StandardScaler(), ae).fit(X), X)
    >>> len(display.bars_)
    13
    """

    def __init__(self, errors, *, feature_names=None, image_shape=None):
        self.errors = errors
        self.feature_names = feature_names
        self.image_shape = image_shape

    @classmethod
    def from_estimator(
        cls, estimator, X, *, image_shape=None, feature_names=None, max_features=30, cmap="gray_r", ax=None
    ):
        """Draw the errors with which a fitted estimator reconstructs X.

        Parameters
        ----------
        estimator : fitted estimator with ``reconstruct``, or with ``transform`` and ``inverse_transform``
            An autoencoder of skae, an ``AutoencoderOutlierDetector``, PCA, or a Pipeline whose last step is one. For a
            Pipeline the errors are in the features and units that its last step takes; if that is scaled columns, the
            errors of different columns are comparable.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Entries that are NaN are left out.
        image_shape : tuple of int, default=None
            Height and width where the features are pixels, (1, n_features) for a signal; None for bars.
        feature_names : array-like of str of shape (n_features,), default=None
            None for those that the estimator was fitted with, else x0, x1, ...
        max_features, cmap, ax
            As in ``plot``.

        Returns
        -------
        FeatureErrorDisplay

        Raises
        ------
        ImportError
            When matplotlib is not installed.
        TypeError
            For an estimator that does not reconstruct.
        ValueError
            For an image shape, or names, that do not fit.
        """
        require_matplotlib(cls)
        source = Source.of(estimator)
        entered = source.transform_steps(X)
        if isinstance(source.model, Prediction):
            fitted, rows = source.model._read(entered)
            errors = feature_errors(partial(reconstruction, fitted), rows)
        else:
            rows = check_array(entered, dtype="numeric")
            errors = feature_errors(partial(_reconstructed, source, entered), rows)
        names = source.entered_names if feature_names is None else feature_names
        display = cls(errors, feature_names=names, image_shape=image_shape)
        return display.plot(ax, max_features=max_features, cmap=cmap)

    def plot(self, ax=None, *, max_features=30, cmap="gray_r"):
        """Draw the errors.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure.
        max_features : int, default=30
            Maximum number of bars; those of the largest errors are drawn. None for all. Ignored for images and curves.
        cmap : str or matplotlib Colormap, default="gray_r"
            Of an image; its scale begins at 0.

        Returns
        -------
        FeatureErrorDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        self.bars_ = self.im_ = self.colorbar_ = self.line_ = None
        errors = checked_numbers("errors", self.errors, ("n_features",))
        form, shape = (None, None) if self.image_shape is None else form_of(self.image_shape, len(errors))
        if form is Form.IMAGE:
            self._draw_image(ax, errors.reshape(shape), cmap)
        elif form is Form.CURVE:
            self._draw_curve(ax, errors)
        else:
            self._draw_bars(ax, errors, max_features)
        return self

    def _draw_curve(self, ax, errors):
        self.ax_ = axes_for(ax)
        self.figure_ = self.ax_.figure
        (self.line_,) = self.ax_.plot(errors, color=distinct_colors(1)[0])
        self.ax_.set_ylim(bottom=0.0)
        self.ax_.set_ylabel("mean squared error (squared units of X)")
        label_features(self.ax_, self.feature_names, len(errors), rotated=False)

    def _draw_image(self, ax, picture, cmap):
        greatest = np.fmax.reduce(picture, axis=None, initial=0.0)
        self.ax_ = axes_for(ax, height=picture_height(picture, _BAR_OF_COLORS_INCHES))
        self.figure_ = self.ax_.figure
        self.im_ = draw_picture(self.ax_, picture, cmap=cmap, vmin=0.0, vmax=greatest or 1.0, gap=_NO_VALUE)
        # Without a frame white pixels at the edge, where the error is often zero, vanish on white paper.
        self.ax_.spines[:].set_visible(True)
        self.colorbar_ = self.figure_.colorbar(self.im_, ax=self.ax_, label="mean squared error (squared units of X)")

    def _draw_bars(self, ax, errors, max_features):
        check_count("max_features", max_features, none="all")
        names = checked_names(self.feature_names, len(errors))
        order = np.argsort(-errors, kind="stable")[:max_features]
        places = np.arange(len(order))
        self.ax_ = axes_for(ax, height=_BAR_INCHES * len(order) + _MARGIN_INCHES)
        self.figure_ = self.ax_.figure
        self.bars_ = self.ax_.barh(places, errors[order], color=distinct_colors(1))
        self.ax_.set_yticks(places, [shorten_label(names[j]) for j in order], parse_math=False)
        self.ax_.set_ylim(len(order) - 0.4, -0.6)
        self.ax_.set_xlabel("mean squared error (squared units of the feature)")
        if len(order) < len(errors):
            self.ax_.set_title(f"the {len(order)} greatest errors of {len(errors)} features")


def _reconstructed(source, entered, block):
    values = source.reconstruct_entered(in_container(entered, block))
    return checked_reconstruction(values, block, source.model)
