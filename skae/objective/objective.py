"""Objective: corruption, network, loss and penalties give a value and a gradient, on one batch or on all rows.

J = sum_i r_i l(x_i, x_hat_i) + penalties, where the r_i are the rows' weights, divided by the number of rows: all 1/m
without sample weights.
"""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from ..kernels import gates
from ..kernels.penalties import weighted_column_sums
from ..network.products import SharedProduct
from ..rows.blocks import Reader, row_blocks
from ..rows.coordinates import inner_rows
from ..rows.matrices import CSRBatch, FilledRows
from ..rows.sample import mean_and_scale
from ..runtime import buffers
from .batch import Batch
from .output_parts import output_parts
from .penalty import WeightPenalty

# Overflow shows in the loss, which the solvers check. BLAS sometimes raises the flag for invalid operations because of
# values in unused parts of its buffers.
_quiet = np.errstate(over="ignore", invalid="ignore")


class Objective:
    """The objective over the parameters of one network, with its gradient in ``grad``.

    Parameters
    ----------
    network : Network
    loss : Loss
    penalties : list of Penalty and WeightPenalty
    noise : Noise or None
        Corrupts the input.
    fill_values : ndarray of shape (n_features,), default=None
        Inputs in the place of NaN, which leave the loss; None where X has no NaN.
    zero_sampling : float in (0, 1], default=None
        Share of the zeros of sparse rows to take the loss on, see ``SampledOutputLayer``; None for all.
    gate : TopK or WinnerTakeAll, default=None
        Of the code in training, in the place of the network's own.
    activity : Activity, default=None
        Sees the code of every batch whose gradient is taken.
    unit_norm : UnitNorm, default=None
        Keeps the norm of the decoder's rows.
    dead_unit_loss : DeadUnitLoss, default=None
        Is added in training.
    step_coordinates : StepCoordinates, default=None
        In which steps are taken, of rows that are not centred themselves.
    nested_sizes : sequence of int, default=None
        The loss is the mean over what so many first units of the code, and all of them, decode to; see
        ``NestedOutputLayer``.

    Attributes
    ----------
    last_batch : Batch or None
        That whose gradient was taken last, with what it left there.
    needs_code : bool
        Whether somebody reads the outputs of the hidden layers from the batch, which are then all computed.
    """

    @_quiet
    def __init__(
        self,
        network,
        loss,
        penalties=(),
        noise=None,
        fill_values=None,
        zero_sampling=None,
        gate=None,
        activity=None,
        unit_norm=None,
        dead_unit_loss=None,
        step_coordinates=None,
        nested_sizes=None,
    ):
        self.network = network
        self.loss = loss
        self.penalties = [penalty for penalty in penalties if not isinstance(penalty, WeightPenalty)]
        self.weight_penalties = [penalty for penalty in penalties if isinstance(penalty, WeightPenalty)]
        self.noise = noise
        self.gate = network.gate if gate is None else gate
        self.activity = activity
        self.unit_norm = unit_norm
        self.dead_unit_loss = dead_unit_loss
        self.step_coordinates = step_coordinates
        self.nested_sizes = nested_sizes
        self.fill_values = fill_values
        self._inner_fill = inner_fill(network, fill_values)
        self.zero_sampling = zero_sampling
        self.grad = buffers.zeros(network.theta.shape, network.dtype)
        architecture = network.architecture
        self._parameter_grads = weights, self._bias_grads = architecture.parameters(self.grad)
        self._weight_grads = weights[: len(architecture.shapes)]
        self._mirrored = [np.empty_like(w) for w in self._weight_grads] if architecture.tied else None
        self._hidden = network.layers[:-1]
        self._code = architecture.depth - 1
        self._batches = {}
        self.last_batch = None
        self._encoder_product = SharedProduct(network)
        self._output, self._active_pass = output_parts(network, loss, zero_sampling, nested_sizes)
        self.needs_code = False

    def __reduce__(self):
        # The buffers are made anew, and the views of them.
        parts = (self.penalties + self.weight_penalties, self.noise, self.fill_values, self.zero_sampling)
        return type(self), (
            self.network,
            self.loss,
            *parts,
            self.gate,
            self.activity,
            self.unit_norm,
            self.dead_unit_loss,
            self.step_coordinates,
            self.nested_sizes,
        )

    def reader(self, X, n_rows):
        """Reads at most n_rows rows of X at once for this objective, stored rows where it can use them."""
        stored = self.noise is None or self.noise.takes_stored
        X = inner_rows(X, self.network.coordinates)
        return Reader(X, self.network.dtype, n_rows, keep_sparse=stored and self.fill_values is None)

    def filled(self, sample):
        """A sample without NaN."""
        return sample if self.fill_values is None else sample._replace(X=FilledRows(sample.X, self.fill_values))

    def inner(self, sample):
        """A sample without NaN, in the coordinates of the network."""
        filled = self.filled(sample)
        return filled._replace(X=inner_rows(filled.X, self.network.coordinates))

    def mean_and_scale(self, sample):
        """Mean of each column of a sample, without its NaN, and the root mean square of the deviations from it, in the
        coordinates of the network."""
        return mean_and_scale(*self.inner(sample).moments())

    def batch(self, n_rows):
        """The buffers for n_rows rows."""
        if n_rows not in self._batches:
            self._batches[n_rows] = Batch(self.network, n_rows)
        return self._batches[n_rows]

    # One batch.

    @_quiet
    def value_and_gradient(self, x, row_scale=None, rng=None, weight_steps=None):
        """J on one batch; its gradient is left in ``grad``.

        Parameters
        ----------
        x : ndarray, contiguous, or CSRBatch of shape (n_rows, n_features), of the network's dtype
        row_scale : ndarray of shape (n_rows,), default=None
            None for 1 / n_rows.
        rng : numpy Generator, default=None
            Source of the noise, and of the zeros that are drawn.
        weight_steps : list of WeightStep, default=None
            One for each matrix of weights, where nothing else has to do with their gradient. In the pass over active
            entries they take it, and it is not in ``grad``.

        Returns
        -------
        float
        """
        batch = self.batch(len(x))
        batch.row_scale = batch.even_scale if row_scale is None else row_scale
        self.last_batch = batch
        value = self._forward(batch, x, rng, self.gate)
        if self.network.threshold is not None:
            self.gate.learn(self.network.threshold)
        if self.activity is not None:
            self.activity.see(batch.code if batch.active is None else batch.active)
        self._backward(batch, weight_steps)
        if batch.active is not None and weight_steps is not None:
            return value
        if self.dead_unit_loss is not None:
            value += self.dead_unit_loss.add_to(batch, self.network, self._output.delta, *self._parameter_grads)
        value += self.add_weight_penalties()
        if self.unit_norm is not None:
            self.unit_norm.tangential(self.network, self._parameter_grads[0][self._code + 1])
        return value

    @_quiet
    def value(self, x, row_scale=None, rng=None):
        """J on one batch, without its gradient."""
        batch = self.batch(len(x))
        batch.row_scale = batch.even_scale if row_scale is None else row_scale
        return self._forward(batch, x, rng, self.gate) + self.weight_penalty()

    def output_curvature(self, n_rows):
        """Curvature of the loss at each output, for the first rows of the last batch, see ``OutputLayer.curvature``."""
        return self._output.curvature(self.last_batch, self.last_batch.outputs[-1][:n_rows])

    def weight_curvatures(self):
        """Curvature of the penalties on weights alone: one number for each matrix of weights."""
        weights = self.network.weights[: len(self._weight_grads)]
        return sum((np.array(p.curvatures(weights)) for p in self.weight_penalties), np.zeros(len(weights)))

    def add_weight_penalties(self):
        """The penalties on weights alone; adds their gradient to ``grad``."""
        weights = self.network.weights[: len(self._weight_grads)]
        return sum((penalty.add_to(weights, self._weight_grads) for penalty in self.weight_penalties), 0.0)

    def weight_penalty(self):
        """The penalties on weights alone."""
        weights = self.network.weights[: len(self._weight_grads)]
        return sum((penalty.value(weights) for penalty in self.weight_penalties), 0.0)

    def _inputs(self, batch, x, rng):
        """What enters the network, what it is to give back, and how many times each entry counts, or None."""
        observed = None
        if self.fill_values is not None:
            x, observed = batch.fill(x, self._inner_fill)
        if self.noise is None:
            return x, x, observed
        return self.noise.apply(x, rng, batch), x, self.noise.entry_weights(x, batch, observed)

    def _forward(self, batch, x, rng, gate):
        """Loss and penalties on activations."""
        batch.inputs, x, entry_weights = self._inputs(batch, x, rng)
        batch.entry_weights = entry_weights
        batch.active = None
        a = batch.inputs
        for i, (layer, output) in enumerate(zip(self._hidden, batch.outputs)):
            layer = layer._replace(gate=gate) if i == self._code else layer
            if gate is None or self._active_pass is None or self.penalties or self.needs_code:
                a = layer.forward(a, output)
                continue
            batch.active = layer.active(a, output, self._encoder_product)
            if batch.active is not None:
                return self._active_pass.value(batch, x, entry_weights, self._bias_grads[-1])
            a = layer.complete(output)
        value = self._output.value(batch, a, x, entry_weights, rng, self._bias_grads[-1])
        for penalty in self.penalties:
            value += penalty.value(batch)
        return value

    def _backward(self, batch, weight_steps=None):
        """From the gradient at the last pre-activation to all weights and biases."""
        if batch.active is not None:
            encoder, *decoder = self._weight_grads
            self._active_pass.backward(batch, weight_steps or [encoder.T, *decoder], self._bias_grads[0])
            return
        layers, outputs, bias_grads = self.network.layers, batch.outputs, self._bias_grads
        top = len(layers) - 1
        delta = batch.deltas[top - 1]
        self._output.backward(outputs[top - 1], self._weight_grad(top), bias_grads[top], delta)
        for i in range(top - 1, -1, -1):
            # From the gradient at the output of layer i to that at its pre-activation.
            if i == self._code:
                for penalty in self.penalties:
                    penalty.at_code(batch, delta)
                if self.gate is not None:
                    gates.stop_where_zero(outputs[i], delta)
            layers[i].activation.backward(delta, outputs[i], bias_grads[i])
            if i <= self._code:
                for penalty in self.penalties:
                    penalty.at_preactivation(i, delta, bias_grads[i])
            below = outputs[i - 1] if i > 0 else batch.inputs
            _weight_gradient(below, delta, self._weight_grad(i))
            if i > 0:
                np.matmul(delta, layers[i].weights.T, out=batch.deltas[i - 1])
                delta = batch.deltas[i - 1]
        if self._mirrored is not None:
            for grad, mirrored in zip(self._weight_grads, self._mirrored):
                grad += mirrored
        for penalty in self.penalties:
            penalty.at_weights(self._weight_grads)

    def _weight_grad(self, i):
        """Where the gradient of the weights of layer i goes; of tied ones in the decoder the transposed of a buffer."""
        if self._mirrored is None or i <= self._code:
            return self._weight_grads[i]
        return self._mirrored[len(self.network.layers) - 1 - i].T

    # All rows.

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
        return self.sum_over_rows(sample, seed) + self.add_weight_penalties()

    def full_value(self, sample, seed=None):
        """J over a whole sample, by blocks of rows, without its gradient, and with the network's own gate."""
        return self.value_over_rows(sample, seed) + self.weight_penalty()

    @_quiet
    def sum_over_rows(self, sample, seed=None):
        """The part of J that is a sum over rows; its gradient is left in ``grad``."""
        total = np.zeros_like(self.grad)
        value = 0.0
        for batch, x, rng in self._blocks(sample, seed):
            value += self._forward(batch, x, rng, self.gate)
            self._backward(batch)
            total += self.grad
        self.grad[...] = total
        return value

    @_quiet
    def value_over_rows(self, sample, seed=None):
        """The part of J that is a sum over rows, without its gradient, and with the network's own gate."""
        return sum(self._forward(batch, x, rng, self.network.gate) for batch, x, rng in self._blocks(sample, seed))

    def _blocks(self, sample, seed):
        """Yield blocks of rows with their batch, in which their share of the mean is set, and a source of noise."""
        # For a single block the penalties compute the mean themselves, without an additional pass.
        several = self.block_size(len(sample.rows)) < len(sample.rows)
        if not (several and self.uses_mean_activation):
            yield from self._read(sample, seed)
            return
        sums, share = self.activation_sums(sample, seed)
        with self.given_mean_activation(sums / share):
            yield from self._read(sample, seed)

    @property
    def uses_mean_activation(self):
        """Whether a penalty needs the mean activation over all rows, and it was not given."""
        return any(penalty.uses_mean_activation and penalty.mean_activation is None for penalty in self.penalties)

    @contextmanager
    def given_mean_activation(self, mean):
        """Give the mean activation over all rows to the penalties that need it; None for the mean of each block."""
        statistical = [penalty for penalty in self.penalties if penalty.uses_mean_activation]
        for penalty in statistical:
            penalty.mean_activation = mean
        try:
            yield
        finally:
            for penalty in statistical:
                penalty.mean_activation = None

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
        """Weighted sum of the activations of each unit of the code over a sample, on corrupted input if there is noise;
        and the sum of the weights."""
        total = np.zeros(self.network.architecture.encoder_sizes[-1])
        sums = np.empty_like(total)
        share = 0.0
        for batch, x, rng in self._read(sample, seed):
            inputs, _, _ = self._inputs(batch, x, rng)
            weighted_column_sums(self.network.encode_inner(inputs), batch.row_scale, sums)
            total += sums
            share += float(batch.row_scale.sum(dtype=np.float64))
        return total, share


def inner_fill(network, fill_values):
    """Values in the place of NaN in the coordinates and the precision of a network; None where there are none."""
    if fill_values is None:
        return None
    return inner_rows(fill_values[None], network.coordinates)[:][0].astype(network.dtype)


def _weight_gradient(below, delta, out):
    """out = below^T delta, for a layer whose input and gradient at the pre-activation these are."""
    if isinstance(below, CSRBatch):
        below.transposed_product(delta, out)
    elif out.flags.c_contiguous:
        np.matmul(below.T, delta, out=out)
    else:
        np.matmul(delta.T, below, out=out.T)
