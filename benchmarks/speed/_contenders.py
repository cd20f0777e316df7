"""Contenders of the benchmarks, which all start from the same weights and make the same number of steps."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise

import numpy as np

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.estimator.input import training_rows
from skae.estimator.plan import plan_training
from skae.kernels.optimizers import adam
from skae.network import gates
from skae.runtime import workers

from ._start import start_of


def estimator(case, **parameters):
    """The skae estimator of a case."""
    common = dict(
        hidden_layer_sizes=case.hidden,
        batch_size=case.batch_size,
        learning_rate_init=case.learning_rate,
        loss="squared_error",
        tol=0.0,
        n_iter_no_change=10**6,
        random_state=0,
    )
    own = {
        "plain": (AutoencoderTransformer, {}),
        "denoising": (DenoisingAE, {"noise_level": case.noise_level}),
        "sparse": (SparseAE, {"sparsity_target": case.sparsity_target, "sparsity_weight": case.sparsity_weight}),
        "contractive": (ContractiveAE, {"contraction_weight": case.contraction_weight}),
        "topk": (SparseAE, {"sparsity": "topk", "n_active": case.n_active}),
        "lifetime": (SparseAE, {"sparsity": "lifetime", "sparsity_target": case.sparsity_target}),
    }
    if case.gated:
        common["activation"] = case.activation
    cls, more = own[case.kind]
    return cls(case.n_components, **{**common, **more, **parameters})


class Contender:
    """Trains a case; ``run`` is timed.

    Parameters
    ----------
    case : Case
    X : ndarray of shape (n_samples, n_features), float32
    """

    package = "skae"
    kinds = ("plain", "denoising", "sparse", "contractive", "topk", "lifetime")
    deep = True

    def __init__(self, case, X):
        self.case = case
        self.X = X
        self.prepare()

    def prepare(self):
        """Work that is done once: compilation and a first step."""

    def make_ready(self):
        """What precedes each run and is not timed."""

    def run(self):
        """Train for ``case.epochs`` epochs from the initial weights; returns the mean loss of the last, or None."""
        raise NotImplementedError


class Skae(Contender):
    """The public ``fit``, validation of its input included."""

    def prepare(self):
        self._fit(self.X[: 2 * self.case.batch_size + 1], 1)

    def run(self):
        return self._fit(self.X, self.case.epochs).loss_curve_[-1]

    def _fit(self, X, epochs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return estimator(self.case, max_iter=epochs).fit(X)


class SkaeEpochs(Skae):
    """Its epochs alone, without the validation of X and the start."""

    kinds = ("topk", "lifetime")

    def make_ready(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ae = estimator(self.case, max_iter=self.case.epochs)
            self.plan = plan_training(ae, training_rows(ae, self.X, None, None)[0], None)

    def run(self):
        plan = self.plan
        result = plan.solver.train(plan.objective, plan.sample, plan.config, plan.state, plan.validation, None)
        return result.loss_curve[-1]


class SkaeDense(Skae):
    """The same with dense products, whatever the share of active units."""

    kinds = ("topk", "lifetime")

    def prepare(self):
        gates.ACTIVE_SHARE = 0.0
        super().prepare()


class Encoder(Contender):
    """Only the product with the encoder's weights, by NumPy: of gated codes the one of all units."""

    kinds = ("topk", "lifetime")

    def run(self):
        n, size, n_features = len(self.X), self.case.batch_size, self.X.shape[1]
        weights = np.full((n_features, self.case.n_components), 0.01, np.float32)
        out = np.empty((size, self.case.n_components), np.float32)
        for _ in range(self.case.epochs):
            for start in range(0, n, size):
                x = self.X[start : start + size]
                np.matmul(x, weights, out=out[: len(x)])
                self.step()

    def step(self):
        """What follows the product."""


class EncoderAndAdam(Encoder):
    """The same with one pass of Adam over all parameters after each product, by as many threads."""

    def prepare(self):
        n_parameters = sum((a + 1) * b for a, b in pairwise(self.case.sizes(self.X.shape[1])))
        self.theta, self.grad, *self.memory = np.zeros((4, n_parameters), np.float32)
        self.step()

    def step(self):
        def update(first, last):
            part = slice(first, last)
            adam(self.theta[part], self.grad[part], [vector[part] for vector in self.memory], 1e-3, 1)

        workers.shared(update, workers.parts(len(self.theta), 8 * len(self.theta), 4096))


class Products(Contender):
    """Only the matrix products of every step, by NumPy, without copies of data: the lower limit."""

    def run(self):
        sizes = self.case.sizes(self.X.shape[1])
        weights = [np.full((a, b), 0.01, np.float32) for a, b in pairwise(sizes)]
        grads = [np.empty_like(w) for w in weights]
        n, size = len(self.X), self.case.batch_size
        outputs = {m: [np.full((m, width), 0.1, np.float32) for width in sizes] for m in {size, n % size} - {0}}
        for _ in range(self.case.epochs):
            for start in range(0, n, size):
                self._step(outputs[min(size, n - start)], weights, grads)

    @staticmethod
    def _step(outputs, weights, grads):
        last = len(weights) - 1
        for layer, w in enumerate(weights):
            np.matmul(outputs[layer], w, out=outputs[layer + 1])
        for layer in range(last, -1, -1):
            np.matmul(outputs[layer].T, outputs[layer + 1], out=grads[layer])
            if layer:
                np.matmul(outputs[layer + 1], weights[layer].T, out=outputs[layer])


