"""to_onnx: every part of every network gives in onnxruntime what it gives here."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skae
from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE, stack
from skae.export import graph, to_onnx
from skae.export.model import PARTS
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES

onnx = pytest.importorskip("onnx")

DEPTHS = {1: (), 2: (24,), 3: (24, 16)}
SETTINGS = dict(max_iter=3, tol=0.0, batch_size=32, learning_rate_init=1e-2, random_state=0)
# Beyond what onnxruntime of the lowest supported version reads.
NEWEST_OPSET = 21


def fitted(X, estimator=AutoencoderTransformer, n_components=10, **parameters):
    return estimator(n_components, **{**SETTINGS, "loss": "squared_error", **parameters}).fit(X)


def tolerance(dtype):
    return dict(rtol=1e-5, atol=1e-5) if dtype == np.float32 else dict(rtol=1e-11, atol=1e-12)


def expected(ae, X, part):
    """Input and output of a part, by the estimator itself."""
    H = ae.transform(X)
    given = H if part == "decoder" else X
    return given, {"encoder": H, "decoder": ae.inverse_transform(H), "autoencoder": ae.reconstruct(X)}[part]


def assert_equal(run, ae, X, parts=PARTS, **options):
    """Check parts of an estimator on X."""
    for part in parts:
        given, wanted = expected(ae, X, part)
        model = to_onnx(ae, part, **options)
        (found,) = run(model, **{PARTS[part][0]: given})
        assert found.dtype == wanted.dtype and found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, **tolerance(wanted.dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_part_is_what_it_is_here(run, activation, depth, tied, dtype, digits):
    X = digits[0][:200].astype(dtype)
    ae = fitted(X, activation=activation, hidden_layer_sizes=DEPTHS[depth], tied_weights=tied)
    assert_equal(run, ae, X)
    assert_equal(run, ae, X[:1])


@pytest.mark.parametrize("output", ACTIVATIONS)
def test_every_output_activation(run, output, digits):
    X = digits[0][:100]
    assert_equal(run, fitted(X, activation="tanh", output_activation=output), X)


def test_every_activation_and_loss_has_its_graph():
    assert all(record.onnx is not None for record in (*ACTIVATIONS.values(), *LOSSES.values()))


def test_an_activation_without_a_graph_is_told_of(monkeypatch, digits):
    monkeypatch.setitem(ACTIVATIONS, "tanh", replace(ACTIVATIONS["tanh"], onnx=None))
    ae = fitted(digits[0][:100], activation="tanh")
    with pytest.raises(ValueError, match="Activation 'tanh' has no ONNX graph"):
        to_onnx(ae)


@pytest.mark.parametrize("estimator", [DenoisingAE, SparseAE, ContractiveAE])
def test_every_estimator(run, estimator, digits):
    X = digits[0][:100]
    assert_equal(run, fitted(X, estimator, loss="log_loss"), X)


def test_stacked_layers(run, digits):
    X = digits[0][:100]
    layers = make_pipeline(
        DenoisingAE(20, loss="log_loss", **SETTINGS), AutoencoderTransformer(8, loss="log_loss", **SETTINGS)
    ).fit(X)
    assert_equal(run, stack(*layers), X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("opset", range(graph.LEAST_OPSET, NEWEST_OPSET + 1))
def test_every_version_of_the_operators(run, opset, dtype, digits):
    X = digits[0][:50].astype(dtype)
    for activation in ACTIVATIONS:
        ae = fitted(X, SparseAE, activation=activation, sparsity="topk", n_active=3, missing_values="mask")
        assert_equal(run, ae, X, ("autoencoder",), target_opset=opset)
        assert to_onnx(ae, target_opset=np.int64(opset)).opset_import[0].version == opset


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kept", [None, 5, 10])
def test_units_that_stay_on(run, kept, activation, dtype, digits):
    X = digits[0][:100].astype(dtype)
    ae = fitted(X, SparseAE, activation=activation, sparsity="topk", n_active=3, n_active_transform=kept)
    assert_equal(run, ae, X)
    (code,) = run(to_onnx(ae), X=X)
    assert ((code != 0).sum(axis=1) <= (kept or 3)).all()
    assert ("TopK" in {node.op_type for node in to_onnx(ae).graph.node}) == (kept != 10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("opset", [graph.LEAST_OPSET, NEWEST_OPSET])
def test_units_from_a_threshold_on(run, opset, dtype, digits):
    X = digits[0][:100].astype(dtype)
    ae = fitted(X, SparseAE, activation="relu", sparsity="batchtopk", n_active=3)
    assert_equal(run, ae, X, target_opset=opset)
    (code,) = run(to_onnx(ae, target_opset=opset), X=X)
    counts = (code != 0).sum(axis=1)
    assert 0 < counts.sum() < code.size and np.ptp(counts) > 0


def test_of_units_that_equal_the_threshold_the_first_stay(run):
    X = np.eye(4, dtype=np.float32)
    ae = fitted(
        X, SparseAE, 5, init="glorot", activation="identity", output_activation="logistic", sparsity="topk", n_active=2
    )
    rows = [[3, 2, 2, 1, 2], [1, 1, 1, 1, 1], [-1, -3, -2, -3, -3], [0, 0, 5, 0, -1]]
    ae.coefs_[0][...] = rows
    ae.intercepts_[0][...] = 0
    wanted = [[3, 2, 0, 0, 0], [1, 1, 0, 0, 0], [-1, 0, -2, 0, 0], [0, 0, 5, 0, 0]]
    np.testing.assert_array_equal(ae.transform(X), wanted)
    np.testing.assert_array_equal(run(to_onnx(ae), X=X)[0], wanted)


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_saturated_units_are_told_apart(run, activation):
    X = np.eye(6, dtype=np.float32)
    ae = fitted(
        X, SparseAE, 7, init="glorot", activation=activation, output_activation="logistic", sparsity="topk", n_active=2
    )
    # All are 1 in float32.
    ae.coefs_[0][...] = 100 + np.random.default_rng(0).permuted(np.tile(np.arange(7), (6, 1)), axis=1)
    ae.intercepts_[0][...] = 0
    wanted = np.where(ae.coefs_[0] >= 105, 1.0, 0.0)
    np.testing.assert_array_equal(ae.transform(X), wanted)
    np.testing.assert_array_equal(run(to_onnx(ae), X=X)[0], wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ["logistic", "tanh"])
@pytest.mark.parametrize(
    "settings", [{}, {"init": "glorot", "learning_rate_init": 0.01}], ids=["defaults", "saturated"]
)
def test_trained_units_are_chosen_alike(run, settings, activation, dtype):
    X = load_digits().data.astype(dtype)
    ae = SparseAE(64, sparsity="topk", n_active=8, activation=activation, max_iter=60, random_state=0, **settings)
    code, reconstructed = ae.fit(X).transform(X), ae.reconstruct(X)
    (exported,), (again,) = (run(to_onnx(ae, part=part), X=X) for part in ("encoder", "autoencoder"))
    # Not where rounding decides between two that are nearly equal.
    alike = ((code != 0) == (exported != 0)).all(axis=1)
    assert alike.mean() > 0.998
    assert (exported != 0).sum(axis=1).max() == 8
    np.testing.assert_allclose(again[alike], reconstructed[alike], atol=1e-2 if dtype == np.float32 else 1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_missing_values_become_the_mean_of_their_column(run, dtype, digits):
    X = digits[0][:100].astype(dtype)
    X[np.random.default_rng(0).random(X.shape) < 0.3] = np.nan
    X[0] = np.nan
    ae = fitted(X, missing_values="mask")
    assert_equal(run, ae, X)
    assert_equal(run, ae, digits[0][:100].astype(dtype))


def test_trained_on_sparse_rows(run, digits):
    X = sparse.csr_array(digits[0][:100])
    ae = fitted(X)
    (code,) = run(to_onnx(ae), X=X.toarray())
    np.testing.assert_allclose(code, ae.transform(X), **tolerance(np.float64))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_far_inputs_saturate_alike(run, activation, dtype, digits):
    ae = fitted(digits[0][:100].astype(dtype), activation=activation, init="glorot")
    directions = np.random.default_rng(0).normal(size=(50, 64))
    for size in (1e1, 1e2, 1e4, 1e30):
        X = (size * directions).astype(dtype)
        (code,) = run(to_onnx(ae), X=X)
        np.testing.assert_allclose(code, ae.transform(X), atol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("part", PARTS)
def test_the_model_says_what_it_is(part, digits):
    pd = pytest.importorskip("pandas")
    names = [f"größe {j}" for j in range(64)]
    ae = fitted(pd.DataFrame(digits[0][:50], columns=names), DenoisingAE)
    model = to_onnx(ae, part)
    onnx.checker.check_model(model, full_check=True)
    assert (model.producer_name, model.producer_version) == ("skae", skae.__version__)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 13)] and model.ir_version == 7
    found = {entry.key: entry.value for entry in model.metadata_props}
    assert (found["estimator"], found["part"]) == ("DenoisingAE", part)
    assert json.loads(found["feature_names"]) == names
    source, target = PARTS[part]
    widths = {"X": 64, "H": 10, "X_hat": 64}
    assert model.doc_string == (
        f"{part.capitalize()} of DenoisingAE: {source} of shape (n_samples, {widths[source]}) to {target} of shape "
        f"(n_samples, {widths[target]})"
    )
    for value, name in zip((*model.graph.input, *model.graph.output), PARTS[part], strict=True):
        rows, columns = value.type.tensor_type.shape.dim
        assert (value.name, rows.dim_param, columns.dim_value) == (name, "n_samples", widths[name])


def test_without_names_there_are_none_in_the_model(digits):
    model = to_onnx(fitted(digits[0][:50]))
    assert "feature_names" not in {entry.key for entry in model.metadata_props}


@pytest.mark.parametrize("init, n_coordinates", [("glorot", 0), ("auto", 2)])
def test_tied_weights_are_stored_once(digits, init, n_coordinates):
    ae = fitted(digits[0][:50], init=init, tied_weights=True, hidden_layer_sizes=(24,))
    stored = {tensor.name: tuple(tensor.dims) for tensor in to_onnx(ae, "autoencoder").graph.initializer}
    assert [shape for shape in stored.values() if len(shape) == 2] == [(64, 24), (24, 10)]
    assert len(stored) == 2 + 4 + n_coordinates


def test_the_model_holds_copies_of_the_parameters(run, digits):
    X = digits[0][:50]
    ae = fitted(X, init="glorot")
    code, model = ae.transform(X), to_onnx(ae)
    ae.coefs_[0][...] = 0
    np.testing.assert_allclose(run(model, X=X)[0], code, **tolerance(X.dtype))


def test_what_cannot_be_converted_is_named(digits):
    X = digits[0][:50]
    ae = fitted(X)
    with pytest.raises(NotFittedError):
        to_onnx(AutoencoderTransformer())
    for part in ("codec", ["encoder"], None, "transform"):
        legal = r"\['auto', 'encoder', 'decoder', 'autoencoder', 'score'\]"
        with pytest.raises(ValueError, match=f"part must be one of {legal}; got"):
            to_onnx(ae, part)
    for opset in (graph.LEAST_OPSET - 1, 10_000, 13.0, "13", True):
        with pytest.raises(ValueError, match=rf"target_opset must be an integer from {graph.LEAST_OPSET} to \d+.*got"):
            to_onnx(ae, target_opset=opset)
    for other in (make_pipeline(ae), StandardScaler().fit(X), AutoencoderTransformer, ae.to_mlp()):
        with pytest.raises(TypeError, match="register_skl2onnx"):
            to_onnx(other)


def test_what_is_too_large_for_a_file_is_refused_before_it_is_made(digits, monkeypatch):
    X = digits[0][:50]
    ae = fitted(X, init="glorot")
    n_bytes = 8 * (64 * 10 + 10)
    monkeypatch.setattr(graph, "_MOST_BYTES", n_bytes)
    to_onnx(ae)
    with pytest.raises(ValueError, match=r"at most 2 GiB; the parameters of this network take \d+\.\d\d GiB\. Train"):
        to_onnx(ae, "autoencoder")


def test_without_onnx_it_says_what_to_install(digits, monkeypatch):
    ae = fitted(digits[0][:50])
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"the package onnx, .*: pip install 'skae\[onnx\]'"):
        to_onnx(ae)


@pytest.mark.slow
def test_importing_the_export_imports_none_of_its_packages():
    code = "import sys, skae.export; print(sorted({'onnx', 'skl2onnx', 'onnxruntime'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
