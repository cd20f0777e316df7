"""ActivationDisplay: histograms counted by hand, and units as the sparsity report has them."""

from itertools import pairwise

import numpy as np
import pytest
from settings import FIXED
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.activations import ACTIVATIONS
from skae.plotting import ActivationDisplay

SETTINGS = {**FIXED, "max_iter": 3, "tol": 0.0, "random_state": 0}


def count(values, edges):
    """Values in each bin, the last of which has both its ends."""
    return [
        sum(low <= value < high or (value == high == edges[-1]) for value in values) for low, high in pairwise(edges)
    ]


def wayward(kind, X):
    """A fitted autoencoder whose unit 1 is off and whose unit 2 is at its bound for all rows."""
    ae = kind.fit(X)
    ae.coefs_[0][:, [1, 2]] = 0
    ae.intercepts_[0][[1, 2]] = -50.0, 50.0
    return ae


def test_activations_are_counted(fitted, X):
    display = ActivationDisplay.from_estimator(fitted["sparse"], X[:40], bins=7)
    code = fitted["sparse"].transform(X[:40])
    counts, edges, _ = display.histogram_.get_data()
    np.testing.assert_allclose(edges, np.linspace(code.min(), code.max(), 8))
    assert list(counts) == count(code.ravel(), edges) and counts.sum() == 40 * 15
    np.testing.assert_array_equal(display.code, code)
    assert display.lines_ == {} and display.ax_.get_ylabel() == "activations"


def test_means_of_units_are_counted_and_marked(fitted, X):
    display = ActivationDisplay.from_estimator(fitted["sparse"], X, kind="units", bins=[0, 0.1, 0.2, 0.5, 1])
    means = [np.mean(unit) for unit in fitted["sparse"].transform(X).T]
    counts, edges, _ = display.histogram_.get_data()
    assert list(counts) == count(means, edges) and counts.sum() == 15
    assert display.lines_["rho"].get_xdata()[0] == 0.1 == display.sparsity_target
    assert display.lines_["rho_hat"].get_xdata()[0] == pytest.approx(np.mean(means))
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == [rf"$\hat\rho$ = {np.mean(means):.3g}, mean of all units", r"$\rho$ = 0.1, target"]


@pytest.mark.parametrize("sparsity", ["kl", "l1", "topk", "batchtopk", "lifetime"])
@pytest.mark.parametrize("weight", [0.0, 0.1])
def test_only_a_mean_that_was_trained_for_is_marked(sparsity, weight, X):
    ae = SparseAE(6, sparsity=sparsity, sparsity_weight=weight, n_active=2, **SETTINGS).fit(X)
    display = ActivationDisplay.from_estimator(ae, X, kind="units")
    assert ("rho" in display.lines_) == (sparsity == "kl" and weight > 0) and "rho_hat" in display.lines_


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("threshold", [None, 0, 0.3])
def test_dead_and_saturated_units_are_those_of_the_report(activation, threshold, X):
    ae = wayward(SparseAE(5, sparsity="l1", activation=activation, **SETTINGS), X)
    display = ActivationDisplay.from_estimator(ae, X, threshold=threshold)
    report = ae.sparsity_report(X, threshold=threshold)
    dead, saturated = list(display.dead_units), list(display.saturated_units)
    assert len(dead) == 5 * report["dead_fraction"] and len(saturated) == 5 * report["saturated_fraction"]
    if threshold is None:
        assert dead == ([1] if activation in ("logistic", "relu") else [])
        assert saturated == {"logistic": [2], "tanh": [1, 2]}.get(activation, [])


@pytest.mark.parametrize("cls", [AutoencoderTransformer, ContractiveAE, DenoisingAE])
def test_every_autoencoder_has_its_units_named(cls, X):
    ae = wayward(cls(5, **SETTINGS), X)
    display = ActivationDisplay.from_estimator(make_pipeline(StandardScaler().fit(X), ae), X, kind="units")
    assert display.ax_.get_title() == "dead: 1 of 5 units (1)\nsaturated: 1 of 5 units (2)"
    assert list(display.lines_) == ["rho_hat"]


def test_long_lists_are_cut():
    display = ActivationDisplay(np.eye(2, 20), dead_units=np.arange(3, 20)).plot()
    assert display.ax_.get_title() == ("dead: 17 of 20 units (3, 4, 5, 6, 7, 8, 9, 10, ...)\nsaturated: 0 of 20 units")


def test_the_units_are_those_of_the_network_and_not_of_a_parameter_set_later(X):
    ae = wayward(AutoencoderTransformer(5, **SETTINGS), X).set_params(activation="relu")
    assert list(ActivationDisplay.from_estimator(ae, X).saturated_units) == [2]


def test_scale(fitted, X):
    assert ActivationDisplay.from_estimator(fitted["sparse"], X, log_scale=True).ax_.get_yscale() == "log"
    assert ActivationDisplay.from_estimator(fitted["sparse"], X).ax_.get_yscale() == "linear"


def test_wrong_input(fitted, X):
    with pytest.raises(TypeError, match=r"ActivationDisplay needs a fitted autoencoder of skae.*got PCA"):
        ActivationDisplay.from_estimator(PCA(2).fit(X), X)
    for threshold in (-0.1, "high", np.nan):
        with pytest.raises(ValueError, match="threshold must be a number, 0 or more; got"):
            ActivationDisplay.from_estimator(fitted["plain"], X, threshold=threshold)
    for kind in ("rows", None, np.array(["units", "units"])):
        with pytest.raises(ValueError, match="kind must be 'activations' or 'units'; got"):
            ActivationDisplay.from_estimator(fitted["plain"], X, kind=kind)


def test_values_that_differ_by_rounding_alone_have_bins():
    display = ActivationDisplay(np.array([[1.0, np.nextafter(1.0, 2.0)]])).plot()
    counts, edges, _ = display.histogram_.get_data()
    assert counts.sum() == 2 and edges[0] < 1.0 < edges[-1]


def test_a_code_that_does_not_vary_is_said_to(fitted, X):
    same = ActivationDisplay.from_estimator(fitted["plain"], np.repeat(X[:1], 5, axis=0))
    assert same.ax_.get_title().splitlines()[-1] == "the code is the same for all rows"
    for rows in (X, X[:1]):
        assert "same" not in ActivationDisplay.from_estimator(fitted["plain"], rows).ax_.get_title()
