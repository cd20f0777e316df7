"""Corrupted input goes with sparsity and with contraction."""

import contextlib

import numpy as np
import pytest
from scipy import sparse
from settings import compiled
from sklearn.base import clone
from sklearn.decomposition import PCA

import skae
from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.network.network import Network
from skae.network.white_noise import directions_above_noise
from skae.training.callbacks import Callback, use_callback

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


# What "auto" becomes.


@pytest.fixture
def spectra(rng):
    """Three peaks each at 60 points, of any place, width and height, and a shift of all columns."""
    place, width, height = (rng.uniform(*ends, (400, 3, 1)) for ends in ((0.1, 0.9), (0.04, 0.1), (0.5, 2.0)))
    return 5.0 + (height * np.exp(-0.5 * ((np.linspace(0, 1, 60) - place) / width) ** 2)).sum(axis=1)


def test_real_columns_meet_gaussian_noise_by_their_spread(spectra):
    ae = DenoisingAE(8, **SETTINGS).fit(spectra)
    assert ae.corruption_ == "gaussian"
    assert ae.noise_level_ == pytest.approx(0.4 * np.sqrt(spectra.var(axis=0).mean()))
    assert DenoisingAE(8, **SETTINGS).fit(1e3 * spectra).noise_level_ == pytest.approx(1e3 * ae.noise_level_)
    twice = np.arange(400) % 2 + 1
    weighted = DenoisingAE(8, **SETTINGS).fit(spectra, sample_weight=twice)
    assert weighted.noise_level_ == pytest.approx(0.4 * np.sqrt(np.repeat(spectra, twice, axis=0).var(axis=0).mean()))
    set_by_hand = DenoisingAE(8, corruption="gaussian", noise_level=ae.noise_level_, **SETTINGS).fit(spectra)
    np.testing.assert_array_equal(set_by_hand.coefs_[0], ae.coefs_[0])


def test_gaps_have_no_part_in_the_spread(spectra, rng):
    gaps = np.where(rng.random(spectra.shape) < 0.2, np.nan, spectra)
    ae = DenoisingAE(8, missing_values="mask", **SETTINGS).fit(gaps)
    assert ae.noise_level_ == pytest.approx(0.4 * np.sqrt(np.nanvar(gaps, axis=0).mean()))


