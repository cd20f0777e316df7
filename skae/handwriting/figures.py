"""The figures of the experiment, drawn without a display: filters, reconstructions, loss curves, the KL curve."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy.special import entr
from sklearn.base import clone

from ..objective.kl_sparsity import kl_divergence
from ..plotting import FilterDisplay, ReconstructionDisplay
from .conditions import one_thread_and_quiet
from .representations import REPRESENTATIONS

_FILTER_PANELS = ("plain", "masking-0.25", "masking-0.5", "gaussian")
# Enough to shrink the weights at pixels that never carry ink, too little to change the others.
_FILTER_ALPHA = 1e-4
_MOST_FILTERS = 100
_MASKED = 0.25


def filters(comparison):
    """Filters of the plain and of the denoising autoencoders side by side.

    The autoencoders are refitted with the same L2 strength, since L2 changes filters too; only the noise differs then.
    A filter is the input of norm one that maximally activates its unit. Each has its own grey scale, symmetric about
    zero: mid-grey is 0, white is positive. If there are more than 100 filters, the 100 whose activations vary most over
    the test rows are shown, in that order.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Figure or None
        None if the comparison has none of these autoencoders.
    """
    names = [name for name in _FILTER_PANELS if name in comparison.estimators]
    if not names:
        return None
    split = comparison.split
    spread = split.X_train.std(axis=0)
    inked = spread > 0.1 * spread.max()
    figure = Figure(figsize=(4.6 * len(names), 5.35), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
    figure.suptitle(
        f"Filters after the same training with alpha={_FILTER_ALPHA:g}: only the noise differs", fontsize=15
    )
    for ax, name in zip(_axes(figure, len(names)), names):
        network = _fitted_alike(_network(comparison, name), split.X_train)
        variation = network.transform(split.X_test).std(axis=0)
        shown = np.argsort(-variation, kind="stable")[:_MOST_FILTERS]
        tiles = [_signed(row, inked) for row in network.filters_[shown]]
        FilterDisplay(tiles, image_shape=split.image_shape).plot(ax, color_scale="shared")
        ax.set_title(f"{REPRESENTATIONS[name].label}\n{len(shown)} of {len(variation)} filters", fontsize=14)
    return figure


def _fitted_alike(network, X):
    """The network, or a refitted clone with the L2 strength of all panels if its own differs."""
    if network.alpha == _FILTER_ALPHA:
        return network
    with one_thread_and_quiet():
        return clone(network).set_params(alpha=_FILTER_ALPHA).fit(X)


def _signed(row, inked):
    """A filter divided by its largest weight at the pixels that carry ink; the data do not determine other weights."""
    largest = np.abs(row[inked]).max()
    return np.clip(row / largest, -1, 1) if largest > 0 else row


def reconstructions(comparison):
    """Test digits, whole and with a quarter of the pixels masked, and their reconstructions by PCA and autoencoders.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Figure or None
        None if only raw pixels were compared.
    """
    names = [name for name in comparison.estimators if name != "raw"]
    if not names:
        return None
    split = comparison.split
    first = [np.flatnonzero(split.y_test == digit)[0] for digit in np.unique(split.y_test)]
    whole = split.X_test[first]
    kept = np.random.default_rng(comparison.settings.seed).random(whole.shape) >= _MASKED
    panels = {
        "the input and its reconstructions": whole,
        f"the same with {_MASKED:.0%} of the pixels masked": whole * kept,
    }
    figure = Figure(figsize=(15, 0.56 * (len(names) + 1) + 0.6), layout="constrained")
    networks = {REPRESENTATIONS[name].label: _network(comparison, name) for name in names}
    for ax, (title, X) in zip(_axes(figure, len(panels)), panels.items()):
        rebuilt = {label: network.inverse_transform(network.transform(X)) for label, network in networks.items()}
        display = ReconstructionDisplay(X, rebuilt, image_shape=split.image_shape)
        display.plot(ax, cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(title, fontsize=14)
        ax.tick_params(labelsize=13)
    figure.axes[1].set_yticks([])
    return figure


def loss_curves(comparison):
    """Training objective of each autoencoder by epoch, with cross-entropies and squared errors in separate panels.

    The entropy of the pixels, which is the minimum of the cross-entropy, is subtracted from cross-entropies.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Figure or None
        None without an autoencoder.
    """
    networks = {name: _network(comparison, name) for name in comparison.estimators}
    networks = {name: network for name, network in networks.items() if hasattr(network, "loss_curve_")}
    if not networks:
        return None
    X = comparison.split.X_train
    panels = {
        "log_loss": ("cross-entropy above the pixels' entropy, and penalties\n(nats per row)", _entropy(X)),
        "squared_error": ("squared error and penalties\n(per row)", 0.0),
    }
    losses = [loss for loss in panels if any(network.loss_ == loss for network in networks.values())]
    figure = Figure(figsize=(7.5 * len(losses), 5.5), layout="constrained")
    for ax, loss in zip(_axes(figure, len(losses)), losses):
        label, least = panels[loss]
        for index, (name, network) in enumerate(networks.items()):
            if network.loss_ == loss:
                curve = np.array(network.loss_curve_) - least
                ax.plot(np.arange(1, len(curve) + 1), curve, label=REPRESENTATIONS[name].label, color=f"C{index}")
        ax.set(xlabel="epoch", ylabel=label, title="Training objective", yscale="log")
        ax.grid(alpha=0.3, which="both")
    figure.legend(loc="outside lower center", ncols=4)
    return figure


def _entropy(X):
    """Mean over rows of the sum of the pixels' entropies, in nats; grey values are read as probabilities of ink."""
    X = X.astype(np.float64)
    return float((entr(X) + entr(1.0 - X)).sum(axis=1).mean())


def kl_curve(comparison):
    """The sparsity term KL(rho || rho_hat) over rho_hat, its minimum, and where the fitted units lie.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Figure or None
        None without a sparse autoencoder.
    """
    if "sparse" not in comparison.estimators:
        return None
    network = _network(comparison, "sparse")
    target = network.sparsity_target
    units = np.clip(network.transform(comparison.split.X_train).mean(axis=0, dtype=np.float64), 1e-6, 1 - 1e-6)
    figure = Figure(figsize=(13, 5), layout="constrained")
    near = max(3 * target, 1.05 * units.max())
    for ax, high in zip(_axes(figure, 2), (0.999, min(near, 0.999))):
        grid = np.linspace(high / 1000, high, 1000)
        ax.plot(grid, kl_divergence(target, grid), color="C0", label=r"$KL(\rho\,\|\,\hat\rho)$")
        ax.plot(
            target, 0.0, "o", color="C3", markersize=9, zorder=3, label=rf"minimum: 0 at $\hat\rho=\rho={target:g}$"
        )
        ax.set(xlabel=r"mean activation $\hat\rho$ over the training rows", ylabel="nats")
        ax.grid(alpha=0.3)
    figure.axes[0].set_title("Sparsity term of one unit")
    figure.axes[1].set_title("The same near its minimum")
    heights = kl_divergence(target, units)
    figure.axes[1].plot(units, heights, "|", color="C1", markersize=14, label=f"the {len(units)} fitted units")
    for ax in figure.axes:
        ax.legend()
    return figure


def _network(comparison, name):
    return comparison.estimators[name].named_steps["representation"]


def _axes(figure, count):
    """Axes side by side."""
    return figure.subplots(1, count, squeeze=False)[0]


FIGURES = {
    "filters": filters,
    "reconstructions": reconstructions,
    "loss_curves": loss_curves,
    "kl_curve": kl_curve,
}
