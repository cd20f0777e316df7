"""Levers for the rows of MNIST that miss their goal: what might lower their error, on held-out training rows alone.

Each is a row of the table, or part of it, with one thing changed. Encoder and classifier are trained on fewer rows and
for fewer epochs than in the table, so that errors compare with each other and with nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from skae import AutoencoderTransformer, SparseAE
from skae.extending import Activation, Sparsity

from ._digit_rows import TOP_K, WINNERS
from ._measures import FineTuned, FineTunedMean, Frozen
from ._parts import annealed_lifetime, dropping_top_k, higher_order, with_part
from ._row import in_one_line, layers, maker, on_components
from ._rows import ROWS
from ._splits import Split, mnist
from ._training import whole_schedule

_GAUSSIAN = {"corruption": "gaussian"}


class InPhases(TransformerMixin, BaseEstimator):
    """An autoencoder of rectified units whose parameters change from phase to phase of its training.

    Parameters
    ----------
    encoder : autoencoder
        With one hidden layer of rectified units, all of which stay on in ``transform``.
    phases : list of dict
        Parameters of each phase, ``max_iter`` among them; weights and state of the solver are kept.
    averaged : int
        The weights of the code are the mean of those after so many of the last phases.
    """

    def __init__(self, encoder, phases, *, averaged=1):
        self.encoder = encoder
        self.phases = phases
        self.averaged = averaged

    def fit(self, X, y=None):
        encoder, ends = clone(self.encoder), []
        for number, phase in enumerate(self.phases):
            encoder.set_params(warm_start=number > 0, **phase).fit(X)
            ends.append((encoder.coefs_[0].copy(), encoder.intercepts_[0].copy()))
        self.weights_, self.biases_ = (np.mean(arrays, axis=0) for arrays in zip(*ends[-self.averaged :]))
        return self

    def transform(self, X):
        return np.maximum(X @ self.weights_ + self.biases_, 0)


class DrawnTopK:
    """Gate that keeps the k greatest pre-activations of a row, with k drawn for each row anew.

    The expected loss is the mean of those with each k: one code whose first few units must do as well as many.
    """

    def __init__(self, sizes):
        self._sizes = np.array(sizes)
        self._rng = np.random.default_rng(0)

    def begin_epoch(self, epoch):
        """Nothing changes with the epoch."""

    def workspace_per_row(self, width):
        return 3 * width

    def choose(self, z, bias):
        sums = z + bias
        places = z.shape[1] - self._rng.choice(self._sizes, len(z))
        thresholds = np.sort(sums, axis=1)[np.arange(len(z)), places]
        return (sums >= thresholds[:, None]).view(np.uint8)


def _above(threshold):
    """z above a threshold, else zero: an autoencoder that stays sparse without a penalty (Konda, Memisevic and Krueger
    2015, "Zero-bias autoencoders and the benefits of co-adapting features", "TRec")."""

    def value(z):
        return z if z > type(z)(threshold) else type(z)(0)

    def derivative(a):
        return type(a)(1) if a > type(a)(0) else type(a)(0)

    def second_derivative(a):
        return type(a)(0)

    return Activation("above_threshold", value, derivative, second_derivative, (0.0, float("inf")))


_DRAWN = Sparsity("drawn_top_k", gate=lambda settings: DrawnTopK((10, 25, 50, 100)), minibatch=True)
_DROPPING = {percent: dropping_top_k(percent) for percent in (30, 50)}
_ABOVE = _above(0.3)
_ANNEALED = annealed_lifetime(10)


def _norm_one(code):
    return code / np.linalg.norm(code, axis=1, keepdims=True)


def _greatest(code, n_units):
    return code * (code >= np.partition(code, -n_units, axis=1)[:, [-n_units]])


class ScaledComponents(TransformerMixin, BaseEstimator):
    """Principal components, each divided by a power of its deviation: 0 for PCA, 1 for whitened ones."""

    def __init__(self, n_components, power):
        self.n_components = n_components
        self.power = power

    def fit(self, X, y=None):
        self.pca_ = PCA(self.n_components, random_state=0).fit(X)
        variances = self.pca_.explained_variance_
        scales = variances ** (-0.5 * self.power)
        # Of the same variance in all as before.
        self.scales_ = (scales * np.sqrt(variances.sum() / (variances * scales**2).sum())).astype(X.dtype)
        return self

    def transform(self, X):
        return self.pca_.transform(X) * self.scales_


def _then(make, function, **parameters):
    """The code of a model, changed by a function before the classifier."""
    return lambda seed: make_pipeline(*make(seed), FunctionTransformer(partial(function, **parameters)))


def _plain(n_components=50, **parameters):
    settings = {"activation": "relu", "tied_weights": True, "batch_size": 40, **whole_schedule(15)}
    return on_components(n_components, maker(AutoencoderTransformer, 1000, **{**settings, **parameters}))


def _top_k(n_active=25, **parameters):
    kept = {"n_active_transform": 1000} if parameters.get("sparsity", "topk") == "topk" else {}
    settings = {**TOP_K, "n_active": n_active, "batch_size": 40, **kept, **whole_schedule(20)}
    return on_components(100, maker(SparseAE, 1000, **{**settings, **parameters}))


def _lifetime(before=layers, width=2000, **parameters):
    settings = {**WINNERS, "batch_size": 40, **whole_schedule(20)}
    return before(maker(SparseAE, width, **{**settings, **parameters}))


_COMPONENTS = partial(on_components, 100)


def _two_scales_of_noise(seed):
    """Half of the units trained with little noise, and half with much."""
    halves = (_lifetime(width=1000, noise_level=noise, **_GAUSSIAN)(seed) for noise in (0.15, 0.4))
    return make_pipeline(make_union(*halves))


def _contractive(**parameters):
    settings = {
        "loss": "squared_error",
        "tied_weights": True,
        "batch_size": 100,
        **whole_schedule(30, learning_rate_init=1e-2),
    }
    return _COMPONENTS(maker(SparseAE, 1000, **{"sparsity_weight": 0.5, **settings, **parameters}))


def _of_higher_order(second, noise, weight=0.5, **parameters):
    part = higher_order(second, noise)
    return with_part(part, _contractive(sparsity=part.name, sparsity_weight=weight, **parameters))


def _dropping(n_active=35, percent=30, **parameters):
    part = _DROPPING[percent]
    return with_part(part, _top_k(n_active, sparsity=part.name, **parameters))


def _in_phases(make, phases, averaged=1):
    """The model of a maker, whose last step is trained in phases."""
    constant = {"learning_rate": "constant"}

    def in_phases(seed):
        *before, encoder = make(seed)
        return make_pipeline(*before, InPhases(encoder, [{**constant, **phase} for phase in phases], averaged=averaged))

    return in_phases


def _averaged(make, epochs, last):
    """A constant rate; in the last epochs three tenths of it, and the mean of the weights after each of them."""
    ends = [{"max_iter": 1, "learning_rate_init": 3e-4}] * last
    return _in_phases(make, [{"max_iter": epochs - last}, *ends], last)


def _quieter(make, epochs):
    """Noise of 0.5 for half of the epochs, which then falls to 0 with the rate."""
    half = epochs // 2
    left = (half - np.arange(half)) / half
    fall = [{"max_iter": 1, "learning_rate_init": 1e-3 * share, "noise_level": 0.5 * share} for share in left.tolist()]
    return _in_phases(make, [{"max_iter": half}, *fall])


class RowLever(NamedTuple):
    """A model by seed and its measure; both train on the first of the rows that are not held out."""

    make: Callable
    measure: Callable
    n_rows: int = 20_000

    def described(self):
        return f"{in_one_line(self.make(0))}; {self.measure!r}; {self.n_rows} rows"

    def error(self, seed):
        """Error in per cent of the held-out rows."""
        X, y, *held_out = mnist(held_out=True)[:4]
        return 100.0 - self.measure(self.make(seed), Split(X[: self.n_rows], y[: self.n_rows], *held_out), seed)


_PLAIN = Frozen(0.05)
_SPARSE = Frozen(0.02)


def _fine_tuned(name, parameters):
    """The layers of a row of the table, fine-tuned at a constant rate, and the same with the mean of the weights after
    the last ten epochs."""
    model = ROWS[name].model
    return RowLever(model, FineTuned(parameters)), RowLever(model, FineTunedMean(parameters, 10))


_STACKED, _STACKED_MEAN = _fine_tuned("stacked-tuned", ROWS["stacked-tuned"].measure.parameters)
_DENOISING, _DENOISING_MEAN = _fine_tuned("denoising-tuned", {"max_iter": 30, "alpha": 1e-4})
_DENOISING_DROPPED = _DENOISING._replace(measure=ROWS["denoising-tuned"].measure)
_DENOISING_FALLING = _DENOISING_DROPPED._replace(measure=_DENOISING_DROPPED.measure._replace(dropped=0.0))

MNIST_LEVERS = {
    "plain": RowLever(_plain(), _PLAIN),
    "plain, mean of the weights of 5 epochs": RowLever(_averaged(_plain(), 15, 5), _PLAIN),
    "plain, root of the code": RowLever(_then(_plain(), np.sqrt), _PLAIN),
    "plain, code of norm one": RowLever(_then(_plain(), _norm_one), _PLAIN),
    "plain, units zero below 0.3": RowLever(with_part(_ABOVE, _plain(activation=_ABOVE.name)), _PLAIN),
    "plain, half as much whitened": RowLever(
        lambda seed: make_pipeline(ScaledComponents(50, 0.5), _plain()(seed)[-1]), _PLAIN
    ),
    "plain, a quarter as much whitened": RowLever(
        lambda seed: make_pipeline(ScaledComponents(50, 0.25), _plain()(seed)[-1]), _PLAIN
    ),
    "plain, start from principal directions": RowLever(_plain(init="auto"), _PLAIN),
    "top-k": RowLever(_top_k(), _SPARSE),
    "top-k, mean of the weights of 8 epochs": RowLever(_averaged(_top_k(), 20, 8), _SPARSE),
    "top-k, code of norm one": RowLever(_then(_top_k(), _norm_one), _SPARSE),
    "top-k, root of the code": RowLever(_then(_top_k(), np.sqrt), _SPARSE),
    "top-k, 200 units of the code kept": RowLever(_then(_top_k(), _greatest, n_units=200), _SPARSE),
    "top-k, k of 10, 25, 50 or 100, drawn": RowLever(with_part(_DRAWN, _top_k(sparsity=_DRAWN.name)), _SPARSE),
    "top-k, three tenths of 35 units drop out": RowLever(_dropping(), _SPARSE),
    "top-k, batches share k": RowLever(_top_k(sparsity="batchtopk"), _SPARSE),
    "top-k, nested sizes 250 and 500": RowLever(_top_k(nested_sizes=(250, 500)), _SPARSE),
    "top-k, noise 0.3": RowLever(_top_k(noise_level=0.3, **_GAUSSIAN), _SPARSE),
    "top-k, noise falls from 0.5": RowLever(_quieter(_top_k(noise_level=0.5, **_GAUSSIAN), 20), _SPARSE),
    "top-k, noise 0.3, k of 10 to 100, drawn": RowLever(
        with_part(_DRAWN, _top_k(sparsity=_DRAWN.name, noise_level=0.3, **_GAUSSIAN)), _SPARSE
    ),
    "top-k, noise 0.3, three tenths of 35 units drop out": RowLever(_dropping(noise_level=0.3, **_GAUSSIAN), _SPARSE),
    "top-k, 50 epochs": RowLever(_top_k(**whole_schedule(50)), _SPARSE),
    "top-k, three tenths of 35 units drop out, 50 epochs": RowLever(_dropping(**whole_schedule(50)), _SPARSE),
    "top-k, noise 0.3, 50 epochs": RowLever(_top_k(noise_level=0.3, **_GAUSSIAN, **whole_schedule(50)), _SPARSE),
    "top-k, 50,000 rows, 40 epochs": RowLever(_top_k(**whole_schedule(40)), _SPARSE, 50_000),
    "top-k, three tenths of 35 units drop out, 50,000 rows, 40 epochs": RowLever(
        _dropping(**whole_schedule(40)), _SPARSE, 50_000
    ),
    "top-k, half of 100 units drop out, 50,000 rows, 40 epochs": RowLever(
        _dropping(100, 50, **whole_schedule(40)), _SPARSE, 50_000
    ),
    "lifetime": RowLever(_lifetime(), _SPARSE),
    "lifetime, share annealed": RowLever(with_part(_ANNEALED, _lifetime(sparsity=_ANNEALED.name)), _SPARSE),
    "lifetime, mean of the weights of 8 epochs": RowLever(_averaged(_lifetime(), 20, 8), _SPARSE),
    "lifetime, root of the code": RowLever(_then(_lifetime(), np.sqrt), _SPARSE),
    "lifetime, code of norm one": RowLever(_then(_lifetime(), _norm_one), _SPARSE),
    "lifetime, nested sizes 500 and 1,000": RowLever(_lifetime(nested_sizes=(500, 1000)), _SPARSE),
    "lifetime, noise 0.2": RowLever(_lifetime(noise_level=0.2, **_GAUSSIAN), _SPARSE),
    "lifetime, two scales of noise, 1,000 units each": RowLever(_two_scales_of_noise, _SPARSE),
    "lifetime, 100 components": RowLever(_lifetime(_COMPONENTS), _SPARSE),
    "lifetime, 100 components, noise 0.2": RowLever(_lifetime(_COMPONENTS, noise_level=0.2, **_GAUSSIAN), _SPARSE),
    "lifetime, 100 components, half as much whitened": RowLever(
        lambda seed: make_pipeline(ScaledComponents(100, 0.5), _lifetime()(seed)[-1]), _SPARSE
    ),
    "contractive": RowLever(_of_higher_order(0.0, 0.2), _SPARSE),
    "contractive, noise 0.2": RowLever(_of_higher_order(0.0, 0.2, noise_level=0.2, **_GAUSSIAN), _SPARSE),
    "contractive, and of second order 0.5": RowLever(_of_higher_order(0.5, 0.2), _SPARSE),
    "contractive, and of second order 5": RowLever(_of_higher_order(5.0, 0.2), _SPARSE),
    "contractive, and of second order 5, noise 0.2": RowLever(
        _of_higher_order(5.0, 0.2, noise_level=0.2, **_GAUSSIAN), _SPARSE
    ),
    "stacked 200-200, fine-tuned": _STACKED,
    "stacked 200-200, fine-tuned, mean of the weights of 10 epochs": _STACKED_MEAN,
    "stacked 200-200, fine-tuned, 50,000 rows": _STACKED._replace(n_rows=50_000),
    "stacked 200-200, fine-tuned, 50,000 rows, mean of the weights of 10 epochs": _STACKED_MEAN._replace(n_rows=50_000),
    "stacked denoising, fine-tuned": _DENOISING,
    "stacked denoising, fine-tuned, mean of the weights of 10 epochs": _DENOISING_MEAN,
    "stacked denoising, fine-tuned, falling rate": _DENOISING_FALLING,
    "stacked denoising, fine-tuned, falling rate, a fifth of the pixels drop out": _DENOISING_DROPPED,
    "stacked denoising, fine-tuned, falling rate, 50,000 rows": _DENOISING_FALLING._replace(n_rows=50_000),
    "stacked denoising, fine-tuned, falling rate, a fifth of the pixels drop out, 50,000 rows": (
        _DENOISING_DROPPED._replace(n_rows=50_000)
    ),
}
