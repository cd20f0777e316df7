"""Report: the figures of a report, as text and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

# Columns in a view: those that are reconstructed worst.
_SHOWN = 10


@dataclass(frozen=True, repr=False)
class Report:
    """What a fitted autoencoder does on rows.

    Parameters
    ----------
    explained_variance, pca_explained_variance : float
        Share of the variance of X that the reconstruction explains; the same of PCA with as many components, fitted on
        the same rows.
    column_names : list of str
    column_explained, column_pca_explained : ndarray of shape (n_features,)
        The same by column; NaN for a constant column.
    dead, saturated : ndarray of int
        Units of the code that are on for no row; those that are at a bound of their activation for every row.
    duplicates : list of tuple of int
        Pairs of units whose activations have a correlation of more than 0.99 or less than -0.99.
    n_units : int
        Width of the code.
    output_range, data_range : tuple of float
        Least and greatest value of the reconstruction, and of X.
    out_of_reach : float
        Share of the entries of X that the output activation cannot give.
    loss_curve : list of float
    suggestions : list of str
        What to do, always in the same order: data, output, comparison with PCA, units, training.
    """

    explained_variance: float
    pca_explained_variance: float
    column_names: list
    column_explained: np.ndarray
    column_pca_explained: np.ndarray
    dead: np.ndarray
    saturated: np.ndarray
    duplicates: list
    n_units: int
    output_range: tuple
    data_range: tuple
    out_of_reach: float
    loss_curve: list
    suggestions: list

    def _figures(self):
        """Names and texts of the figures, in order."""
        low, high = self.output_range
        least, greatest = self.data_range
        first, last = (self.loss_curve[0], self.loss_curve[-1]) if self.loss_curve else (np.nan, np.nan)
        return [
            ("explained variance", f"{self.explained_variance:.4f}"),
            (f"PCA of these rows, {self.n_units} units", f"{self.pca_explained_variance:.4f}"),
            ("dead units", f"{len(self.dead)} of {self.n_units}"),
            ("saturated units", f"{len(self.saturated)} of {self.n_units}"),
            ("pairs of duplicate units", f"{len(self.duplicates)}"),
            ("range of the output", f"{low:.4g} to {high:.4g}"),
            ("range of X", f"{least:.4g} to {greatest:.4g}"),
            ("loss", f"{first:.4g} to {last:.4g} in {len(self.loss_curve)} steps"),
        ]

    def _worst_columns(self):
        """Name, share and share of PCA of the columns that are reconstructed worst."""
        order = np.argsort(self.column_explained, kind="stable")[:_SHOWN]
        return [(self.column_names[j], self.column_explained[j], self.column_pca_explained[j]) for j in order]

    def __repr__(self):
        lines = [f"{name:<28} {text}" for name, text in self._figures()]
        lines += ["", f"{'columns, the worst first':<28} explained     PCA"]
        lines += [f"{name[:27]:<28} {own:9.4f} {pca:7.4f}" for name, own, pca in self._worst_columns()]
        lines += ["", "suggestions", *(f"- {text}" for text in self.suggestions or ["none"])]
        return "\n".join(lines)

    def _repr_html_(self):
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._figures())
        columns = "".join(
            f"<tr><th>{escape(name)}</th><td>{own:.4f}</td><td>{pca:.4f}</td></tr>"
            for name, own, pca in self._worst_columns()
        )
        advice = "".join(f"<li>{escape(text)}</li>" for text in self.suggestions or ["none"])
        return (
            f"<div><table>{rows}</table><h4>Columns, the worst first</h4>"
            f"<table><tr><th></th><th>explained</th><th>PCA</th></tr>{columns}</table>"
            f"<h4>Loss</h4>{self._curve()}<h4>Suggestions</h4><ol>{advice}</ol></div>"
        )

    def _curve(self):
        """The loss by step, as SVG."""
        losses = np.asarray(self.loss_curve, float)
        if len(losses) < 2:
            return "<p>There is no curve.</p>"
        x = np.linspace(0, 300, len(losses))
        y = 80 * (1 - (losses - losses.min()) / (np.ptp(losses) or 1.0))
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y))
        return (
            f'<svg viewBox="-5 -5 310 90" width="310" role="img" aria-label="loss by step, from {losses[0]:.4g} to '
            f'{losses[-1]:.4g}"><polyline points="{points}" fill="none" stroke="currentColor"/></svg>'
        )
