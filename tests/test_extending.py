"""Parts from outside: softplus and Huber's loss in all forms, what is refused, and what a fit makes of them."""

import math
import pickle
import re
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from numba import config
from scipy import sparse
from settings import FIXED

from skae import (
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    ContractiveAE,
    DenoisingAE,
    SparseAE,
    extending,
    load,
    save,
)
from skae.estimator.registry import ESTIMATORS
from skae.export import to_onnx
from skae.extending import Activation, Loss, Optimizer, Penalty, Sparsity, register, unregister
from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.optimizers import OPTIMIZERS
from skae.plotting import ActivationDisplay, LossCurveDisplay
from skae.training.solvers import SOLVERS

matplotlib.use("Agg")

DTYPES = [np.float32, np.float64]
RTOL = {np.float32: 3e-6, np.float64: 1e-13}


def softplus(z):
    return max(z, type(z)(0)) + math.log1p(math.exp(-abs(z)))


def softplus_derivative(a):
    return type(a)(1) - math.exp(-a)


def softplus_second_derivative(a):
    e = math.exp(-a)
    return e * (type(a)(1) - e)


def huber(threshold):
    """Huber's loss; the constant is a Python float, as a user would write it."""

    def entry(x_hat, x):
        difference = x_hat - x
        if abs(difference) <= threshold:
            return 0.5 * difference * difference, difference
        return threshold * (abs(difference) - 0.5 * threshold), threshold * np.sign(difference)

    return entry


def plain_huber(x_hat, x, threshold):
    size = np.abs(x_hat - x)
    value = np.where(size <= threshold, size**2 / 2, threshold * size - threshold**2 / 2)
    return value, np.clip(x_hat - x, -threshold, threshold)


SOFTPLUS = Activation("softplus", softplus, softplus_derivative, softplus_second_derivative, (0.0, float("inf")))
HUBER = {
    threshold: Loss(f"huber_{name}", "units of X", huber(threshold)) for name, threshold in (("a", 0.7), ("b", 2.0))
}


