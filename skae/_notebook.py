"""How a fitted autoencoder shows itself in a notebook: scikit-learn's diagram, and a line with its shapes under it."""

from __future__ import annotations

_LINE = '<div style="font-family: monospace; font-size: 0.85em; padding: 0.3em 0;">{}</div>'


class FittedSummary:
    """Mixin that adds the shapes of a trained network to the HTML of its estimator."""

    def _fitted_summary(self):
        """Widths of the layers, number and precision of the parameters, length and end of the training."""
        network = self._network
        widths = " → ".join(f"{width:,}" for width in network.architecture.sizes)
        parts = [widths, f"{network.architecture.n_parameters:,} parameters", network.dtype.name]
        if self.loss_curve_:
            epochs = f"{self.n_iter_:,} {'iteration' if self.solver == 'lbfgs' else 'epoch'}{'s'[: self.n_iter_ != 1]}"
            parts += [epochs, f"loss {self.loss_curve_[-1]:.4g} a row ({self.loss_})"]
        return _LINE.format(" · ".join(parts))

    def _with_summary(self, html):
        return html + self._fitted_summary() if self.__sklearn_is_fitted__() else html

    def _repr_html_inner(self):
        return self._with_summary(super()._repr_html_inner())

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] = self._with_summary(bundle["text/html"])
        return bundle