class Torch(Contender):
    """PyTorch eager: fused Adam, batches by indexing in skae's row orders, no DataLoader, no module."""

    package = "torch"
    compiled = False
    jacobian = "closed"

    def prepare(self):
        import torch

        torch.set_num_threads(self.case.threads)
        torch.manual_seed(0)
        self.torch = torch
        self.start = start_of(estimator(self.case), self.X)
        self.data = torch.from_numpy(self.start.rows)
        self.loss = torch.compile(self._loss) if self.compiled else self._loss
        # Both batch shapes are used before the clock starts, so that compilation is not timed.
        remainder = len(self.X) % self.case.batch_size
        self._epochs(self.data[: 2 * self.case.batch_size + remainder], 1)

    def run(self):
        return self._epochs(self.data, self.case.epochs)

    def _epochs(self, data, epochs):
        torch, case = self.torch, self.case
        weights, biases = ([torch.from_numpy(a.copy()).requires_grad_() for a in part] for part in self.start[:2])
        optimizer = torch.optim.Adam([*weights, *biases], lr=case.learning_rate, fused=True)
        total = 0.0
        rng, order = np.random.default_rng(self.start.seed), np.arange(len(data))
        for _ in range(epochs):
            order = rng.permutation(order)
            rows = torch.from_numpy(order)
            total = torch.zeros(())
            for start in range(0, len(data), case.batch_size):
                x = data[rows[start : start + case.batch_size]]
                optimizer.zero_grad(set_to_none=True)
                loss = self.loss(x, weights, biases)
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(x)
        return float(total) / len(data) * self.start.network.loss_unit

    def _loss(self, x, weights, biases):
        torch, case = self.torch, self.case
        a = x * (torch.rand_like(x) >= case.noise_level) if case.kind == "denoising" else x
        depth = len(weights) // 2
        for layer in range(2 * depth - 1):
            z = torch.addmm(biases[layer], a, weights[layer])
            a = self._gated(z) if case.gated else torch.sigmoid(z)
            if layer == depth - 1:
                code = a
        output = torch.addmm(biases[-1], a, weights[-1])
        loss = torch.nn.functional.mse_loss(output, x, reduction="sum") / len(x)
        if case.kind == "sparse":
            rho, mean = case.sparsity_target, code.mean(0)
            kl = rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))
            loss = loss + case.sparsity_weight * kl.sum()
        if case.kind == "contractive":
            loss = loss + case.contraction_weight * self._contraction(x, code, weights[0], biases[0])
        return loss

    def _gated(self, z):
        """The greatest of each row, or of each column over the batch, and zero for the others; with relu."""
        case, dim = self.case, int(self.case.kind == "topk")
        k = case.n_active if dim == 1 else math.ceil(case.sparsity_target * len(z))
        values, places = z.topk(k, dim=dim, sorted=False)
        return self.torch.zeros_like(z).scatter(dim, places, self.torch.relu(values))

    def _contraction(self, x, code, weight, bias):
        slopes = (code * (1 - code)).square().mean(0)
        return (slopes * weight.square().sum(0)).sum()


class TorchCompiled(Torch):
    """The same with the loss under ``torch.compile``."""

    compiled = True


class TorchFunc(Torch):
    """The contraction from Jacobians by ``torch.func``."""

    kinds = ("contractive",)

    def _contraction(self, x, code, weight, bias):
        torch = self.torch
        jacobian = torch.func.vmap(torch.func.jacrev(lambda row: torch.sigmoid(row @ weight + bias)))(x)
        return jacobian.square().sum() / len(x)


class ScikitLearn(Contender):
    """MLPRegressor with X as its target."""

    package = "sklearn"
    kinds = ("plain",)

    def prepare(self):
        from sklearn.neural_network import MLPRegressor

        self.start = start_of(estimator(self.case), self.X)
        sizes = self.case.sizes(self.X.shape[1])
        self.make = lambda epochs: MLPRegressor(
            hidden_layer_sizes=sizes[1:-1],
            activation="logistic",
            alpha=0.0,
            batch_size=self.case.batch_size,
            learning_rate_init=self.case.learning_rate,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=10**6,
            warm_start=True,
            random_state=0,
        )

    def run(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = self.start.rows
            small = rows[: self.case.batch_size]
            mlp = self.make(1).fit(small, small)
            for target, values in zip(mlp.coefs_ + mlp.intercepts_, self.start.weights + self.start.biases):
                target[...] = values
            mlp.set_params(max_iter=self.case.epochs).fit(rows, rows)
        # Its loss is half the mean over rows and columns.
        return mlp.loss_curve_[-1] * 2 * rows.shape[1] * self.start.network.loss_unit


CONTENDERS = {
    "skae": Skae,
    "skae, epochs alone": SkaeEpochs,
    "skae dense": SkaeDense,
    "encoder alone": Encoder,
    "encoder and Adam": EncoderAndAdam,
    "products alone": Products,
    "PyTorch eager": Torch,
    "PyTorch compiled": TorchCompiled,
    "PyTorch torch.func": TorchFunc,
    "MLPRegressor": ScikitLearn,
}