@pytest.fixture
def registering():
    """``register``, undone after the test."""
    added = []
    yield lambda part: (added.append(register(part)), part)[1]
    for part in added:
        unregister(part)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softplus_in_all_its_kernels(dtype):
    rng = np.random.default_rng(0)
    z, bias = (4 * rng.standard_normal((7, 13))).astype(dtype), rng.standard_normal(13).astype(dtype)
    total = z.astype(float) + bias
    SOFTPLUS.forward(z, bias)
    np.testing.assert_allclose(z, np.logaddexp(0, total), rtol=RTOL[dtype], atol=RTOL[dtype] / 10)
    a, out = np.logaddexp(0, total).astype(dtype), np.empty((7, 13), dtype)
    logistic = 1 / (1 + np.exp(-total))
    SOFTPLUS.fill_derivative(a, out)
    np.testing.assert_allclose(out, logistic, rtol=1e-5, atol=4 * np.finfo(dtype).eps)
    SOFTPLUS.fill_second_derivative(a, out)
    np.testing.assert_allclose(out, logistic * (1 - logistic), rtol=1e-5, atol=4 * np.finfo(dtype).eps)
    delta, bias_grad = rng.standard_normal((7, 13)).astype(dtype), np.full(13, np.nan, dtype)
    expected = delta * logistic
    SOFTPLUS.backward(delta, a, bias_grad)
    np.testing.assert_allclose(delta, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(bias_grad, expected.sum(axis=0), rtol=1e-5, atol=1e-5)


def test_softplus_derivatives_against_finite_differences():
    z, step = np.linspace(-6, 6, 49)[None], 1e-3

    def value(points):
        a = points.copy()
        SOFTPLUS.forward(a, np.zeros(a.shape[1]))
        return a

    def derivative(points):
        out = np.empty_like(points)
        SOFTPLUS.fill_derivative(value(points), out)
        return out

    def difference(function):
        near, far = (function(z + k * step) - function(z - k * step) for k in (1, 2))
        return (8 * near - far) / (12 * step)

    second = np.empty_like(z)
    SOFTPLUS.fill_second_derivative(value(z), second)
    np.testing.assert_allclose(derivative(z), difference(value), atol=1e-11)
    np.testing.assert_allclose(second, difference(derivative), atol=1e-11)


def forms(x, weights, zero_weights):
    """Target, buffers and weight of each entry, by the form of the kernels."""
    csr = sparse.csr_array(x)
    stored = (csr.data, csr.indices.astype(np.int32), csr.indptr.astype(np.int64), zero_weights)
    return {
        "": ((x,), (), np.ones(x.shape)),
        "weighted_": ((x, weights), (), weights),
        "stored_": (
            stored,
            (np.full_like(zero_weights, np.nan), np.full_like(csr.data, np.nan)),
            np.where(x != 0, 1, zero_weights),
        ),
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", ["", "weighted_", "stored_"])
@pytest.mark.parametrize("threshold", HUBER)
def test_huber_in_all_its_kernels(threshold, form, dtype):
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((9, 17)) * (rng.random((9, 17)) < 0.4)).astype(dtype)
    z, bias = rng.standard_normal((9, 17)).astype(dtype), rng.standard_normal(17).astype(dtype)
    scale = rng.uniform(0.5, 1, 9).astype(dtype)
    weights, zero_weights = rng.uniform(0, 3, x.shape).astype(dtype), rng.uniform(0, 3, 17).astype(dtype)
    target, buffers, counts = forms(x, weights, zero_weights)[form]
    row_loss, bias_grad, delta = np.full(9, np.nan, dtype), np.full(17, np.nan, dtype), np.full_like(z, np.nan)

    def check(value, x_hat, got):
        entries, derivatives = plain_huber(x_hat.astype(float), x, threshold)
        rows, gradient = (counts * entries).sum(axis=1), scale[:, None] * counts * derivatives
        np.testing.assert_allclose(row_loss, rows, rtol=RTOL[dtype])
        assert value == pytest.approx(scale @ rows, rel=RTOL[dtype])
        np.testing.assert_allclose(got, gradient, rtol=RTOL[dtype], atol=5 * np.finfo(dtype).eps)
        return gradient

    record = HUBER[threshold]
    value = getattr(record, f"{form}from_output")(z, *target, *buffers, scale, row_loss, delta)
    check(value, z, delta)
    x_hat = z + bias
    value = getattr(record, f"{form}fused")["identity"](z, bias, *target, *buffers, scale, row_loss, bias_grad)
    gradient = check(value, x_hat, z)
    np.testing.assert_allclose(bias_grad, gradient.sum(axis=0), rtol=RTOL[dtype], atol=30 * np.finfo(dtype).eps)


class CodeEnergy(Penalty):
    """weight * 1/m sum_i ||h_i||^2."""

    def __init__(self, weight):
        self.weight = weight

    def value(self, batch):
        energy = np.square(batch.code).sum(axis=1, dtype=np.float64)
        return self.weight * float(energy @ batch.row_scale)

    def at_code(self, batch, delta):
        delta += delta.dtype.type(2 * self.weight) * batch.row_scale[:, None] * batch.code


ENERGY = Sparsity("energy", penalty=lambda settings: CodeEnergy(settings.sparsity_weight))


def descend(theta, grad, state, rate, t):
    theta -= rate * grad


DESCENT = Optimizer("descent", descend, 0)
NOISE = replace(CORRUPTIONS["gaussian"], name="noise")


@pytest.fixture
def parts(registering):
    """An activation, a loss, a penalty, a corruption and an optimiser from outside."""
    for part in (
        replace(SOFTPLUS, onnx=lambda graph, z, dtype: graph.add("Softplus", z)),
        replace(HUBER[0.7], onnx=huber_graph),
        ENERGY,
        NOISE,
        DESCENT,
    ):
        registering(part)


def huber_graph(graph, x_hat, x, dtype):
    size = graph.add("Abs", graph.add("Sub", x_hat, x))
    threshold, half = graph.constant("threshold", dtype.type(0.7)), graph.constant("half", dtype.type(0.5))
    inner = graph.add("Mul", half, graph.add("Mul", size, size))
    outer = graph.add("Mul", threshold, graph.add("Sub", size, graph.add("Mul", half, threshold)))
    return graph.add("Where", graph.add("LessOrEqual", size, threshold), inner, outer)


SETTINGS = {"activation": "softplus", "loss": "huber_a", "output_activation": "identity", "max_iter": 3, "tol": 0.0}
OUTSIDE = {
    "plain": (AutoencoderTransformer, {"solver": "descent"}),
    "deep": (AutoencoderTransformer, {"hidden_layer_sizes": (5,), "solver": "lbfgs", "tied_weights": True}),
    "penalty": (SparseAE, {"sparsity": "energy", "sparsity_weight": 0.2}),
    "corruption": (DenoisingAE, {"corruption": "noise", "noise_level": 0.3}),
    "contraction": (ContractiveAE, {"output_activation": "softplus"}),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_parts_from_outside_train_save_export_and_plot(name, parts, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    cls, own = OUTSIDE[name]
    X = np.random.default_rng(2).normal(size=(40, 6)).astype(np.float32)
    ae = cls(4, random_state=0, batch_size=8, **{**SETTINGS, **own}).fit(X)
    assert ae.loss_curve_[-1] < ae.loss_curve_[0]
    expected = plain_huber(ae.reconstruct(X).astype(float), X, 0.7)[0].sum(axis=1)
    np.testing.assert_allclose(-ae.score_samples(X), expected, rtol=1e-4)
    save(ae, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").transform(X), ae.transform(X))
    model = to_onnx(ae, part="encoder").SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (code,) = session.run(None, {session.get_inputs()[0].name: X})
    np.testing.assert_allclose(code, ae.transform(X), rtol=1e-4, atol=1e-5)
    assert LossCurveDisplay.from_estimator(ae).ax_.get_lines()
    assert ActivationDisplay.from_estimator(ae, X).ax_ is not None


@pytest.mark.parametrize("name", OUTSIDE)
def test_gradients_of_parts_from_outside(name, parts):
    cls, own = OUTSIDE[name]
    x = np.random.default_rng(2).standard_normal((8, 6))
    ae = cls(4, random_state=0, **{**SETTINGS, **own}).fit(x)
    assert extending.gradient_error(ae, x) < 1e-6


def test_a_part_that_is_not_registered_is_no_value():
    with pytest.raises(ValueError, match=r"'activation' parameter .* must be a str among .*extending.register"):
        AutoencoderTransformer(2, activation="softplus").fit(np.eye(4))
    assert "softplus" not in dir(extending)


def test_a_registered_part_is_found_by_its_name(registering):
    for record in (SOFTPLUS, HUBER[2.0], ENERGY):
        assert registering(record) is record
        with pytest.raises(ValueError, match=f"'{record.name}' already exists"):
            registering(record)
    assert pickle.loads(pickle.dumps(HUBER[2.0])) is HUBER[2.0]
    registering(replace(OPTIMIZERS["adam"], name="another"))
    X = np.random.default_rng(0).normal(size=(30, 4))
    one, two = (
        AutoencoderTransformer(2, **{**FIXED, "solver": s}, max_iter=3, random_state=0).fit(X)
        for s in ("adam", "another")
    )
    np.testing.assert_array_equal(one.coefs_[0], two.coefs_[0])
    with pytest.raises(ValueError, match="Solver 'lbfgs' already exists"):
        register(replace(OPTIMIZERS["adam"], name="lbfgs"))
    assert "lbfgs" not in OPTIMIZERS


def test_a_loss_that_is_not_registered_does_not_come_out_of_a_pickle():
    with pytest.raises(ValueError, match=r"loss must be one of .*; got 'huber_a'.*register"):
        pickle.loads(pickle.dumps(HUBER[0.7]))


@pytest.mark.parametrize("part", [SOFTPLUS, OPTIMIZERS["adam"], "softplus", None, Activation])
def test_what_was_not_registered_cannot_be_taken_out(part):
    with pytest.raises(ValueError, match="must be one that register added"):
        unregister(part)
    assert "adam" in OPTIMIZERS


def test_a_kind_of_autoencoder_is_declared_once():
    with pytest.raises(ValueError, match=r"kind 'plain' .* is taken by AutoencoderTransformer"):
        extending.autoencoder("plain")(type("Another", (extending.BaseAutoencoder,), {}))
    assert ESTIMATORS["plain"] is AutoencoderTransformer


@pytest.mark.parametrize("record", [None, "softplus", softplus, Activation])
def test_what_is_no_record_is_refused(record):
    with pytest.raises(TypeError, match="part must be one of Activation, Loss, Sparsity"):
        register(record)


@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"name": 3}, TypeError, "name of an Activation must be a str"),
        ({"name": "auto"}, ValueError, "neither 'auto'"),
        ({"name": "soft plus"}, ValueError, "'soft plus'"),
        ({"value": 1.0}, TypeError, "value of Activation 'softplus' must be a function; got 1.0"),
        ({"onnx": "Softplus"}, TypeError, "onnx of Activation 'softplus' must be a function or None"),
        ({"range": (1.0, 0.0)}, ValueError, "range of an Activation must be two numbers"),
        ({"range": None}, ValueError, "got None"),
    ],
)
def test_activations_that_cannot_be(changes, error, message):
    with pytest.raises(error, match=message):
        replace(SOFTPLUS, **changes)


