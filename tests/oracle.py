"""A slow autoencoder in plain NumPy, to check the library against: rows and layers in loops, float64, no kernels.

Weights are kept as separate arrays (fan_in, fan_out), derivatives are written from the pre-activation, and the
contraction builds the Jacobian of every row.
"""

from dataclasses import dataclass, field

import numpy as np
from sklearn.utils import check_random_state


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


VALUE = {"identity": lambda z: z, "logistic": sigmoid, "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0.0)}
SLOPE = {
    "identity": np.ones_like,
    "logistic": lambda z: sigmoid(z) * sigmoid(-z),
    "tanh": lambda z: 1.0 / np.cosh(z) ** 2,
    "relu": lambda z: (z > 0).astype(float),
}
BEND = {
    "identity": np.zeros_like,
    "logistic": lambda z: sigmoid(z) * sigmoid(-z) * (sigmoid(-z) - sigmoid(z)),
    "tanh": lambda z: -2.0 * np.tanh(z) / np.cosh(z) ** 2,
    "relu": np.zeros_like,
}


@dataclass
class Settings:
    """Everything that a fit depends on beside the data; the names are those of the estimators."""

    sizes: tuple
    activation: str = "logistic"
    output_activation: str = "identity"
    loss: str = "squared_error"
    tied: bool = False
    alpha: float = 0.0
    solver: str = "adam"
    learning_rate_init: float = 1e-3
    learning_rate: str = "constant"
    batch_size: int = 8
    epochs: int = 3
    random_state: int = 0
    corruption: str | None = None
    noise_level: float = 0.0
    sparsity_weight: float = 0.0
    sparsity_target: float = 0.05
    contraction_weight: float = 0.0

    @property
    def depth(self):
        return len(self.sizes) - 1

    @property
    def widths(self):
        return list(self.sizes) + list(self.sizes)[-2::-1]

    @property
    def names(self):
        return [self.activation] * (2 * self.depth - 1) + [self.output_activation]


@dataclass
class Fitted:
    """What a fit gives: weights of all layers, biases, and the loss of each epoch."""

    weights: list
    biases: list
    loss_curve: list = field(default_factory=list)


def forward(settings, weights, biases, row):
    """Pre-activations and outputs of every layer for one row; the outputs begin with the row itself."""
    zs, outputs = [], [np.asarray(row, float)]
    for w, b, name in zip(weights, biases, settings.names):
        zs.append(outputs[-1] @ w + b)
        outputs.append(VALUE[name](zs[-1]))
    return zs, outputs


def run(settings, weights, biases, X, first=0, last=None):
    """Layers first..last-1 applied to each row of X."""
    last = 2 * settings.depth if last is None else last
    out = []
    for row in X:
        a = np.asarray(row, float)
        for layer in range(first, last):
            a = VALUE[settings.names[layer]](a @ weights[layer] + biases[layer])
        out.append(a)
    return np.array(out)


def row_loss(settings, z, x_hat, x):
    """Loss of one row, and its gradient at the last pre-activation."""
    if settings.loss == "squared_error":
        return ((x_hat - x) ** 2).sum(), 2.0 * (x_hat - x) * SLOPE[settings.output_activation](z)
    value = -(x * -np.logaddexp(0.0, -z) + (1.0 - x) * -np.logaddexp(0.0, z)).sum()
    return value, x_hat - x


def squared_jacobian(settings, weights, zs):
    """||dh/dx||_F^2 of one row, and its gradients by the encoder's weights and by its pre-activations."""
    depth = settings.depth
    factors = [SLOPE[settings.activation](zs[layer])[:, None] * weights[layer].T for layer in range(depth)]

    def product(first, last):
        out = np.eye(settings.sizes[first])
        for layer in range(first, last):
            out = factors[layer] @ out
        return out

    jacobian = product(0, depth)
    by_weights, by_zs = [], []
    for layer in range(depth):
        by_factor = product(layer + 1, depth).T @ (2.0 * jacobian) @ product(0, layer).T
        by_weights.append((SLOPE[settings.activation](zs[layer])[:, None] * by_factor).T)
        by_zs.append((by_factor * weights[layer].T).sum(axis=1) * BEND[settings.activation](zs[layer]))
    return (jacobian**2).sum(), by_weights, by_zs


def kl(target, mean):
    """KL(target || mean) of Bernoulli distributions and its slope by the mean."""
    value = target * np.log(target / mean) + (1 - target) * np.log((1 - target) / (1 - mean))
    return value, -target / mean + (1 - target) / (1 - mean)


def objective(settings, weights, biases, clean, inputs, scale):
    """J and its gradients by all weights and biases, the decoder's weights as if they were untied.

    Parameters
    ----------
    clean, inputs : ndarray of shape (n_rows, n_features)
        Targets, and what the encoder sees.
    scale : ndarray of shape (n_rows,)
        Weights of the rows in the mean.
    """
    depth = settings.depth
    value = 0.0
    weight_grads = [np.zeros_like(w) for w in weights]
    bias_grads = [np.zeros_like(b) for b in biases]
    code_slope = np.zeros(settings.sizes[-1])
    if settings.sparsity_weight:
        mean = np.zeros(settings.sizes[-1])
        for r, row in zip(scale, inputs):
            mean += r * forward(settings, weights, biases, row)[1][depth]
        terms, slopes = kl(settings.sparsity_target, mean / scale.sum())
        value += settings.sparsity_weight * terms.sum()
        code_slope = settings.sparsity_weight * slopes / scale.sum()
    for r, x, row in zip(scale, clean, inputs):
        zs, outputs = forward(settings, weights, biases, row)
        loss, delta = row_loss(settings, zs[-1], outputs[-1], x)
        value += r * loss
        delta = r * delta
        extra = [np.zeros_like(z) for z in zs]
        if settings.contraction_weight:
            norm, by_weights, by_zs = squared_jacobian(settings, weights, zs)
            value += r * settings.contraction_weight * norm
            for layer in range(depth):
                weight_grads[layer] += r * settings.contraction_weight * by_weights[layer]
                extra[layer] = r * settings.contraction_weight * by_zs[layer]
        for layer in range(2 * depth - 1, -1, -1):
            weight_grads[layer] += np.outer(outputs[layer], delta)
            bias_grads[layer] += delta
            if layer == 0:
                break
            back = weights[layer] @ delta
            if layer == depth:
                back = back + r * code_slope
            delta = back * SLOPE[settings.names[layer - 1]](zs[layer - 1]) + extra[layer - 1]
    penalised = depth if settings.tied else 2 * depth
    for layer in range(penalised):
        value += settings.alpha * (weights[layer] ** 2).sum()
        weight_grads[layer] += 2.0 * settings.alpha * weights[layer]
    return value, weight_grads, bias_grads


def parameters(settings, weights, biases):
    """The arrays that are trained: with tied weights the encoder's, which stand for the decoder's too."""
    return list(weights[: settings.depth] if settings.tied else weights) + list(biases)


def gradients(settings, weight_grads, bias_grads):
    """Gradients by ``parameters``."""
    if not settings.tied:
        return weight_grads + bias_grads
    depth = settings.depth
    return [weight_grads[i] + weight_grads[2 * depth - 1 - i].T for i in range(depth)] + bias_grads


def initial(settings, rng):
    """Uniform weights, zero biases, several logistic layers as those of the same tanh network; with tied weights the
    decoder's are views of the encoder's."""
    weights = []
    for layer in range(settings.depth if settings.tied else 2 * settings.depth):
        fan_in, fan_out = settings.widths[layer], settings.widths[layer + 1]
        fan = fan_in if settings.names[layer] == "relu" else fan_in + fan_out
        bound = np.sqrt(6.0 / fan)
        weights.append(rng.uniform(-bound, bound, (fan_in, fan_out)))
    biases = [np.zeros(width) for width in settings.widths[1:]]
    shifted = settings.names[0] == "logistic" and settings.depth > 1
    if shifted:
        for layer in range(len(weights)):
            # tanh(z) = 2 logistic(2 z) - 1.
            weights[layer] = weights[layer] * (2 if settings.names[layer] == "logistic" else 1) * (2 if layer else 1)
    if settings.tied:
        weights += [w.T for w in weights[::-1]]
    if shifted:
        biases[1:] = [-w.sum(axis=0) / 2 for w in weights[1:]]
    return weights, biases


def corrupt(settings, x, low, high, rng):
    """A corrupted copy of some rows."""
    out = x.copy()
    if settings.corruption == "gaussian":
        return out + settings.noise_level * rng.standard_normal(x.shape)
    words = rng.integers(0, 2**64, (x.size + 3) // 4, np.uint64)
    draws = np.array([(int(word) >> shift) & 0xFFFF for word in words for shift in (0, 16, 32, 48)])
    draws = draws[: x.size].reshape(x.shape)
    # Probabilities are rounded to multiples of 2^-16.
    changed, lowered = round(settings.noise_level * 2**16), round(settings.noise_level * 2**15)
    for i, j in np.ndindex(*x.shape):
        if draws[i, j] < changed:
            pepper = low[j] if draws[i, j] < lowered else high[j]
            out[i, j] = 0.0 if settings.corruption == "masking" else pepper
    return out


class Adam:
    """Kingma and Ba (2015), algorithm 1."""

    def __init__(self, arrays):
        self.m = [np.zeros_like(a) for a in arrays]
        self.v = [np.zeros_like(a) for a in arrays]
        self.t = 0

    def step(self, arrays, grads, rate):
        self.t += 1
        for i, (a, g) in enumerate(zip(arrays, grads)):
            self.m[i] = 0.9 * self.m[i] + (1 - 0.9) * g
            self.v[i] = 0.999 * self.v[i] + (1 - 0.999) * g**2
            a -= rate * (self.m[i] / (1 - 0.9**self.t)) / (np.sqrt(self.v[i] / (1 - 0.999**self.t)) + 1e-8)


class Nesterov:
    """Sutskever et al. (2013) at the looked-ahead point, with momentum 0.9."""

    def __init__(self, arrays):
        self.v = [np.zeros_like(a) for a in arrays]

    def step(self, arrays, grads, rate):
        for i, (a, g) in enumerate(zip(arrays, grads)):
            self.v[i] = 0.9 * self.v[i] - rate * g
            a += 0.9 * self.v[i] - rate * g


def generators(random_state):
    """The sources of the initial weights, of the shuffling and of the noise, as an estimator makes them."""
    seeds = np.random.SeedSequence(check_random_state(random_state).randint(0, 2**31, size=4).tolist())
    initial, shuffle, noise = seeds.spawn(3)
    return np.random.default_rng(initial), np.random.default_rng(shuffle), np.random.Generator(np.random.SFC64(noise))


def fit(settings, X, sample_weight=None):
    """A whole training: shuffled mini-batches, fresh noise for each, one update a batch."""
    first, shuffle, noise = generators(settings.random_state)
    weights, biases = initial(settings, first)
    arrays = parameters(settings, weights, biases)
    optimiser = {"adam": Adam, "sgd": Nesterov}[settings.solver](arrays)
    row_weights = np.ones(len(X)) if sample_weight is None else sample_weight / sample_weight.mean()
    low, high = X.min(axis=0), X.max(axis=0)
    fitted, order = Fitted(weights, biases), np.arange(len(X))
    for epoch in range(settings.epochs):
        rate = settings.learning_rate_init
        if settings.learning_rate == "cosine":
            rate *= 0.5 * (1 + np.cos(np.pi * epoch / settings.epochs))
        order = shuffle.permutation(order)
        total = 0.0
        for start in range(0, len(X), settings.batch_size):
            rows = order[start : start + settings.batch_size]
            clean = X[rows]
            inputs = corrupt(settings, clean, low, high, noise) if settings.corruption else clean
            value, *grads = objective(settings, weights, biases, clean, inputs, row_weights[rows] / len(rows))
            total += len(rows) * value
            optimiser.step(arrays, gradients(settings, *grads), rate)
        fitted.loss_curve.append(total / len(X))
    return fitted
