"""Blocks of parameters whose curvature is a Kronecker product: their inverses, and the directions that these give."""

from __future__ import annotations

import numpy as np

from .curvature import factor_shape, factor_shapes
from .kronecker import damped_inverses, precondition, sum_of_products

# Width of a factor that is damped by its own mean diagonal. In proportion to the width, or with 1e4, wide networks
# learned the rows by heart; with a stronger damping narrow ones were slow. The least share of the mean diagonal that is
# added: below 3e-3 linear networks of several layers diverged, since their curvature changes faster than its average.
_WIDTH, _LEAST = 1e3, 1e-2


def inverse_shapes(architecture):
    """Shapes of the inverses: those of A x G for each matrix of weights, A before G, then those of biases alone."""
    shapes = factor_shapes(architecture)
    n_layers = len(shapes) // 2
    if not architecture.tied:
        return [shape for pair in zip(shapes[:n_layers], shapes[n_layers:]) for shape in pair]
    pairs = [(factor_shape(n, with_bias=True), factor_shape(k)) for n, k in architecture.shapes]
    return [shape for pair in pairs for shape in pair] + shapes[n_layers + architecture.depth :]


class Blocks:
    """One block for each matrix of weights, with the biases that belong to it.

    The bias of a decoder layer whose weights are tied has a factor of its own, and belongs to the block of the weights.

    Parameters
    ----------
    objective : Objective

    Attributes
    ----------
    direction : ndarray of shape (n_parameters,)
        The preconditioned gradient.
    """

    def __init__(self, objective):
        self.objective = objective
        architecture = objective.network.architecture
        self.n_layers, self.tied = 2 * architecture.depth, architecture.tied
        self.direction = np.empty_like(objective.network.theta)
        self.to_direction = architecture.parameters(self.direction)
        self.from_grad = architecture.parameters(objective.grad)
        self.n_blocks = len(architecture.shapes)

    def invert(self, factors, inverses):
        """Make the inverses of all blocks, and return how many times a damping had to grow.

        Parameters
        ----------
        factors : list of ndarray
            A of each layer, then G of each layer.
        inverses : list of ndarray
            Of the shapes of ``inverse_shapes``; overwritten.

        Returns
        -------
        int
        """
        inputs, outputs = factors[: self.n_layers], factors[self.n_layers :]
        pairs, alone = list(zip(inputs, outputs)), []
        if self.tied:
            pairs = [_tied_pair(pairs[block], pairs[-1 - block]) for block in range(self.n_blocks)]
            alone = outputs[self.n_blocks :]
        penalties = self.objective.weight_curvatures()
        n_grown, places = 0, iter(inverses)
        for pair, penalty in zip(pairs, penalties):
            left, right, n_damped = damped_inverses(*pair, _WIDTH, penalty, _LEAST)
            next(places)[...], next(places)[...] = left, right
            n_grown += n_damped
        for factor in alone:
            # As of an input that is always one.
            _, next(places)[...], n_damped = damped_inverses(np.ones(1, factor.dtype), factor, _WIDTH, least=_LEAST)
            n_grown += n_damped
        return n_grown

    def precondition(self, inverses):
        """Make the direction from the gradient and the inverses."""
        from_grad, to_direction = self.from_grad, self.to_direction
        for block in range(self.n_blocks):
            gradients = from_grad.weights[block], from_grad.biases[block]
            to = to_direction.weights[block], to_direction.biases[block]
            precondition(*gradients, *inverses[2 * block : 2 * block + 2], *to)
        for layer, inverse in enumerate(inverses[2 * self.n_blocks :], self.n_blocks):
            gradient = from_grad.biases[layer]
            to_direction.biases[layer][...] = inverse * gradient if inverse.ndim == 1 else inverse @ gradient

    def quadratic(self, curvature):
        """Quadratic along the directions of the blocks, with its penalties, and in a last column the descent d^T g.

        Parameters
        ----------
        curvature : BatchCurvature

        Returns
        -------
        ndarray of shape (n_blocks, n_blocks + 1)
        """
        weights, biases = self.to_direction
        members = [self._layers(block) for block in range(self.n_blocks)]
        quadratic = curvature.quadratic([[(i, weights[i], biases[i]) for i in layers] for layers in members])
        descent = np.empty((self.n_blocks, 1))
        for block, (layers, penalty) in enumerate(zip(members, self.objective.weight_curvatures())):
            direction = weights[block].ravel()
            quadratic[block, block] += penalty * float(np.dot(direction, direction))
            descent[block] = np.dot(direction, self.from_grad.weights[block].ravel())
            descent[block] += sum(np.dot(biases[i], self.from_grad.biases[i]) for i in layers)
        return np.hstack([quadratic, descent]).astype(self.direction.dtype)

    def scale(self, lengths):
        """Multiply the direction of each block by its length."""
        for block, length in enumerate(lengths.astype(self.direction.dtype)):
            self.to_direction.weights[block][...] *= length
            for layer in self._layers(block):
                self.to_direction.biases[layer][...] *= length

    def _layers(self, block):
        """Layers whose weights and biases belong to a block, in ascending order."""
        return (block, self.n_layers - 1 - block) if self.tied else (block,)


def _tied_pair(encoder, decoder):
    """One pair of factors of weights that are used twice, as W in the encoder and as W^T in the decoder.

    There the outputs are on the side of the encoder's inputs. The bias of the encoder is not used in the decoder.
    """
    inputs, outputs = decoder
    inputs = inputs[:-1] if inputs.ndim == 1 else inputs[:-1, :-1]
    return sum_of_products(encoder, (np.pad(outputs, (0, 1)), inputs))