@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"entry": None}, TypeError, "an entry, a fused_entry or both"),
        ({"baseline": 1.0}, TypeError, "baseline of Loss 'huber_a' must be a function"),
        ({"data_range": 3}, ValueError, "data_range of a Loss must be two numbers"),
        ({"default_output": None}, TypeError, "default_output of Loss 'huber_a'"),
    ],
)
def test_losses_that_cannot_be(changes, error, message):
    with pytest.raises(error, match=message):
        replace(HUBER[0.7], **changes)


def test_a_loss_from_logits_goes_with_its_output_alone():
    def entry(z, x):
        return z * z, z + z

    record = Loss("of_logits", "", fused_entry=entry, default_output="tanh")
    assert record.fused.keys() == record.weighted_fused.keys() == record.stored_fused.keys() == {"tanh"}
    assert record.from_output is record.weighted_from_output is record.stored_from_output is None


@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"name": 3}, TypeError, "name of a Sparsity must be a str"),
        ({"penalty": CodeEnergy(0.1)}, TypeError, "penalty of Sparsity 'energy' must be a function"),
        ({"check": None}, TypeError, "check of Sparsity 'energy'"),
    ],
)
def test_sparsities_that_cannot_be(changes, error, message):
    with pytest.raises(error, match=message):
        replace(ENERGY, **changes)


