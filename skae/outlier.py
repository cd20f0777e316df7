"""AutoencoderOutlierDetector: rows that an autoencoder reconstructs badly are outliers."""

from __future__ import annotations

from copy import copy
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin, _fit_context
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, _num_features, check_is_fitted

from .estimator.atomic_update import atomic_update, reads_snapshot
from .estimator.base import BaseAutoencoder
from .estimator.cross_fitting import cross_fitted_losses
from .estimator.notebook import FittedSummary
from .estimator.parameters import NumericParameters
from .estimator.registry import ESTIMATORS
from .estimator.residual_distance import precision_of, squared_distances
from .rows.validation import legal_clone
from .runtime.exceptions import ParameterError

_MOST_COMPONENTS = 64

# Columns up to which "auto" takes distances: their matrix grows with the square, the rows that it needs with them.
_MOST_COLUMNS = 512

# 97.5 % point of the normal distribution, and its ratio of standard deviation to median absolute deviation.
_NORMAL_975, _DEVIATION_OF_MAD = 1.959964, 1.482602

# Relative, by which losses that differ by rounding alone are not beyond the greatest normal one.
_SLACK = 1.0 + 1e-6


class AutoencoderOutlierDetector(NumericParameters, FittedSummary, OutlierMixin, BaseEstimator):
    """Detect outliers as rows with a high reconstruction loss.

    An autoencoder trained on X learns what its rows have in common. With the reconstruction x_hat of a row x, the score
    and the decision are::

        score(x) = -l(x, x_hat),    decision(x) = score(x) - offset,    x is an outlier where decision(x) < 0.

    The loss is a sum over the columns in their units. The default autoencoder has in its place the squared distance of
    the residual r = x - x_hat in units of the covariance of residuals of the training rows (``distance``)::

        score(x) = -r^T P r,    P = v ((1 - s) C + s v I)^-1,    C = mean of r r^T,    v = tr(C) / n_features,

    with s = min(1, 0.5 + n_features / n) for n distinct rows, so that an error counts by how rare it is: of columns
    that are always reconstructed well a small one, of columns whose errors go together one that does not. Of few rows
    of many columns, where s = 1, it is the squared error. Scale the columns of X, for example with ``StandardScaler``,
    unless their units are comparable. The autoencoder must not be able to copy its input: its code must be narrower
    than X, or it must be trained with noise or a penalty.

    Parameters
    ----------
    estimator : autoencoder of skae, default=None
        The autoencoder, a clone of which is trained. None is ``AutoencoderTransformer`` with
        min(64, ceil(n_features / 3)) components, ``activation="tanh"``, ``loss="squared_error"``, ``init="glorot"``,
        ``solver="lbfgs"``, ``tol=1e-3`` and ``max_iter=1000``. A bounded activation cannot follow a row far outside the
        training rows, as a linear code does; a start from the data would leave its bounds out of sight. Above some ten
        thousand rows, or with hundreds of columns, pass an autoencoder with ``solver="adam"``, which is quicker there,
        and ``distance="mahalanobis"`` for the same kind of score.
    contamination : "auto" or float in (0, 0.5], default="auto"
        The share of outliers among the training rows, which determines the offset. With a float the offset is a
        quantile of scores: at most this share of the rows, by weight, has a negative decision. "auto" is for training
        rows most of which are normal, if the share of outliers is unknown. With c_i = l_i^(1/3), whose distribution is
        close to normal for sums of squares, it is::

            offset = -(median(c) + 1.96 * 1.4826 * median|c - median(c)|)^3,

        Then one normal row in 40 counts as an outlier, if residuals are about normal; of tables with heavier tails 5 to
        13 % of the normal rows did. Which losses l_i these are is told by ``calibration``.
    random_state : int, RandomState instance or None, default=None
        Random state of the default estimator; any other estimator has its own. Pass an int for reproducible results.
    calibration : {"auto", "cross-fit", "training"}, default="auto"
        The losses l_i that determine the offset. "training" takes those of the autoencoder on its own rows, which
        are too small where rows are few for its parameters. "cross-fit" takes losses of rows that were held out: five
        more clones are trained, each without a fifth of the rows (of more than 20,000 distinct rows, one clone); with a
        float contamination the offset is then the conformal quantile of these losses, which a new row of the same
        kind exceeds with at most that probability [3]_. Of fewer than ten distinct rows they are the training losses.
        "auto" cross-fits too, and keeps the offset of "training" where the share of held-out rows beyond it is no more
        than a standard deviation above that of training rows.

        .. versionadded:: 0.2
    distance : {"auto", "loss", "mahalanobis"}, default="auto"
        What a score is minus: the reconstruction loss, or the distance of the residual above, whatever the loss. For
        "mahalanobis" the estimator is to be an autoencoder of skae. "auto" is "mahalanobis" where ``estimator`` is None
        and X has at most 512 columns, and "loss" otherwise.

        .. versionadded:: 0.2

    Attributes
    ----------
    estimator_ : autoencoder
        The trained clone.
    offset_ : float
        The score below which a row is an outlier.
    precision_ : ndarray of shape (n_features, n_features) or None
        P of the distance; None where scores are minus the loss, and where all rows are reconstructed exactly.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during fit, where X has names that are all strings.

    See Also
    --------
    AutoencoderTransformer : The plain autoencoder.
    DenoisingAE : An autoencoder that may be as wide as X.

    References
    ----------
    .. [1] N. Japkowicz, C. Myers and M. Gluck, "A novelty detection approach to classification", IJCAI (1995).
    .. [2] M. Hubert, P. J. Rousseeuw and K. Vanden Branden, "ROBPCA: a new approach to robust principal component
       analysis", Technometrics 47 (2005): the cut-off of orthogonal distances, here with the median and the median
       absolute deviation instead of the minimum covariance determinant, and for any loss.
    .. [3] R. F. Barber, E. J. Candes, A. Ramdas and R. J. Tibshirani, "Predictive inference with the jackknife+",
       Annals of Statistics 49 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from skae import AutoencoderOutlierDetector
    >>> angle = np.linspace(0, 2 * np.pi, 200)
    >>> X = np.column_stack([np.cos(angle), np.sin(angle), np.cos(angle) - np.sin(angle)])
    >>> X += np.random.default_rng(0).normal(scale=0.05, size=X.shape)
    >>> detector = AutoencoderOutlierDetector(contamination=0.05, random_state=0).fit(X)
    >>> detector.predict([[1.0, 0.0, 1.0], [1.0, 0.0, -4.0]])
    array([ 1, -1])
    """

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "score_samples", "reconstruction_error"]), None],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "random_state": ["random_state"],
        "calibration": [StrOptions({"auto", "cross-fit", "training"})],
        "distance": [StrOptions({"auto", "loss", "mahalanobis"})],
    }

    def __init__(self, estimator=None, *, contamination="auto", random_state=None, calibration="auto", distance="auto"):
        self.estimator = estimator
        self.contamination = contamination
        self.random_state = random_state
        self.calibration = calibration
        self.distance = distance

    # The parameters of the autoencoder are checked by its own fit.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Train the autoencoder and place the offset.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Passed to the autoencoder, which ignores it.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the training and in the rule for the offset; only their ratios matter.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For input or parameters that are not legal, and when the training on all rows diverges. The detector is then
            as it was before the call.

        Warns
        -----
        UserWarning
            If trainings on a part of the rows, for the offset, failed.
        """
        estimator = self._default_estimator(X) if self.estimator is None else legal_clone(self.estimator)
        self._check_distance(estimator)
        estimator.fit(X, y, sample_weight=sample_weight)
        scores = estimator.score_samples(X)
        weights = _check_sample_weight(sample_weight, scores, dtype=np.float64)
        # Scaled, so that their sums do not overflow.
        weights = weights / weights.max()
        precision, losses = None, -scores
        if self._takes_distance(estimator):
            precision, distances = _distances(estimator, X, weights)
            losses = losses if precision is None else distances
        offset = -self._greatest_loss(estimator, X, y, weights, losses, precision)
        # Where it is beyond their range no score is below it.
        with atomic_update(self) as draft:
            draft.estimator_, draft.offset_ = estimator, max(offset, float(np.finfo(scores.dtype).min))
            draft.precision_ = precision
            draft._take_columns()
        return self

    def _check_distance(self, estimator):
        if self.distance == "mahalanobis" and not isinstance(estimator, BaseAutoencoder):
            raise ParameterError(
                "distance",
                self.distance,
                ["auto", "loss"],
                "Residuals are those of an autoencoder of skae: with {estimator=} {parameter} must be {legal}",
                "Or pass an autoencoder of skae.",
                estimator=self.estimator,
            )

    def _takes_distance(self, estimator):
        """Whether scores are distances of residuals."""
        if self.distance == "auto":
            return self.estimator is None and estimator.n_features_in_ <= _MOST_COLUMNS
        return self.distance == "mahalanobis"

    def _greatest_loss(self, estimator, X, y, weights, losses, precision):
        """The greatest loss of a row that is no outlier; of distances there is a precision."""
        if self.contamination == "auto":
            of_training = _greatest_normal_loss(losses, weights)
        else:
            of_training = -_weighted_quantile(-losses, weights, self.contamination)
        if self.calibration == "training":
            return of_training
        measure = _losses_of if precision is None else _distances_of
        rows, held_losses, n_rows = cross_fitted_losses(estimator, X, y, weights, losses, measure)
        if not n_rows:
            return of_training
        held_weights = weights[rows]
        if self.calibration == "auto":
            # Compared in float64: the greatest normal loss may be beyond the precision of the losses.
            expected = np.average(losses.astype(np.float64) > of_training, weights=weights)
            found = np.average(held_losses.astype(np.float64) > of_training, weights=held_weights)
            if _agree(found, expected, n_rows):
                return of_training
        if self.contamination == "auto":
            return _greatest_normal_loss(held_losses, held_weights)
        return _conformal_quantile(held_losses, held_weights, self.contamination, n_rows)

    def _default_estimator(self, X):
        try:
            n_features = _num_features(X)
        except (TypeError, ValueError):
            # Not a table: the autoencoder says so in scikit-learn's words.
            n_features = 1
        return ESTIMATORS["plain"](
            # Rounded up, and never none.
            min(_MOST_COMPONENTS, max(1, -(-n_features // 3))),
            activation="tanh",
            loss="squared_error",
            # Principal directions in the middle of the activation leave its bounds out of sight: a code as of PCA.
            init="glorot",
            solver="lbfgs",
            max_iter=1000,
            tol=1e-3,
            random_state=self.random_state,
        )

    @reads_snapshot
    def score_samples(self, X):
        """Minus the reconstruction loss of each row, or the distance of its residual: the higher, the more like the
        training rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In squared units of X for distances and for ``squared_error``, in nats for the loss ``log_loss``.

        Raises
        ------
        ValueError
            For an autoencoder with ``log_loss``, for values outside [0, 1] where scores are losses.
        """
        check_is_fitted(self)
        if self._precision is None:
            return self._reader().score_samples(X)
        return -squared_distances(*self._reader()._read(X), self._precision)

    @reads_snapshot
    def decision_function(self, X):
        """``score_samples(X) - offset_``: negative for outliers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In the units of ``score_samples``.
        """
        scores = self.score_samples(X)
        # An offset near the end of float32 would make NumPy before 2.0 take float64.
        return np.subtract(scores, self.offset_, dtype=scores.dtype)

    @reads_snapshot
    def predict(self, X):
        """-1 for outliers, 1 for other rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,), int
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    @reads_snapshot
    def reconstruction_error(self, X, per_feature=False):
        """Squared reconstruction error of each row, or of each entry: which columns make a row an outlier.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        per_feature : bool, default=False
            Whether to return the error of every entry instead of its sum over each row.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_features)
            In squared units of X. With ``per_feature=True``, in the container that the ``reconstruction_error`` of the
            autoencoder returns.
        """
        check_is_fitted(self)
        return self._reader().reconstruction_error(X, per_feature=per_feature)

    @property
    def _precision(self):
        """``precision_``, which detectors of earlier versions do not have."""
        return getattr(self, "precision_", None)

    def _take_columns(self):
        """Copy the number and names of the autoencoder's columns to attributes of the detector, which can be set."""
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))

    def _reader(self):
        """The autoencoder; without feature names if those of the detector were deleted, so that it accepts arrays."""
        taken = getattr(self, "feature_names_in_", None) is None
        if not taken or getattr(self.estimator_, "feature_names_in_", None) is None:
            return self.estimator_
        reader = copy(self.estimator_)
        reader.feature_names_in_ = None
        return reader

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(ESTIMATORS["plain"]() if self.estimator is None else self.estimator).input_tags
        tags.input_tags.sparse = inner.sparse
        tags.input_tags.allow_nan = inner.allow_nan
        return tags


