"""The figures of the experiment, drawn without a display: filters, reconstructions, loss curves, the KL curve."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from scipy.special import entr
from sklearn.base import clone

from .._terms import kl_divergence
from .conditions import one_thread_and_quiet
from .representations import REPRESENTATIONS

_FILTER_PANELS = ("plain", "masking-0.25", "masking-0.5", "gaussian")
# Enough to hold down the weights at pixels that never carry ink, too little to shape the others.
_FILTER_ALPHA = 1e-4
_GRID = 10
_MASKED = 0.25
# Between filters; no grey, so that it is not taken for a pixel.
_GAP = "#9ecae1"


def filters(comparison):
    """Filters of the plain and of the denoising autoencoders side by side.

    They are fitted anew with one L2 strength for all, since L2 shapes filters too: what differs is the noise alone. A
    filter is the input of norm one that maximally activates its unit. Each has a grey scale of its own, symmetric about
    zero: mid-grey is 0, white positive. Where there are more than 100, those whose activation varies most over the test
    rows are shown, in that order.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Figure or None
        None where the comparison has none of these autoencoders.
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
        shown = np.argsort(-variation, kind="stable")[: _GRID**2]
        tiles = [_signed(row, inked) for row in network.filters_[shown]]
        columns = min(_GRID, int(np.ceil(np.sqrt(len(tiles)))))
        _draw_tiles(
            ax, [tiles[i : i + columns] for i in range(0, len(tiles), columns)], split.image_shape, "gray", -1, _GAP
        )
        ax.set_title(f"{REPRESENTATIONS[name].label}\n{len(shown)} of {len(variation)} filters", fontsize=14)
        ax.axis("off")
    return figure


def _fitted_alike(network, X):
    """A copy with the L2 strength that all panels share, fitted where the network itself has another."""
    if network.alpha == _FILTER_ALPHA:
        return network
    with one_thread_and_quiet():
        return clone(network).set_params(alpha=_FILTER_ALPHA).fit(X)


def _signed(row, inked):
    """A filter over the largest weight at the pixels that carry ink; weights at the others are not determined."""
    largest = np.abs(row[inked]).max()
    return np.clip(row / largest, -1, 1) if largest > 0 else row


def reconstructions(comparison):
    """Test digits and what PCA and each autoencoder make of them, whole and with a quarter of the pixels masked.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Figure or None
        None where nothing but raw pixels was compared.
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
    for ax, (title, X) in zip(_axes(figure, len(panels)), panels.items()):
        codes = {name: _network(comparison, name).transform(X) for name in names}
        rebuilt = [_network(comparison, name).inverse_transform(code) for name, code in codes.items()]
        _draw_tiles(ax, [X, *rebuilt], split.image_shape, "gray_r", 0, "white")
        ax.set_title(title, fontsize=14)
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        middles = (split.image_shape[0] + 1) * np.arange(len(names) + 1) + (split.image_shape[0] - 1) / 2
        ax.set_yticks(middles, ["input", *(REPRESENTATIONS[name].label for name in names)], fontsize=13)
    figure.axes[1].set_yticks([])
    return figure


def loss_curves(comparison):
    """Training objective of each autoencoder by epoch, cross-entropies apart from squared errors.

    From cross-entropies the entropy of the pixels is subtracted, the least value that they can have.

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
    """Mean over rows of the sum of the pixels' entropies, in nats, a grey value being the probability of ink."""
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
    units = np.clip(network.transform(comparison.split.X_train).mean(axis=0), 1e-6, 1 - 1e-6)
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


def _draw_tiles(ax, lines, shape, colours, lowest, gap):
    """Lines of images with a gap of one pixel between them, on one scale from the lowest value to 1."""
    height, width = shape
    canvas = np.full((len(lines) * (height + 1) - 1, len(lines[0]) * (width + 1) - 1), np.nan)
    for i, line in enumerate(lines):
        for j, image in enumerate(line):
            top, left = i * (height + 1), j * (width + 1)
            canvas[top : top + height, left : left + width] = np.asarray(image).reshape(shape)
    ax.imshow(canvas, cmap=colormaps[colours].with_extremes(bad=gap), vmin=lowest, vmax=1, interpolation="nearest")


FIGURES = {
    "filters": filters,
    "reconstructions": reconstructions,
    "loss_curves": loss_curves,
    "kl_curve": kl_curve,
}