def test_a_sparsity_has_a_penalty_or_a_gate():
    with pytest.raises(TypeError, match="'idle' must have a penalty, a gate or both"):
        Sparsity("idle", check=lambda settings: None)


@pytest.mark.parametrize(
    "functions, message",
    [
        ({"penalty": lambda settings: 5}, "penalty of Sparsity 'wrong' must return a Penalty.*returned 5"),
        ({"penalty": lambda settings: CodeEnergy}, "penalty of Sparsity 'wrong' must return a Penalty"),
        ({"gate": lambda settings: 5}, "gate of Sparsity 'wrong' must return an object with the methods choose, "),
        (
            {"gate": lambda settings: None, "units_kept": lambda settings: 0},
            "units_kept of .* from 1 to n_components=2",
        ),
    ],
)
def test_what_the_functions_of_a_sparsity_may_return(functions, message, registering):
    registering(Sparsity("wrong", **functions))
    with pytest.raises(TypeError, match=message):
        SparseAE(2, sparsity="wrong", max_iter=1).fit(np.eye(4))


@pytest.mark.parametrize(
    "record, changes, error, message",
    [
        (OPTIMIZERS["adam"], {"step": None}, TypeError, "step of Optimizer 'adam' must be a function"),
        (OPTIMIZERS["adam"], {"n_state_vectors": 1.0}, TypeError, "n_state_vectors .* integer of at least 0; got 1.0"),
        (OPTIMIZERS["adam"], {"n_state_vectors": -1}, ValueError, "n_state_vectors .* integer of at least 0; got -1"),
        (CORRUPTIONS["masking"], {"draw": 3}, TypeError, "draw of Corruption 'masking' must be a function"),
        (CORRUPTIONS["masking"], {"level_range": 1.0}, ValueError, "level_range of a Corruption must be two numbers"),
        (SOLVERS["lbfgs"], {"train": None}, TypeError, "train of Solver 'lbfgs' must be a function"),
        (
            SOLVERS["lbfgs"],
            {"optimizer": "adam"},
            TypeError,
            "optimizer of Solver 'lbfgs' must be an Optimizer or None",
        ),
    ],
)
def test_other_parts_that_cannot_be(record, changes, error, message):
    with pytest.raises(error, match=message):
        replace(record, **changes)


def takes_what_is_not_there(z):
    return not_there(z)  # noqa: F821


def gives_a_string(a):
    return "a"


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.parametrize("attribute", ["value", "derivative", "second_derivative"])
@pytest.mark.parametrize("function", [takes_what_is_not_there, gives_a_string, abs, lambda: 1.0])
def test_a_function_of_an_activation_that_does_not_compile_is_named(function, attribute, registering):
    registering(replace(SOFTPLUS, **{attribute: function}))
    X = np.random.default_rng(0).normal(size=(20, 4))
    # Two layers, of which the contraction needs every derivative.
    settings = {"hidden_layer_sizes": (3,), "activation": "softplus", "output_activation": "identity", "max_iter": 1}
    named = f"{attribute} of Activation 'softplus', the function {re.escape(function.__qualname__)}, cannot be compiled"
    with pytest.raises(TypeError, match=named):
        ContractiveAE(2, **settings).fit(X)


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.parametrize("attribute", ["entry", "fused_entry"])
def test_a_function_of_a_loss_that_does_not_compile_is_named(attribute, registering):
    registering(Loss("wrong", "", **{attribute: lambda x_hat, x: x_hat - x}, default_output="identity"))
    named = f"{attribute} of Loss 'wrong', the function .*<lambda>, cannot be compiled"
    with pytest.raises(TypeError, match=named):
        AutoencoderTransformer(2, loss="wrong", max_iter=1).fit(np.eye(4))