def _losses_of(estimator, X, weights):
    return -estimator.score_samples(X)


def _distances_of(estimator, X, weights):
    return _distances(estimator, X, weights)[1]


def _distances(estimator, X, weights):
    """The precision of the residuals of the rows that have a weight, or None, and the distances of all by it: their
    squared norms where there is none."""
    fitted, rows = estimator._read(X)
    precision = precision_of(fitted, rows, weights)
    return precision, squared_distances(fitted, rows, np.eye(rows.shape[1]) if precision is None else precision)


@np.errstate(over="ignore")
def _greatest_normal_loss(losses, weights):
    """The loss that one normal row in 40 exceeds, if most rows are normal."""
    roots = np.cbrt(losses, dtype=np.float64)
    centre = _weighted_quantile(roots, weights, 0.5)
    deviation = _DEVIATION_OF_MAD * _weighted_quantile(np.abs(roots - centre), weights, 0.5)
    # The median loss is always normal, even if losses differ only by rounding.
    normal = float(np.float64(centre + _NORMAL_975 * deviation) ** 3)
    return max(normal, _weighted_quantile(losses, weights, 0.5)) * _SLACK


def _agree(found, expected, n_rows):
    """Whether a share of some rows is not above the one that is expected by more than its standard deviation."""
    expected = max(expected, 1.0 / n_rows)
    return found <= expected + np.sqrt(expected * (1.0 - expected) / n_rows)


def _conformal_quantile(losses, weights, contamination, n_rows):
    """The loss that a new row exceeds with at most a given probability, if it is like rows that were held out."""
    order = np.argsort(losses)
    reached = np.cumsum(weights[order])
    wanted = min(1.0, (1.0 - contamination) * (n_rows + 1) / n_rows) * reached[-1]
    first = np.searchsorted(reached, wanted - 1e-12 * reached[-1])
    return float(losses[order[first]])


def _weighted_quantile(values, weights, share):
    """The first value whose cumulated weight exceeds the share; if one equals it, the mean of that and the next value.

    A row of weight two is then the same as two rows.
    """
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    rounding = 1e-12 * reached[-1]
    wanted = share * reached[-1]
    first = np.searchsorted(reached, wanted - rounding)
    after = np.searchsorted(reached, wanted + rounding, side="right")
    # Halved first, so that their sum does not overflow.
    return float(np.float64(values[order[first]]) / 2 + np.float64(values[order[after]]) / 2)
