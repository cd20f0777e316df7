"""Corrupted input goes with sparsity and with contraction."""

import numpy as np
import pytest

from skae import ContractiveAE, DenoisingAE, SparseAE

SETTINGS = dict(max_iter=5, tol=0.0, random_state=0)


@pytest.mark.parametrize("corruption, level", [("masking", 0.3), ("gaussian", 0.2), ("salt_and_pepper", 0.3)])
@pytest.mark.parametrize("cls, weight", [(SparseAE, "sparsity_weight"), (ContractiveAE, "contraction_weight")])
def test_without_its_penalty_it_is_a_denoising_autoencoder(cls, weight, corruption, level, rng):
    X = rng.random((50, 6))
    noise = {"corruption": corruption, "noise_level": level}
    expected = DenoisingAE(4, **noise, **SETTINGS).fit(X)
    found = cls(4, **noise, **{weight: 0.0}, **SETTINGS).fit(X)
    np.testing.assert_array_equal(found.coefs_[0], expected.coefs_[0])
    with_both = cls(4, **noise, **{weight: 0.5}, **SETTINGS).fit(X)
    assert (with_both.coefs_[0] != expected.coefs_[0]).any()
    clean = cls(4, **{weight: 0.5}, **SETTINGS).fit(X)
    assert (with_both.coefs_[0] != clean.coefs_[0]).any()


@pytest.mark.parametrize("cls", [SparseAE, ContractiveAE, DenoisingAE])
def test_a_probability_above_one_is_refused(cls, rng):
    with pytest.raises(
        ValueError, match=r"noise_level with corruption='masking' is a probability.*got noise_level=1\.5"
    ):
        cls(4, noise_level=1.5).fit(rng.random((20, 5)))


def test_topk_on_corrupted_input_transforms_clean_input(rng):
    X = rng.random((50, 6))
    ae = SparseAE(8, sparsity="topk", n_active=2, noise_level=0.5, activation="relu", **SETTINGS).fit(X)
    np.testing.assert_array_equal(ae.transform(X), ae.transform(X))
    assert ((ae.transform(X) != 0).sum(axis=1) <= 2).all()