@compiled
@pytest.mark.parametrize(
    "parameters",
    [
        {"loss": "log_loss"},
        {"output_activation": "logistic"},
        {"emphasis": 0.5},
        {"noise_level": 0.25},
        {"sparse": True},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_what_is_not_real_or_is_set_is_masked(parameters, spectra):
    X = (spectra - spectra.min()) / np.ptp(spectra)
    if parameters.pop("sparse", False):
        X = sparse.csr_matrix(np.where(X > 0.3, X, 0.0))
    ae = DenoisingAE(8, **parameters, **SETTINGS).fit(X)
    masked = DenoisingAE(8, **{**parameters, "corruption": "masking", "noise_level": 0.25}, **SETTINGS).fit(X)
    assert (ae.corruption_, ae.noise_level_) == ("masking", 0.25)
    np.testing.assert_array_equal(ae.coefs_[0], masked.coefs_[0])


def test_the_first_chunk_decides(spectra, tmp_path):
    ae = DenoisingAE(8, random_state=0).partial_fit(spectra[:100])
    level = ae.noise_level_
    ae.partial_fit(10.0 * spectra[100:])
    assert (ae.corruption_, ae.noise_level_) == ("gaussian", level)
    loaded = skae.load(skae.save(ae, tmp_path / "ae.skae") or tmp_path / "ae.skae")
    assert (loaded.corruption_, loaded.noise_level_) == ("gaussian", level)
    other = clone(ae).set_params(corruption="masking").partial_fit(spectra)
    assert other.noise_level_ == 0.25


def test_rows_that_do_not_vary_have_no_noise():
    ae = DenoisingAE(2, **SETTINGS).fit(np.full((20, 5), 3.0))
    assert ae.noise_level_ == 0.0


@compiled
def test_defaults_denoise_better_than_pca(spectra, rng):
    clean, new = spectra[:300], spectra[300:]
    noisy = new + 0.2 * rng.standard_normal(new.shape)
    pcas = [PCA(k).fit(clean) for k in range(1, 31)]
    best = min(np.square(pca.inverse_transform(pca.transform(noisy)) - new).mean() for pca in pcas)
    ae = DenoisingAE(24, random_state=0).fit(clean)
    assert np.square(ae.reconstruct(noisy) - new).mean() < best


@pytest.mark.parametrize("width, found", [("auto", 5), (None, 5), (12, 12), (0.95, 12)])
def test_directions_of_noise_alone_are_not_counted_in_the_width(width, found, rng):
    signal = rng.standard_normal((400, 5)) @ np.linalg.qr(rng.standard_normal((40, 5)))[0].T
    noisy = 2.0 * signal + 0.3 * rng.standard_normal((400, 40))
    ae = DenoisingAE(width, corruption="gaussian", noise_level=0.3, max_iter=2, random_state=0)
    width = ae.fit(noisy).coefs_[0].shape[1]
    assert width == found if found == 5 else width >= found


@pytest.mark.parametrize("level, same", [(0.03, False), (0.09, True), (0.1, True), (0.12, True), (0.3, False)])
def test_the_width_of_rows_with_noise_of_the_level_that_is_set(level, same, rng):
    # One direction has 95 % of the variance.
    signal = rng.standard_normal((400, 5)) * [20.0, 2.0, 2.0, 2.0, 2.0]
    noisy = signal @ np.linalg.qr(rng.standard_normal((60, 5)))[0].T + 0.1 * rng.standard_normal((400, 60))
    ae = DenoisingAE(corruption="gaussian", noise_level=level, max_iter=1, random_state=0).fit(noisy)
    assert ae.coefs_[0].shape[1] == (5 if same else 1)


@compiled
@pytest.mark.parametrize("settings", [{}, {"corruption": "gaussian", "noise_level": 0.2}], ids=["found", "known"])
def test_defaults_restore_noisy_spectra_better_than_the_best_pca(settings, rng):
    places = np.array([30, 70, 100, 130, 170]) + rng.uniform(-8, 8, (600, 5))
    peaks = np.exp(-0.5 * ((np.arange(200) - places[..., None]) / 5.0) ** 2)
    clean = (rng.uniform(0.5, 1.5, (600, 5))[..., None] * peaks).sum(axis=1)
    noisy = clean + 0.2 * rng.standard_normal(clean.shape)
    ae = DenoisingAE(**settings, random_state=0).fit(noisy)
    best = min(
        np.square(PCA(k).fit_transform(noisy) @ PCA(k).fit(noisy).components_ + noisy.mean(axis=0) - clean).mean()
        for k in range(8, 32)
    )
    assert np.square(ae.reconstruct(noisy) - clean).mean() < best


# Noise and width that the rows show.


def noisy_rows(rng, n_rows=300, n_features=80, noise=0.5):
    """Rows that vary along four directions, and noise in every column."""
    signal = rng.standard_normal((n_rows, 4)) @ (3.0 * np.linalg.qr(rng.standard_normal((n_features, 4)))[0].T)
    return 10.0 + signal + noise * rng.standard_normal((n_rows, n_features))


def found(X, width="auto", **settings):
    """Width and level of a fit."""
    ae = DenoisingAE(width, max_iter=1, random_state=0, **settings).fit(X)
    return ae.coefs_[0].shape[1], ae.noise_level_


CASES = {
    "float64": lambda X: X,
    "float32": lambda X: X.astype(np.float32),
    "a column that is the same in all rows": lambda X: np.hstack([X, np.full((len(X), 1), 3.0)]),
    "hundreds of such columns": lambda X: np.hstack([X, np.zeros((len(X), 700))]),
    "wide": lambda X: X[:90],
}


@pytest.mark.parametrize("case", CASES)
def test_width_and_noise_are_those_of_the_rows(case, rng):
    width, level = found(CASES[case](noisy_rows(rng)))
    assert (width, level) == (4, pytest.approx(0.5, rel=0.02))


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_noise_has_the_units_of_the_rows(unit, rng):
    X = noisy_rows(rng)
    (width, level), here = found(unit * X), found(X)
    assert (width, level) == (here[0], pytest.approx(unit * here[1], rel=1e-9))


def test_noise_of_rows_with_weights_and_of_those_without_gaps(rng):
    X, weights = noisy_rows(rng), np.arange(300) % 3
    ae = DenoisingAE(max_iter=1, random_state=0).fit(X, sample_weight=weights)
    alone = found(X[weights > 0])
    assert (ae.coefs_[0].shape[1], ae.noise_level_) == (4, alone[1])
    # As rows with gaps are filled by the means of the columns, they say nothing of noise.
    gaps = X.copy()
    gaps[::2, 3:9] = np.nan
    assert found(gaps, missing_values="mask") == (4, found(X[1::2])[1])
    gaps[:, 0] = np.nan
    spread = np.sqrt(np.nanvar(gaps[:, 1:], axis=0).sum() / gaps.shape[1])
    assert found(gaps, missing_values="mask")[1] == pytest.approx(0.4 * spread)


def test_columns_that_are_hardly_related_are_no_noise(rng):
    shared = 0.4 * rng.standard_normal((400, 3)) @ rng.standard_normal((3, 60))
    assert found(shared + rng.standard_normal((400, 60)))[0] > 20


def test_noise_of_the_first_chunk_stays(rng):
    X = noisy_rows(rng)
    ae = DenoisingAE(random_state=0).partial_fit(X[:200])
    shown = ae.coefs_[0].shape[1], ae.noise_level_
    ae.partial_fit(3.0 * X[200:])
    assert (ae.coefs_[0].shape[1], ae.noise_level_) == shown == (4, pytest.approx(0.5, rel=0.02))


def test_what_is_set_has_no_part_in_what_the_rows_show(rng):
    X, clearer = noisy_rows(rng), noisy_rows(rng, noise=0.1)
    assert found(X, 7) == (7, pytest.approx(0.5, rel=0.02))
    assert found(clearer) == (4, pytest.approx(0.1, rel=0.02))
    assert found(clearer, 7) == (7, pytest.approx(0.1, rel=0.02))
    # A width that is set may be more than the rows vary along, and partial_fit does not confine it: its noise is no
    # less than elsewhere.
    ae = DenoisingAE(7, random_state=0).partial_fit(clearer)
    assert ae.noise_level_ == pytest.approx(0.4 * np.sqrt(clearer.var(axis=0).mean()))
    assert found(X, corruption="masking")[1] == 0.25
    assert found(X, noise_level=0.0, corruption="gaussian")[1] == 0.0


# Directions in which rows show nothing but noise.


def principal(X, count=4):
    """Mean, and projection on the first principal directions."""
    directions = PCA(count).fit(X).components_
    return X.mean(axis=0), directions.T @ directions


SHORT = {"max_iter": 3, "random_state": 0}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dtype": np.float32},
        {"init": "glorot"},
        {"hidden_layer_sizes": (12,), "activation": "tanh"},
        {"solver": "kfac"},
        {"early_stopping": True},
        {"cls": SparseAE, "corruption": "gaussian", "noise_level": "auto"},
        {"cls": ContractiveAE, "corruption": "gaussian", "noise_level": "auto"},
    ],
    ids=lambda settings: "-".join(settings) or "nothing set",
)
def test_a_fit_does_not_make_what_is_noise_and_leaves_the_code(settings, rng, monkeypatch):
    settings = dict(settings)
    cls, dtype = settings.pop("cls", DenoisingAE), settings.pop("dtype", np.float64)
    X = noisy_rows(rng).astype(dtype)
    ae = cls(9, **settings, **SHORT).fit(X)
    assert ae.noise_level_ == pytest.approx(0.5, rel=0.02)
    mean, projection = principal(X)
    monkeypatch.setattr(Network, "confine_output", lambda *arguments: None)
    free = cls(9, **settings, **SHORT).fit(X)
    np.testing.assert_array_equal(ae.transform(X), free.transform(X))
    expected = mean + (free.reconstruct(X) - mean) @ projection
    np.testing.assert_allclose(ae.reconstruct(X), expected, atol=1e-9 if dtype == np.float64 else 1e-3)
    assert np.abs(ae.reconstruct(X) - free.reconstruct(X)).max() > 1e-2