@pytest.mark.parametrize("estimator", [5, None, AutoencoderTransformer, AutoencoderOutlierDetector()])
def test_gradient_error_takes_an_autoencoder(estimator):
    with pytest.raises(TypeError, match="estimator must be a fitted autoencoder"):
        extending.gradient_error(estimator, np.eye(4))


# Names that are registered no more.


@pytest.mark.parametrize(
    "part, cls, parameters",
    [
        (SOFTPLUS, AutoencoderTransformer, {"activation": "softplus"}),
        (SOFTPLUS, AutoencoderTransformer, {"output_activation": "softplus"}),
        (HUBER[0.7], AutoencoderTransformer, {"loss": "huber_a"}),
        (ENERGY, SparseAE, {"sparsity": "energy"}),
        (NOISE, DenoisingAE, {"corruption": "noise"}),
        (DESCENT, AutoencoderTransformer, {"solver": "descent"}),
    ],
)
def test_what_needs_a_part_that_is_not_registered_tells_to_register_it(part, cls, parameters, tmp_path):
    register(part)
    try:
        ae = cls(2, max_iter=1, **parameters).fit(np.eye(6))
        save(ae, tmp_path / "model")
    finally:
        unregister(part)
    (name,) = parameters
    with pytest.raises(ValueError, match=rf"{name} of {cls.__name__} must be one of .*skae\.extending\.register"):
        load(tmp_path / "model")
    with pytest.raises(ValueError, match=rf"The {name!r} parameter of .*skae\.extending\.register"):
        ae.fit(np.eye(6))
    # What was fitted looks its activations and its loss up.
    if isinstance(part, Activation | Loss):
        with pytest.raises(ValueError, match=rf"must be one of .*; got '{part.name}'.*skae\.extending\.register"):
            pickle.loads(pickle.dumps(ae)).score_samples(np.eye(6))


def test_a_file_of_a_class_that_is_not_declared_tells_to_import_it(tmp_path):
    class Own(AutoencoderTransformer):
        pass

    extending.autoencoder("own")(Own)
    try:
        save(Own(2, max_iter=1).fit(np.eye(4)), tmp_path / "model")
    finally:
        del ESTIMATORS["own"]
    with pytest.raises(ValueError, match=r"class must be one of .*; the file has 'Own'\. Import the module first"):
        load(tmp_path / "model")


def test_a_near_name_is_not_what_a_file_means(tmp_path):
    almost = register(replace(SOFTPLUS, name="logistics"))
    try:
        save(AutoencoderTransformer(2, activation="logistics", max_iter=1).fit(np.eye(4)), tmp_path / "model")
    finally:
        unregister(almost)
    with pytest.raises(ValueError, match=r"'logistics'\. One from outside") as caught:
        load(tmp_path / "model")
    assert "Did you mean" not in str(caught.value)


# Autoencoders from outside.


class Undeclared(extending.BaseAutoencoder):
    def __init__(self, n_components=2):
        self.n_components = n_components


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_an_autoencoder_without_its_decorator_names_it(method):
    with pytest.raises(TypeError, match=r"skae\.extending\.autoencoder: @autoencoder\('undeclared'\) above class"):
        getattr(Undeclared(), method)(np.eye(4))


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ((Undeclared,), TypeError, r"got the class itself. Write @autoencoder\('undeclared'\)"),
        ((3,), TypeError, "kind of an autoencoder must be a str; got 3"),
        (("my kind",), ValueError, "kind of an autoencoder must be made of ASCII letters"),
        (("own", ["weight"]), TypeError, "own_parameters of the kind 'own' must each be a Parameter; got 'weight'"),
        (("own", [extending.Parameter("alpha", 0, [], "", "")]), ValueError, "declares the parameter 'alpha' twice"),
    ],
)
def test_declarations_that_cannot_be(arguments, error, message):
    with pytest.raises(error, match=message):
        extending.autoencoder(*arguments)
    assert Undeclared not in ESTIMATORS.values()


@pytest.mark.parametrize("cls", [int, object(), AutoencoderOutlierDetector])
def test_what_is_declared_is_an_autoencoder(cls):
    with pytest.raises(TypeError, match="'own' must be a subclass of BaseAutoencoder"):
        extending.autoencoder("own")(cls)
    assert "own" not in ESTIMATORS
