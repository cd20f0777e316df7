"""ActivationDisplay: the distribution of the activations of a code, and its dead and saturated units."""

from __future__ import annotations

import numpy as np

from ..kernels.activations import ACTIVATIONS
from ..sparse import SparseAE
from ..training.dead_units import on_threshold, unit_activity
from ._figures import axes_for, distinct_colors, require_matplotlib
from ._options import check_choice, checked_numbers
from ._sources import Source, same_for_all_rows

# Units that the title names one by one.
_NAMED_UNITS = 8
_KINDS = ("activations", "units")


class ActivationDisplay:
    """Histogram of the activations of a code, or of the mean activations of its units.

    The title names the dead units, which are active for no row, and the saturated units, which are at a bound of their
    activation function for every row; see ``SparseAE.sparsity_report``. It also says if no unit varies over the rows.

    ``from_estimator`` makes one of a fitted autoencoder. All parameters are stored as attributes.

    Parameters
    ----------
    code : ndarray of shape (n_samples, n_components)
        Activations of the units.
    dead_units, saturated_units : array-like of int, default=()
        Indices of the units.
    sparsity_target : float, default=None
        The target rho of the mean activation. ``from_estimator`` takes it from the parameters of the estimator, which
        must not have been changed since the fit.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    histogram_ : matplotlib StepPatch
        Its ``get_data`` has the counts and the edges.
    lines_ : dict of str to matplotlib Line2D
        With ``kind="units"``: "rho_hat" at the mean of all units, and "rho" at the target if there is one.

    See Also
    --------
    skae.SparseAE.sparsity_report : The same in figures.

    Examples
    --------
    >>> from skae import SparseAE
    >>> from skae.datasets import load_digits_unit
    >>> from skae.plotting import ActivationDisplay
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = SparseAE(64, sparsity_target=0.1, sparsity_weight=1.0, tol=1e-3, random_state=0).fit(X)
    >>> display = ActivationDisplay.from_estimator(ae, X, kind="units")
    >>> sorted(display.lines_)
    ['rho', 'rho_hat']
    """

    def __init__(self, code, *, dead_units=(), saturated_units=(), sparsity_target=None):
        self.code = code
        self.dead_units = dead_units
        self.saturated_units = saturated_units
        self.sparsity_target = sparsity_target

    @classmethod
    def from_estimator(cls, estimator, X, *, kind="activations", threshold=None, bins=None, log_scale=False, ax=None):
        """Draw the activations of the code of X.

        Parameters
        ----------
        estimator : fitted autoencoder of skae, or Pipeline whose last step is one
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        threshold : float, default=None
            A unit is active if its activation is above this, as in ``SparseAE.sparsity_report``.
        kind, bins, log_scale, ax
            As in ``plot``.

        Returns
        -------
        ActivationDisplay

        Raises
        ------
        ImportError
            When matplotlib is not installed.
        TypeError
            For an estimator that is not an autoencoder of skae.
        ValueError
            For a threshold that is negative or not a number, and for an unknown kind.
        """
        require_matplotlib(cls)
        source = Source.of_autoencoder(estimator, cls)
        model, activation = source.model, ACTIVATIONS[source.model._fitted.network.architecture.activation]
        threshold = on_threshold(activation, threshold)
        check_choice("kind", kind, _KINDS)
        code = source.code(X)
        active, saturated = unit_activity(code, activation, threshold)
        trained_for_target = isinstance(model, SparseAE) and model.sparsity == "kl" and model.sparsity_weight != 0
        display = cls(
            code,
            dead_units=np.flatnonzero(active == 0),
            saturated_units=np.flatnonzero(saturated),
            sparsity_target=model.sparsity_target if trained_for_target else None,
        )
        return display.plot(ax, kind=kind, bins=bins, log_scale=log_scale)

    def plot(self, ax=None, *, kind="activations", bins=None, log_scale=False):
        """Draw the histogram.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure.
        kind : {"activations", "units"}, default="activations"
            "activations" counts every activation of every row; "units" counts the mean activation of each unit over the
            rows, and also draws the mean of all units, rho_hat, and the target rho.
        bins : int, sequence of float or str, default=None
            As in ``numpy.histogram``; None for 50, or "sqrt" with ``kind="units"``.
        log_scale : bool, default=False
            Whether the counts have a logarithmic axis: most activations of a sparse code are nearly zero.

        Returns
        -------
        ActivationDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        from matplotlib.ticker import MaxNLocator

        check_choice("kind", kind, _KINDS)
        code = checked_numbers("code", self.code, ("n_samples", "n_components"))
        by_unit = kind == "units"
        values = code.mean(axis=0, dtype=np.float64) if by_unit else code
        if bins is None:
            bins = "sqrt" if by_unit else 50
        counts, edges = np.histogram(values, bins=bins, range=_histogram_range(values))
        self.ax_ = axes_for(ax)
        self.figure_ = self.ax_.figure
        blue, yellow, red = distinct_colors(3)
        self.histogram_ = self.ax_.stairs(counts, edges, fill=True, color=blue)
        self.lines_ = {}
        if by_unit:
            mean = values.mean()
            self._mark("rho_hat", mean, rf"$\hat\rho$ = {mean:.3g}, mean of all units", yellow, "-")
            if self.sparsity_target is not None:
                self._mark("rho", self.sparsity_target, rf"$\rho$ = {self.sparsity_target:g}, target", red, "--")
            # Below, where no bar is hidden.
            self.ax_.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, frameon=False)
        self.ax_.set(
            xlabel="mean activation of a unit over the rows" if by_unit else "activation of a unit for a row",
            ylabel="units" if by_unit else "activations",
            title="\n".join(self._sayings(code)),
        )
        self.ax_.yaxis.set_major_locator(MaxNLocator(integer=True))
        if log_scale:
            self.ax_.set_yscale("log")
        return self

    def _sayings(self, code):
        """The lines of the title."""
        said = [self._named("dead", self.dead_units), self._named("saturated", self.saturated_units)]
        if len(code) > 1 and same_for_all_rows(code).all():
            said.append("the code is the same for all rows")
        return said

    def _named(self, state, units):
        """How many of the units are in a state, and which."""
        units = np.ravel(units)
        which = ", ".join(map(str, units[:_NAMED_UNITS])) + (", ..." if len(units) > _NAMED_UNITS else "")
        return f"{state}: {len(units)} of {np.shape(self.code)[1]} units" + (f" ({which})" if len(units) else "")

    def _mark(self, name, value, label, color, linestyle):
        self.lines_[name] = self.ax_.axvline(value, label=label, color=color, linestyle=linestyle, linewidth=2)


def _histogram_range(values):
    """Range of the bins; values that differ only by rounding get the range that NumPy uses for equal values."""
    low, high = float(np.min(values)), float(np.max(values))
    if 0 < high - low < 1e-6 * max(abs(low), abs(high)):
        return (low + high) / 2 - 0.5, (low + high) / 2 + 0.5
    return None
