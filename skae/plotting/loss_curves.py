"""LossCurveDisplay: how the loss of one or several trainings fell."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..kernels.losses import LOSSES
from ._figures import axes_for, distinct_colors, draw_legend, draw_legend_beside, require_matplotlib
from ._options import artist_options, check_choice, checked_by_name
from ._sources import Source, named_sources

# Curves that a legend on the axes names; more would hide one another.
_MOST_INSIDE = 8


class LossCurveDisplay:
    """Training and validation loss by epoch, of one or several trainings.

    The loss is the objective, the penalties included: mean over the rows, in nats or in squared units of X.

    ``from_estimator`` makes one of fitted autoencoders. All parameters are stored as attributes.

    Parameters
    ----------
    loss_curves : dict of str to array-like of shape (n_epochs,)
        Training loss of each epoch, by the name of the training.
    validation_loss_curves : dict of str to array-like of shape (n_epochs,), default=None
        Validation loss of each epoch, for the trainings that have one; NaN for an epoch without.
    loss : {"squared_error", "log_loss"}, default="squared_error"
        The loss of all trainings; it determines the units.
    step : str, default="epoch"
        What one value belongs to, for the label of the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Drawn on.
    figure_ : matplotlib Figure
        Of the axes.
    lines_ : dict of str to matplotlib Line2D
        Training curves, solid.
    validation_lines_ : dict of str to matplotlib Line2D
        Validation curves, dashed.

    Examples
    --------
    >>> from skae import AutoencoderTransformer
    >>> from skae.datasets import load_digits_unit
    >>> from skae.plotting import LossCurveDisplay
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> fits = {
    ...     f"learning rate {rate:g}": AutoencoderTransformer(
    ...         32, learning_rate_init=rate, early_stopping=True, tol=1e-2, random_state=0
    ...     ).fit(X)
    ...     for rate in (1e-3, 1e-2)
    ... }
    >>> display = LossCurveDisplay.from_estimator(fits, log_scale=True)
    >>> sorted(display.validation_lines_)
    ['learning rate 0.001', 'learning rate 0.01']
    """

    def __init__(self, loss_curves, *, validation_loss_curves=None, loss="squared_error", step="epoch"):
        self.loss_curves = loss_curves
        self.validation_loss_curves = validation_loss_curves
        self.loss = loss
        self.step = step

    @classmethod
    def from_estimator(cls, estimators, *, log_scale=False, line_kwargs=None, ax=None):
        """Draw the loss curves of fitted autoencoders.

        Parameters
        ----------
        estimators : estimator, list of estimators, or dict of name to estimator
            Fitted autoencoders of skae, or Pipelines whose last step is one, with the same ``loss_``.
        log_scale, line_kwargs, ax
            As in ``plot``.

        Returns
        -------
        LossCurveDisplay

        Raises
        ------
        ImportError
            When matplotlib is not installed.
        TypeError
            For an estimator that is not an autoencoder of skae.
        ValueError
            For losses in different units, and for an autoencoder that was stacked and not trained since.
        """
        require_matplotlib(cls)
        sources = named_sources(estimators, partial(Source.of_autoencoder, display=cls))
        models = {name: source.model for name, source in sources.items()}
        losses = {name: model.loss_ for name, model in models.items()}
        if len(set(losses.values())) > 1:
            raise ValueError(
                f"The loss must be the same for all curves of one display, since its units are; got {losses}. Draw "
                "them on axes of their own."
            )
        for name, model in models.items():
            if not model.loss_curve_:
                raise ValueError(f"The loss_curve_ of {name} is empty, as it is after stack. Fit it first.")
        validation = {name: np.array(model.validation_loss_curve_) for name, model in models.items()}
        steps = sorted({"epoch" if model._fitted.training.in_batches else "iteration" for model in models.values()})
        display = cls(
            {name: np.array(model.loss_curve_) for name, model in models.items()},
            validation_loss_curves={name: curve for name, curve in validation.items() if curve.size} or None,
            loss=next(iter(losses.values())),
            step=" or ".join(steps),
        )
        return display.plot(ax, log_scale=log_scale, line_kwargs=line_kwargs)

    def plot(self, ax=None, *, log_scale=False, line_kwargs=None):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None for a new figure.
        log_scale : bool, default=False
            Whether the axis of the loss is logarithmic.
        line_kwargs : dict, default=None
            For matplotlib's ``plot``, used for every curve.

        Returns
        -------
        LossCurveDisplay
            The display itself.
        """
        require_matplotlib(type(self))
        check_choice("loss", self.loss, LOSSES)
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        curves, held = self._checked_curves()
        style = artist_options("line_kwargs", line_kwargs, Line2D)
        self.ax_ = axes_for(ax)
        self.figure_ = self.ax_.figure
        self.lines_, self.validation_lines_, shown = {}, {}, []
        for (name, curve), color in zip(curves.items(), distinct_colors(len(curves))):
            label = f"{name}, training" if name in held else name
            self.lines_[name] = self._draw(curve, {"label": label, "color": color, **style})
            shown.append((label, self.lines_[name]))
            if name in held:
                label = f"{name}, validation"
                options = {"label": label, "color": color, "linestyle": "--", **style}
                self.validation_lines_[name] = self._draw(held[name], options)
                shown.append((label, self.validation_lines_[name]))
        self.ax_.set(xlabel=self.step, ylabel=f"mean loss of a row, penalties included\n({LOSSES[self.loss].units})")
        if log_scale:
            self.ax_.set_yscale("log")
        self.ax_.xaxis.set_major_locator(MaxNLocator(integer=True))
        labels, lines = zip(*shown)
        if len(lines) > _MOST_INSIDE:
            draw_legend_beside(self.ax_, lines, labels, widen=ax is None)
        else:
            draw_legend(self.ax_, lines, labels)
        return self

    def _checked_curves(self):
        """Training curves, and those on rows held out, by name."""
        curves, held = checked_by_name("loss_curves", self.loss_curves, ("n_epochs",)), {}
        if self.validation_loss_curves:
            held = checked_by_name("validation_loss_curves", self.validation_loss_curves, ("n_epochs",))
        alone = [name for name in held if name not in curves]
        if alone:
            raise ValueError(
                f"validation_loss_curves must have the names of loss_curves, {list(curves)}; got {alone} beside them."
            )
        return curves, held

    def _draw(self, curve, options):
        # A line of one point is invisible.
        marker = {"marker": "o"} if len(curve) == 1 else {}
        return self.ax_.plot(np.arange(1, len(curve) + 1), curve, **{**marker, **options})[0]
