"""The network: shapes, views of one flat vector, initialisation, and encoding by blocks of rows."""

import copy
import pickle
from itertools import pairwise

import numpy as np
import oracle
import pytest

from skae.kernels.activations import ACTIVATIONS
from skae.network.architecture import Architecture
from skae.network.coordinates import CentredCoordinates
from skae.network.initialization import initial_parameters
from skae.network.network import Network

SIZES = [(5, 3), (5, 4, 3), (2, 4, 6, 3), (1, 1)]
TIED = [False, True]


def network(sizes=(5, 4, 3), activation="tanh", output="identity", tied=False, dtype=np.float64, seed=0):
    """A network with random weights and random biases."""
    architecture = Architecture(sizes, activation, output, tied)
    theta = np.random.default_rng(seed).standard_normal(architecture.n_parameters).astype(dtype)
    return Network(architecture, theta)


def by_the_oracle(net, X, first, last):
    settings = oracle.Settings(
        sizes=net.architecture.encoder_sizes,
        activation=net.architecture.activation,
        output_activation=net.architecture.output_activation,
    )
    weights, biases = ([a.astype(np.float64) for a in arrays] for arrays in (net.weights, net.biases))
    return oracle.run(settings, weights, biases, X, first, last)


@pytest.mark.parametrize("tied", TIED)
@pytest.mark.parametrize("sizes", SIZES)
def test_shapes(sizes, tied):
    net = network(sizes, tied=tied)
    mirrored = [*sizes, *sizes[-2::-1]]
    depth = len(sizes) - 1
    assert list(net.architecture.sizes) == mirrored
    assert net.architecture.depth == depth
    assert [w.shape for w in net.weights] == list(pairwise(mirrored))
    assert [b.shape for b in net.biases] == [(width,) for width in mirrored[1:]]
    assert len(net.layers) == 2 * depth
    owned = net.weights[: depth if tied else 2 * depth]
    assert net.theta.size == net.architecture.n_parameters == sum(a.size for a in owned + net.biases)


@pytest.mark.parametrize("output", sorted(ACTIVATIONS))
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_only_the_last_layer_has_the_output_activation(activation, output):
    names = [layer.activation.name for layer in network(activation=activation, output=output).layers]
    assert names == [activation] * 3 + [output]


@pytest.mark.parametrize("tied", TIED)
@pytest.mark.parametrize("sizes", SIZES)
def test_layers_are_views_that_cover_theta_once(sizes, tied):
    net = network(sizes, tied=tied)
    owned = net.weights[: len(sizes) - 1] if tied else net.weights
    for number, view in enumerate([*owned, *net.biases]):
        assert np.shares_memory(view, net.theta)
        view[...] = number
    counts = np.bincount(net.theta.astype(int))
    assert counts.tolist() == [view.size for view in [*owned, *net.biases]]


@pytest.mark.parametrize("sizes", SIZES)
def test_tied_decoder_is_the_transposed_encoder(sizes):
    net = network(sizes, tied=True)
    depth = len(sizes) - 1
    for layer in range(depth):
        encoder, decoder = net.weights[layer], net.weights[2 * depth - 1 - layer]
        encoder[0, -1] = 17.0
        assert decoder[-1, 0] == 17.0
        assert np.shares_memory(encoder, decoder)
        np.testing.assert_array_equal(decoder, encoder.T)


