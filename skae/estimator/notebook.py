"""Representation of a fitted estimator in a notebook: scikit-learn's diagram, and a line with its shapes below it."""

from __future__ import annotations

from sklearn.utils.validation import _is_fitted

from ..training.solvers import SOLVERS

_LINE = '<div style="font-family: monospace; font-size: 0.85em; padding: 0.3em 0;">{}</div>'


class FittedSummary:
    """Mixin that adds the shapes of a trained network to the HTML of its estimator, or of one that wraps it."""

    def _fitted_summary(self):
        """Widths of the layers, number and precision of the parameters, number of epochs and final loss."""
        # An estimator that wraps an autoencoder shows its summary; wrapped estimators of other libraries have none.
        trained = getattr(self, "estimator_", self)
        return _LINE.format(_described(trained)) if getattr(trained, "_fitted", None) is not None else ""

    def _with_summary(self, html):
        return html + self._fitted_summary() if _is_fitted(self) else html

    def _repr_html_inner(self):
        return self._with_summary(super()._repr_html_inner())

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] = self._with_summary(bundle["text/html"])
        return bundle


def _described(autoencoder):
    network = autoencoder._fitted.network
    widths = " → ".join(f"{width:,}" for width in network.architecture.sizes)
    parts = [widths, f"{network.architecture.n_parameters:,} parameters", network.dtype.name]
    if autoencoder.loss_curve_:
        unit = SOLVERS[autoencoder.solver_].iteration
        plural = "" if autoencoder.n_iter_ == 1 else "s"
        parts.append(f"{autoencoder.n_iter_:,} {unit}{plural}")
        parts.append(f"loss {autoencoder.loss_curve_[-1]:.4g} a row ({autoencoder.loss_})")
    return " · ".join(parts)