@pytest.mark.parametrize(
    "settings",
    [
        {"corruption": "gaussian", "noise_level": 0.5},
        {"corruption": "masking"},
        {"tied_weights": True},
        {"output_activation": "tanh", "corruption": "gaussian"},
        {"cls": AutoencoderTransformer},
        {"cls": SparseAE, "sparsity": "topk", "unit_norm": True, "corruption": "gaussian", "noise_level": "auto"},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_other_outputs_are_not_confined(settings, rng, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("was confined")

    monkeypatch.setattr(Network, "confine_output", refuse)
    settings = dict(settings)
    cls, X = settings.pop("cls", DenoisingAE), noisy_rows(rng)
    cls(9, **settings, **SHORT).fit(X - X.mean(axis=0))


def test_neither_are_those_of_partial_fit_and_of_rows_of_noise_or_of_one_direction_too_many(rng, monkeypatch):
    X, outputs = noisy_rows(rng), []
    monkeypatch.setattr(Network, "confine_output", lambda *arguments: outputs.append(arguments))
    DenoisingAE(9, **SHORT).partial_fit(X)
    DenoisingAE(9, **SHORT).fit(rng.standard_normal(X.shape))
    assert directions_above_noise(X, np.ones(300), 0.5, 4) is None
    assert directions_above_noise(X, np.ones(300), 50.0, 5) is None
    assert directions_above_noise(1e200 * X, np.ones(300), 5e199, 5) is None
    assert directions_above_noise(X, np.ones(300), 0.5, 5).shape == (80, 4) and outputs == []


def test_numbers_that_overflow_diverge_as_ever(rng):
    with pytest.raises(ValueError, match="cale the columns"):
        DenoisingAE(9, **SHORT).fit(noisy_rows(rng) * 1e200)


class Stop(Callback):
    """Ends a training after three epochs."""

    def __init__(self, error):
        self.error = error

    def end(self, epoch, loss, validation_loss):
        if epoch == 3 and self.error:
            raise self.error
        return epoch == 3


@pytest.mark.parametrize("settings", [{}, {"solver": "kfac"}, {"early_stopping": True}, {"solver": "sgd"}])
@pytest.mark.parametrize("error", [None, KeyboardInterrupt()], ids=["stopped", "interrupted"])
def test_a_fit_that_is_cut_short_goes_on_as_if_it_were_not(settings, error, rng):
    X = noisy_rows(rng)
    whole = DenoisingAE(9, max_iter=6, tol=0.0, random_state=0, **settings).fit(X)
    ae = DenoisingAE(9, max_iter=6, tol=0.0, random_state=0, warm_start=True, **settings)
    with pytest.raises(KeyboardInterrupt) if error else contextlib.nullcontext(), use_callback(lambda *_: Stop(error)):
        ae.fit(X)
    assert len(ae.loss_curve_) == 3
    mean, projection = principal(X)
    made = ae.reconstruct(X) - mean
    np.testing.assert_allclose(made, made @ projection, atol=1e-9)
    ae.fit(X)
    np.testing.assert_array_equal(ae.loss_curve_, whole.loss_curve_)
    np.testing.assert_array_equal(ae.reconstruct(X), whole.reconstruct(X))


def test_a_fit_that_goes_on_is_confined_at_its_end(rng):
    X = noisy_rows(rng)
    mean, projection = principal(X)
    for begin in (DenoisingAE.fit, DenoisingAE.partial_fit):
        ae = begin(DenoisingAE(9, warm_start=True, **SHORT), X).fit(X)
        made = ae.reconstruct(X) - mean
        np.testing.assert_allclose(made, made @ projection, atol=1e-9)


def test_directions_are_those_of_rows_with_weights_and_without_gaps(rng):
    X, weights = noisy_rows(rng), np.arange(300) % 3
    gaps = X.copy()
    gaps[::2, 3:9] = np.nan
    cases = [
        (np.repeat(X, weights, axis=0), DenoisingAE(9, **SHORT).fit(X, sample_weight=weights)),
        (X[1::2], DenoisingAE(9, missing_values="mask", **SHORT).fit(gaps)),
    ]
    for rows, ae in cases:
        mean, projection = principal(rows)
        made = ae.reconstruct(X) - mean
        np.testing.assert_allclose(made, made @ projection, atol=1e-9)


@pytest.mark.parametrize("width, found_level", [("auto", False), (9, True)])
def test_a_width_that_is_set_takes_more_noise_for_such(width, found_level, rng):
    X = noisy_rows(rng, n_rows=400, noise=1.15)
    level = DenoisingAE(width, **SHORT).fit(X).noise_level_
    assert 0.8 < 1.15 / X.std(axis=0).mean() < 0.9
    assert (level == pytest.approx(1.15, rel=0.02)) == found_level


@compiled
@pytest.mark.parametrize("width", [16, 32, 64])
@pytest.mark.parametrize("noise", [0.1, 0.2])
def test_a_width_that_is_set_restores_spectra_better_than_the_best_pca(width, noise, rng):
    at = np.arange(200) - np.linspace(15, 185, 9)[:, None]
    clean = rng.uniform(0, 1, (500, 9)) @ np.exp(-0.5 * (at / rng.uniform(3, 8, (9, 1))) ** 2)
    noisy = clean + noise * rng.standard_normal(clean.shape)
    pcas = [PCA(k).fit(noisy) for k in range(4, 20)]
    best = min(np.square(pca.inverse_transform(pca.transform(noisy)) - clean).mean() for pca in pcas)
    ae = DenoisingAE(width, max_iter=60, random_state=0).fit(noisy)
    assert np.square(ae.reconstruct(noisy) - clean).mean() < best