@pytest.mark.parametrize("tied", TIED)
@pytest.mark.parametrize("clone", [copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_link_their_views_again(clone, tied):
    net = network(tied=tied)
    twin = clone(net)
    np.testing.assert_array_equal(twin.theta, net.theta)
    assert twin.architecture == net.architecture
    for view in twin.weights + twin.biases:
        assert np.shares_memory(view, twin.theta)
    X = np.random.default_rng(1).standard_normal((4, 5))
    before = twin.reconstruct(X)
    np.testing.assert_array_equal(before, net.reconstruct(X))
    twin.theta[...] = 0.1
    assert (twin.weights[-1] == 0.1).all()
    assert np.abs(twin.reconstruct(X) - before).max() > 1e-3


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_deep_copies_own_their_parameters(clone):
    net = network()
    before = net.theta.copy()
    clone(net).theta[...] = 0.0
    np.testing.assert_array_equal(net.theta, before)


@pytest.mark.parametrize("n_rows", [1, 3, 4, 7, 8])
@pytest.mark.parametrize("tied", TIED)
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_blocks_of_rows_equal_one_piece(activation, tied, n_rows, monkeypatch):
    monkeypatch.setattr("skae.network.network.block_rows", lambda *_: 3)
    net = network(activation=activation, output=activation, tied=tied)
    X = np.random.default_rng(2).standard_normal((n_rows, 5))
    H = net.encode(X)
    assert H.shape == (n_rows, 3)
    np.testing.assert_allclose(H, by_the_oracle(net, X, 0, 2), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(net.decode(H), by_the_oracle(net, H, 2, 4), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(net.reconstruct(X), by_the_oracle(net, X, 0, 4), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(net.reconstruct(X), net.decode(H), rtol=1e-14)


INPUTS = {
    "C": lambda X: X,
    "Fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "float32": lambda X: X.astype(np.float32),
    "float16": lambda X: X.astype(np.float16),
    "big-endian": lambda X: X.astype(">f8"),
    "int64": lambda X: X.astype(np.int64),
    "uint8": lambda X: X.astype(np.uint8),
    "bool": lambda X: X > 1,
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", sorted(INPUTS))
def test_inputs_of_any_dtype_and_order(kind, dtype, monkeypatch):
    monkeypatch.setattr("skae.network.network.block_rows", lambda *_: 3)
    net = network(dtype=dtype)
    # Halves of small integers are exact in every precision.
    X = INPUTS[kind](np.random.default_rng(3).integers(0, 9, (7, 5)) / 2.0)
    before = X.copy()
    X.flags.writeable = False
    rtol = 1e-5 if dtype is np.float32 else 1e-12
    for out, last in ((net.encode(X), 2), (net.reconstruct(X), 4)):
        assert out.dtype == dtype and out.flags.c_contiguous
        np.testing.assert_allclose(out, by_the_oracle(net, X.astype(np.float64), 0, last), rtol=rtol, atol=rtol)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("tied", TIED)
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_initial_weights_fill_their_bounds(activation, tied):
    architecture = Architecture((40, 30, 20), activation, "identity", tied)
    theta = initial_parameters(architecture, np.random.default_rng(4), np.float64)
    weights, biases = architecture.parameters(theta)
    for layer, w in enumerate(weights[: 2 if tied else 4]):
        he = activation == "relu" and layer < 3
        bound = np.sqrt(6 / (w.shape[0] if he else sum(w.shape)))
        if activation == "logistic":
            bound *= (2 if layer < 3 else 1) * (2 if layer > 0 else 1)
        assert np.abs(w).max() <= bound
        # Of at least 600 uniform draws the greatest is below 0.98 of the bound with a probability of 6e-6.
        assert np.abs(w).max() > 0.98 * bound
        assert abs(w.mean()) < 5 * bound / np.sqrt(3 * w.size)
    assert activation == "logistic" or all((b == 0).all() for b in biases)


@pytest.mark.parametrize("output", ["identity", "logistic"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_several_logistic_layers_start_as_the_tanh_network(dtype, output, rng):
    X = rng.standard_normal((50, 9)).astype(dtype)
    sizes, tolerance = (9, 7, 8, 3), 1e-5 if dtype is np.float32 else 1e-12
    start = {
        name: Architecture(sizes, name, {"identity": "identity"}.get(output, name), False)
        for name in ("logistic", "tanh")
    }
    networks = {name: Network(a, initial_parameters(a, np.random.default_rng(3), dtype)) for name, a in start.items()}
    np.testing.assert_allclose(2 * networks["logistic"].encode(X) - 1, networks["tanh"].encode(X), atol=tolerance)
    restored = {name: net.reconstruct(X) for name, net in networks.items()}
    if output == "logistic":
        restored["logistic"] = 2 * restored["logistic"] - 1
    np.testing.assert_allclose(restored["logistic"], restored["tanh"], atol=tolerance)


def test_tied_logistic_layers_start_as_the_tanh_network(rng):
    X = rng.standard_normal((50, 9))
    networks = [
        Network(a, initial_parameters(a, np.random.default_rng(3), np.float64))
        for a in (Architecture((9, 7, 3), name, "identity", True) for name in ("logistic", "tanh"))
    ]
    np.testing.assert_allclose(networks[0].reconstruct(X), networks[1].reconstruct(X), atol=1e-12)


def test_one_logistic_layer_starts_from_glorot(rng):
    architecture = Architecture((40, 30), "logistic", "identity", False)
    weights, biases = architecture.parameters(initial_parameters(architecture, rng, np.float64))
    assert all(np.abs(w).max() <= np.sqrt(6 / 70) for w in weights) and not any(b.any() for b in biases)


@pytest.mark.parametrize("tied", TIED)
def test_both_precisions_start_from_the_same_point(tied):
    architecture = Architecture((6, 4), "logistic", "identity", tied)
    wide, narrow = (
        initial_parameters(architecture, np.random.default_rng(5), dtype) for dtype in (np.float64, np.float32)
    )
    assert (wide.dtype, narrow.dtype) == (np.float64, np.float32)
    np.testing.assert_array_equal(narrow, wide.astype(np.float32))
    assert (initial_parameters(architecture, np.random.default_rng(6), np.float64) != wide).any()


def test_dtype_is_that_of_theta():
    assert network(dtype=np.float32).dtype == np.float32
    assert network(dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize("tied", TIED)
@pytest.mark.parametrize("output", ["identity", "logistic"])
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3)])
def test_centred_coordinates_describe_the_same_function(sizes, output, tied):
    """The network at theta(p) maps x as the network at p maps (x - mean) / scale, its linear output put back."""
    net = network(sizes, output=output, tied=tied)
    rng = np.random.default_rng(1)
    mean, X = rng.standard_normal(5) + 7, rng.standard_normal((6, 5)) + 7
    scale = 1.0 if tied else 2.5
    coordinates = CentredCoordinates(net, mean, scale)
    there = Network(net.architecture, coordinates.theta(net.theta))
    expected = net.reconstruct((X - mean) / scale)
    if output == "identity":
        expected = scale * expected + mean
    np.testing.assert_allclose(there.encode(X), net.encode((X - mean) / scale), rtol=1e-9)
    np.testing.assert_allclose(there.reconstruct(X), expected, rtol=1e-9)
    np.testing.assert_allclose(coordinates.point(coordinates.theta(net.theta)), net.theta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("tied", TIED)
@pytest.mark.parametrize("output", ["identity", "logistic"])
@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_the_gradient_by_centred_coordinates(activation, output, tied):
    net = network((5, 4, 3), activation=activation, output=output, tied=tied)
    rng = np.random.default_rng(2)
    coordinates = CentredCoordinates(net, rng.standard_normal(5), 2.5)
    # The map is affine: along any direction the change of theta is that of its linear part, without a limit.
    grad, direction = rng.standard_normal((2, net.theta.size))
    change = coordinates.theta(net.theta + direction) - coordinates.theta(net.theta)
    assert coordinates.gradient(grad) @ direction == pytest.approx(grad @ change, rel=1e-10)
    np.testing.assert_allclose(coordinates.point(coordinates.theta(direction)), direction, rtol=1e-9, atol=1e-12)


def test_tied_linear_coordinates_describe_the_same_function():
    net = network((5, 4, 3), activation="identity", tied=True)
    rng = np.random.default_rng(3)
    mean, X = rng.standard_normal(5) + 7, rng.standard_normal((6, 5)) + 7
    there = Network(net.architecture, CentredCoordinates(net, mean, 2.5).theta(net.theta))
    np.testing.assert_allclose(there.encode(X), 2.5 * net.encode((X - mean) / 2.5), rtol=1e-9)
    np.testing.assert_allclose(there.reconstruct(X), 2.5 * net.reconstruct((X - mean) / 2.5) + mean, rtol=1e-9)


def test_read_only_parameters_are_copied():
    net = network()
    net.theta.setflags(write=False)
    copied = Network(net.architecture, net.theta)
    copied.weights[0][...] = 0.0
    assert (copied.theta[: copied.weights[0].size] == 0.0).all() and net.theta[0] != 0.0
