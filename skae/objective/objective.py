"""The training objective on one batch or on all rows: corruption, network, loss and terms give a value and a gradient.

J = sum_i r_i l(x_i, x_hat_i) + alpha (||W||^2 + ||W*||^2) + terms, where the r_i are the rows' weights, divided by the
number of rows: all 1/m without sample weights.
"""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from ..kernels import gates, missing, penalties
from ..network.network import multiply
from ..network.output_layer import ExactOutput, SampledOutput
from ..rows.blocks import Reader, release_mapped_pages, row_blocks
from ..rows.matrices import CSRBatch, FilledRows
from ..rows.sample import mean_and_scale
from ..runtime import buffers
from .batch import Batch

# Overflow shows in the loss, which the solvers check; and BLAS raises the flag for invalid operations now and then on
# what lies in the unused parts of its buffers.
_quiet = np.errstate(over="ignore", invalid="ignore")


class Objective:
    """The objective over the parameters of one network, with its gradient in ``grad``.

    Parameters
    ----------
    network : Network
    loss : Loss
    alpha : float
        Strength of L2 on the weights.
    terms : list of Penalty
    noise : Noise or None
    fill_values : ndarray of shape (n_features,), default=None
        Inputs in the place of NaN, which leave the loss; None where X has no NaN.
    zero_sampling : float in (0, 1], default=None
        Share of the zeros of sparse rows to take the loss on, see ``SampledOutput``; None for all.
    gate : TopK or WinnerTakeAll, default=None
        Of the code in training, in the place of the network's own.
    activity : Activity, default=None
        Sees the code of every batch whose gradient is taken.
    """

    @_quiet
    def __init__(
        self,
        network,
        loss,
        alpha=0.0,
        terms=(),
        noise=None,
        fill_values=None,
        zero_sampling=None,
        gate=None,
        activity=None,
    ):
        self.network = network
        self.loss = loss
        self.alpha = float(alpha)
        self.terms = list(terms)
        self.noise = noise
        self.gate = network.gate if gate is None else gate
        self.activity = activity
        self.fill_values = None if fill_values is None else fill_values.astype(network.dtype)
        self.zero_sampling = zero_sampling
        self.grad = buffers.zeros(network.theta.shape, network.dtype)
        weights, self._bias_grads = network.architecture.layers(self.grad)
        self._weight_grads = weights[: len(network.architecture.shapes)]
        self._mirrored = [np.empty_like(w) for w in self._weight_grads] if network.architecture.tied else None
        self._batches = {}
        last = self._weight_grads[-1] if self._mirrored is None else self._mirrored[0].T
        output = (network, loss, last, self._bias_grads[-1])
        self._output = ExactOutput(*output) if zero_sampling is None else SampledOutput(*output, zero_sampling)

    def __reduce__(self):
        # The buffers are made anew, and the views of them.
        parts = (self.network, self.loss, self.alpha, self.terms, self.noise, self.fill_values, self.zero_sampling)
        return type(self), (*parts, self.gate, self.activity)

    def reader(self, X, n_rows):
        """Reads at most n_rows rows of X at once for this objective, stored rows where it can use them."""
        stored = self.noise is None or self.noise.takes_stored
        return Reader(X, self.network.dtype, n_rows, keep_sparse=stored and self.fill_values is None)

    def filled(self, sample):
        """A sample without NaN."""
        return sample if self.fill_values is None else sample._replace(X=FilledRows(sample.X, self.fill_values))

    def mean_and_scale(self, sample):
        """Mean of each column of a sample, without its NaN, and the root mean square of the deviations from it."""
        return mean_and_scale(*self.filled(sample).moments())

    def batch(self, n_rows):
        """The buffers for n_rows rows."""
        if n_rows not in self._batches:
            self._batches[n_rows] = Batch(self.network.architecture, n_rows, self.network.dtype)
        return self._batches[n_rows]

    @_quiet
    def value_and_gradient(self, x, row_scale=None, rng=None):
        """J on one batch; its gradient is left in ``grad``.

        Parameters
        ----------
        x : ndarray, contiguous, or CSRBatch of shape (n_rows, n_features), of the network's dtype
        row_scale : ndarray of shape (n_rows,), default=None
            None for 1 / n_rows.
        rng : numpy Generator, default=None
            Source of the noise, and of the zeros that are drawn.

        Returns
        -------
        float
        """
        batch = self.batch(len(x))
        batch.row_scale = batch.even_scale if row_scale is None else row_scale
        value = self._forward(batch, x, rng)
        if self.activity is not None:
            self.activity.see(batch.code)
        self._backward(batch)
        return value + self.add_l2()

    @_quiet
    def value(self, x, row_scale=None, rng=None):
        """J on one batch, without its gradient; ``grad`` holds nothing of use afterwards."""
        batch = self.batch(len(x))
        batch.row_scale = batch.even_scale if row_scale is None else row_scale
        value = self._forward(batch, x, rng)
        return value + self.add_l2()

    def _inputs(self, batch, x, rng):
        """What enters the network, what it is to give back, and how many times each entry counts, or None."""
        observed = None
        if self.fill_values is not None:
            filled, observed = batch.scratch("filled", x.shape), batch.scratch("observed", x.shape)
            missing.fill(x, self.fill_values, filled, observed)
            x = filled
        if self.noise is None:
            return x, x, observed
        return self.noise.apply(x, rng, batch), x, self.noise.entry_weights(x, batch, observed)

    def _forward(self, batch, x, rng):
        """Loss and terms."""
        network, outputs = self.network, batch.outputs
        batch.inputs, x, observed = self._inputs(batch, x, rng)
        a = batch.inputs
        for z, weights, bias, activation in zip(outputs, network.weights, network.biases, network.activations):
            multiply(a, weights, z)
            activation.forward(z, bias)
            if z is batch.code and self.gate is not None:
                self.gate.apply(z)
            a = z
        value = self._output.value(batch, a, x, observed, rng)
        for term in self.terms:
            value += term.value(batch)
        return value

    def _backward(self, batch):
        """From the gradient at the last pre-activation to all weights and biases."""
        network, outputs, grads, terms = self.network, batch.outputs, self._weight_grads, self.terms
        depth = network.architecture.depth
        above = None
        for layer in range(2 * depth - 1, 0, -1):
            below, delta = outputs[layer - 1], batch.deltas[layer - 1]
            if above is None:
                self._output.backward(batch, below, delta)
            else:
                if layer < depth or self._mirrored is None:
                    np.matmul(below.T, above, out=grads[layer])
                else:
                    np.matmul(above.T, below, out=self._mirrored[2 * depth - 1 - layer])
                np.matmul(above, network.weights[layer].T, out=delta)
            if layer == depth:
                for term in terms:
                    term.at_code(batch, delta)
                if self.gate is not None:
                    gates.stop_where_zero(below, delta)
            network.activations[layer - 1].backward(delta, below, self._bias_grads[layer - 1])
            if layer <= depth:
                for term in terms:
                    term.at_preactivation(layer - 1, delta, self._bias_grads[layer - 1])
            above = delta
        if isinstance(batch.inputs, CSRBatch):
            batch.inputs.transposed_product(above, grads[0])
        else:
            np.matmul(batch.inputs.T, above, out=grads[0])
        if self._mirrored is not None:
            for grad, mirrored in zip(grads, self._mirrored):
                grad += mirrored
        for term in terms:
            term.at_weights(grads)

    def add_l2(self):
        """alpha times the sum of squares of all weights that are parameters; adds its gradient."""
        if not self.alpha:
            return 0.0
        return self.alpha * sum(
            penalties.add_l2_gradient(w, grad, 2.0 * self.alpha)
            for w, grad in zip(self.network.weights, self._weight_grads)
        )

    @_quiet
    def full(self, sample, seed=None):
        """J over a whole sample, by blocks of rows; the gradient of the whole is left in ``grad``.

        Parameters
        ----------
        sample : Sample
        seed : numpy SeedSequence, default=None
            The noise is the same at every call with the same seed.

        Returns
        -------
        float
        """
        total = np.zeros_like(self.grad)
        value = 0.0
        for batch, x, rng in self._blocks(sample, seed):
            value += self._forward(batch, x, rng)
            self._backward(batch)
            total += self.grad
        self.grad[...] = total
        return value + self.add_l2()

    @_quiet
    def full_value(self, sample, seed=None):
        """J over a whole sample, by blocks of rows, without its gradient, and with the network's own gate."""
        gate, self.gate = self.gate, self.network.gate
        try:
            value = sum(self._forward(batch, x, rng) for batch, x, rng in self._blocks(sample, seed))
        finally:
            self.gate = gate
        return value + self.add_l2()

    def _blocks(self, sample, seed):
        """Yield blocks of rows with their batch, in which their share of the mean is set, and a source of noise."""
        # Of a single block the terms take the mean themselves, without a pass of its own.
        several = self.block_size(len(sample.rows)) < len(sample.rows)
        if not (several and self.uses_mean_activation):
            yield from self._read(sample, seed)
            return
        sums, share = self.activation_sums(sample, seed)
        with self.given_mean_activation(sums / share):
            yield from self._read(sample, seed)

    @property
    def uses_mean_activation(self):
        """Whether a term needs the mean activation over all rows, and it was not given."""
        return any(term.uses_mean_activation and term.mean_activation is None for term in self.terms)

    @contextmanager
    def given_mean_activation(self, mean):
        """Give the terms that need it the mean activation over all rows; None for what they take of each block."""
        statistical = [term for term in self.terms if term.uses_mean_activation]
        for term in statistical:
            term.mean_activation = mean
        try:
            yield
        finally:
            for term in statistical:
                term.mean_activation = None

    def block_size(self, n_rows):
        """Rows of the blocks in which a sample of n_rows is taken."""
        return self.network.architecture.block_size(n_rows, self.network.dtype)

    def _read(self, sample, seed):
        """Yield batches of a sample with their rows and a source of noise."""
        n_rows = len(sample.rows)
        size = self.block_size(n_rows)
        read = self.reader(sample.X, size)
        rng = np.random.default_rng(seed)
        for block in row_blocks(n_rows, size):
            x = read(sample.rows[block])
            batch = self.batch(len(x))
            batch.row_scale = sample.scales(block, self.network.dtype)
            yield batch, x, rng

    @_quiet
    def activation_sums(self, sample, seed):
        """Weighted sum of each unit of the code over a sample, of the corrupted input where there is noise, and the
        weight that went into it."""
        total = np.zeros(self.network.architecture.encoder_sizes[-1])
        sums = np.empty_like(total)
        share = 0.0
        for batch, x, rng in self._read(sample, seed):
            inputs, _, _ = self._inputs(batch, x, rng)
            penalties.weighted_column_sums(self.network.encode(inputs), batch.row_scale, sums)
            total += sums
            share += float(batch.row_scale.sum(dtype=np.float64))
        return total, share


@_quiet
def row_losses(network, loss, X, fill_values=None):
    """Reconstruction loss of each row of X, by blocks of rows, without the entries that are NaN.

    Returns
    -------
    ndarray of shape (n_samples,)
        In nats for ``log_loss``, in squared units of X for ``squared_error``.
    """
    objective = Objective(network, loss, fill_values=fill_values)
    out = np.empty(len(X), network.dtype)
    rows = objective.block_size(len(X))
    read = objective.reader(X, rows)
    for block in row_blocks(len(X), rows):
        part = read(np.arange(block.start, block.stop))
        objective.value(part)
        out[block] = objective.batch(len(part)).row_loss
        release_mapped_pages(X)
    return out
