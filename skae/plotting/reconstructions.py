"""ReconstructionDisplay: images, the same corrupted, and what estimators make of them."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing, check_array, check_random_state

from ..estimator.corrupted_input import CorruptedInput
from ..kernels.corruptions import CORRUPTIONS
from ..rows.blocks import model_dtype
from ..rows.matrices import CSRMatrix, as_csr
from ..rows.reconstruction_errors import in_container
from ..rows.sample import Sample
from ..runtime.numbers import in_float64, shown
from ._figures import axes_for, fitting, require_matplotlib
from ._options import check_count, checked_by_name, checked_numbers
from ._sources import as_array, named_sources
from ._tiles import checked_image_shape, draw_picture, line_middles, picture_height, tiled

# Between images, and where a pixel is missing.
_GAP = "white"
# Of a name beside its line.
_INCHES_OF_LETTER = 0.075


class ReconstructionDisplay:
    """Images, and below each what estimators make of it.

    ``from_estimator`` makes one of fitted estimators. All parameters are stored as attributes.

    Parameters
    ----------
    X : ndarray of shape (n_images, n_features)
        The images; NaN is drawn as white.
    reconstructions : dict of str to ndarray of shape (n_images, n_features)
        By the name that stands at their line.
    corrupted : ndarray of shape (n_images, n_features), default=None
        What the estimators were given in the place of X.
    corruption_name : str, default=None
        Stands at the line of ``corrupted``.
    image_shape : tuple of int, default=None
        Height and width; None for a square.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    im_ : matplotlib AxesImage
        All images in one picture, with NaN between them.

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
    >>> estimators = [PCA(32).fit(X), DenoisingAE(32, tol=1e-2, random_state=0).fit(X)]
    >>> display = ReconstructionDisplay.from_estimator(estimators, X, random_state=0)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['input', 'masking 0.25', 'PCA', 'DenoisingAE']
    """

    def __init__(self, X, reconstructions, *, corrupted=None, corruption_name=None, image_shape=None):
        self.X = X
        self.reconstructions = reconstructions
        self.corrupted = corrupted
        self.corruption_name = corruption_name
        self.image_shape = image_shape

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
            NMF, Pipelines of such with steps that have an ``inverse_transform``.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        n_images : int, default=10
            How many rows to show, where X has as many.
        corruption : {"auto", "masking", "gaussian", "salt_and_pepper"} or None, default="auto"
            What is done to the images before all estimators get them, as in ``DenoisingAE``; the range of salt and
            pepper is that of the columns of X. "auto" is the one that the estimators were trained with, at its level,
            in the features that the last step of a Pipeline takes; none where no estimator has one. It is read off
            their parameters: name it where these were set anew after the fit.
        noise_level : float, default=None
            Of a corruption that is named, in units of X where it is Gaussian.
        random_state : int, RandomState instance or None, default=None
            Determines the corruption. Pass an int for reproducible pictures.
        image_shape : tuple of int, default=None
            Height and width of an image; None for a square.
        cmap, vmin, vmax, ax
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
            For a corruption that is not legal, or estimators trained with different ones and "auto"; for an image shape
            that cannot be guessed or does not fit.
        """
        require_matplotlib(cls)
        sources = named_sources(estimators)
        check_count("n_images", n_images)
        X = X.tocsr() if issparse(X) else X
        if not hasattr(X, "shape"):
            X = check_array(X, ensure_all_finite="allow-nan")
        shown = _safe_indexing(X, slice(0, int(n_images)))
        images = check_array(as_array(shown), ensure_all_finite="allow-nan")
        shape = checked_image_shape(image_shape, images.shape[1])
        corrupted, name = _corrupted(sources.values(), X, shown, corruption, noise_level, random_state)
        given = shown if corrupted is None else in_container(shown, corrupted)
        reconstructions = {key: source.reconstruct(given) for key, source in sources.items()}
        display = cls(images, reconstructions, corrupted=corrupted, corruption_name=name, image_shape=shape)
        return display.plot(ax, cmap=cmap, vmin=vmin, vmax=vmax)

    def plot(self, ax=None, *, cmap="gray", vmin=None, vmax=None):
        """Draw the images, one in a column.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure.
        cmap : str or matplotlib Colormap, default="gray"
            The same for all lines.
        vmin, vmax : float, default=None
            Values at the ends of the colour map, beyond which there is no difference to be seen; None for the least and
            the greatest value of X.

        Returns
        -------
        ReconstructionDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        names, lines = self._lines()
        shape = checked_image_shape(self.image_shape, lines[0].shape[1])
        picture = tiled(lines, shape)
        seen = lines[0][np.isfinite(lines[0])]
        low, high = (seen.min(), seen.max()) if seen.size else (0.0, 1.0)
        vmin, vmax = low if vmin is None else vmin, high if vmax is None else vmax
        self.ax_ = axes_for(ax, height=picture_height(picture, _INCHES_OF_LETTER * max(map(len, names))))
        self.figure_ = self.ax_.figure
        self.im_ = draw_picture(self.ax_, picture, cmap=cmap, vmin=vmin, vmax=vmax, gap=_GAP)
        self.ax_.set_yticks(line_middles(len(lines), shape), names, parse_math=False)
        if ax is None:
            # Images keep their proportions, and only a second layout makes the room for the names that this takes.
            self.figure_.draw_without_rendering()
        return self

    def _lines(self):
        """Names of the lines from top to bottom, and their images."""
        X = checked_numbers("X", self.X, ("n_images", "n_features"))
        lines = [("input", X)]
        if self.corrupted is not None:
            corrupted = checked_numbers("corrupted", self.corrupted, X.shape)
            lines.append((self.corruption_name or "corrupted", corrupted))
        lines += checked_by_name("reconstructions", self.reconstructions, X.shape).items()
        names, lines = zip(*lines)
        return list(map(fitting, names)), lines


def _corrupted(sources, X, shown, corruption, noise_level, random_state):
    """The rows that are shown, corrupted in the features of X, and the name of what was done; or None and None."""
    if corruption is None or (isinstance(corruption, str) and corruption == "auto"):
        if noise_level is not None:
            raise ValueError(
                f"noise_level goes with a corruption that is named, one of {sorted(CORRUPTIONS)}; got "
                f"noise_level={noise_level!r} with corruption={corruption!r}."
            )
        source = None if corruption is None else _noisy(sources, shown)
        if source is None:
            return None, None
        name, level = source.model.corruption, source.model.noise_level
        noisy = _apply(name, level, source.enter(X), source.enter(shown), random_state)
        noisy = source.leave(in_container(source.enter(shown), noisy))
    else:
        name, level = corruption, noise_level
        _check_corruption(name, level)
        noisy = _apply(name, level, X, shown, random_state)
    return noisy, f"{name.replace('_', ' ')} {level:g}"


def _check_corruption(corruption, noise_level):
    if not (isinstance(corruption, str) and corruption in CORRUPTIONS):
        raise ValueError(f"corruption must be one of {sorted(CORRUPTIONS)}, 'auto' or None; got {corruption!r}.")
    low, high = CORRUPTIONS[corruption].level_range
    number = isinstance(noise_level, Real) and not isinstance(noise_level, bool) and in_float64(noise_level)
    if not (number and math.isfinite(noise_level) and low <= noise_level <= high):
        end = f"{high:g}]" if math.isfinite(high) else "inf)"
        raise ValueError(
            f"noise_level must be a number in [{low:g}, {end} with corruption={corruption!r}; got {shown(noise_level)}."
        )


def _noisy(sources, shown):
    """A source that stands for all that were trained on corrupted input; None where none was."""
    noisy = [s for s in sources if isinstance(s.model, CorruptedInput) and s.model.noise_level > 0]
    settings = {(source.model.corruption, source.model.noise_level) for source in noisy}
    entered = [as_array(source.enter(shown)) for source in noisy]
    if len(settings) > 1 or not all(
        rows.shape == entered[0].shape and np.allclose(rows, entered[0], equal_nan=True) for rows in entered
    ):
        trained = ", ".join(
            f"{source.name}: {source.model.corruption} {source.model.noise_level:g}" for source in noisy
        )
        raise ValueError(
            f"corruption='auto' needs estimators that were trained with one corruption of the same features; got "
            f"{trained}. Name the corruption and its noise_level, or pass corruption=None for the clean input."
        )
    return noisy[0] if noisy else None


def _apply(corruption, level, X, shown, random_state):
    """The rows that are shown, corrupted, with the range of the columns of all of X."""
    record = CORRUPTIONS[corruption]
    rows = as_array(shown)
    # A copy, since kernels are compiled for arrays of our own, and read-only ones would be another type.
    rows = np.array(rows, model_dtype(rows), order="C")
    X = CSRMatrix(as_csr(X)) if issparse(X) else np.asarray(X)
    low, high = (np.nan_to_num(bound).astype(rows.dtype) for bound in Sample.of(X).column_range())
    draws = np.empty(rows.shape, record.draw_dtype or rows.dtype)
    record.draw(np.random.default_rng(check_random_state(random_state).randint(2**31)), draws)
    out = np.empty_like(rows)
    record.apply(rows, draws, float(level), low, high, out)
    return out
