"""Identities of the theory: PCA, shrinkage by L2, noise in expectation, the score, the contraction, KL, nesting."""

import numpy as np
import pytest
from numba import config
from scipy.linalg import subspace_angles
from settings import FIXED
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.network import Network
from skae.objective.contraction import contraction
from skae.objective.kl_sparsity import KLSparsity, kl_derivative, kl_divergence
from skae.objective.noise import Noise
from skae.objective.objective import Objective
from skae.preprocessing import PCANormalizer
from skae.rows.coordinates import inner_rows
from skae.training.solvers import SOLVERS

LINEAR = {"activation": "identity", "output_activation": "identity", "loss": "squared_error"}
# To the minimum: the rule that stops at max_iter or where no lower point is found.
EXACT = {"solver": "lbfgs", "tol": 0.0, "max_iter": 5000, "random_state": 0}


@pytest.fixture(autouse=True)
def one_blas_thread():
    """For thousands of small products more threads only wait for each other."""
    with threadpool_limits(1, user_api="blas"):
        yield


def images():
    """The digits, in [0, 16]; a part of them where the kernels are not compiled."""
    X = load_digits().data
    return X[:100] if config.DISABLE_JIT else X


def spectrum(X):
    """Singular values and principal directions (as columns) of the centred columns."""
    _, sigma, directions = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    return sigma, directions.T


def designed(sigma, n_rows=40, seed=61):
    """Centred data with these singular values, and random principal directions."""
    rng = np.random.default_rng(seed)
    left = rng.standard_normal((n_rows, len(sigma)))
    left, _ = np.linalg.qr(left - left.mean(axis=0))
    right, _ = np.linalg.qr(rng.standard_normal((len(sigma), len(sigma))))
    return left * sigma @ right.T, right


# Identity 1.


def check_pca(ae, X, k):
    """The minimum, the subspace and the projector of PCA."""
    sigma, directions = spectrum(X)
    optimum = (sigma[k:] ** 2).sum()
    error = ae.reconstruction_error(X).sum()
    assert error >= (1 - 1e-12) * optimum
    assert error <= (1 + 1e-6) * optimum
    assert ae.loss_curve_[-1] * len(X) == pytest.approx(optimum, rel=1e-6)
    encoder, decoder = ae.coefs_
    assert subspace_angles(directions[:, :k], decoder.T).max() < 1e-3
    # The map is the projector, as far as X varies in a direction.
    product, projector = encoder @ decoder, directions[:, :k] @ directions[:, :k].T
    assert np.abs((sigma / sigma[0])[:, None] * (directions.T @ (product - projector))).max() < 2e-3
    assert ae.score(X) == pytest.approx(1 - optimum / (sigma**2).sum(), abs=1e-6)


def test_linear_autoencoder_is_pca_on_digits():
    X = images() / 16
    assert X.mean() > 0.1
    # Not centred: the biases take the mean.
    check_pca(AutoencoderTransformer(10, tied_weights=True, **LINEAR, **EXACT).fit(X), X, 10)


# Untied weights take twenty times as many iterations.
@pytest.mark.parametrize("tied", [True] if config.DISABLE_JIT else [True, pytest.param(False, marks=pytest.mark.slow)])
def test_linear_autoencoder_is_pca_on_normalised_digits(tied):
    X = images()
    Z = PCANormalizer().fit_transform(X)
    ae = AutoencoderTransformer(10, tied_weights=tied, **LINEAR, **EXACT).fit(Z)
    check_pca(ae, Z, 10)
    # The same subspace, and as the least error the sum of the smallest eigenvalues of the covariance.
    _, directions = spectrum(X)
    assert subspace_angles(directions[:, :10], ae.coefs_[1].T).max() < 1e-3
    eigenvalues = np.linalg.eigvalsh(np.cov(X.T, bias=True))[::-1]
    assert ae.reconstruction_error(Z).sum() == pytest.approx(eigenvalues[10:].sum(), rel=1e-6)


@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("k", [1, 3, 5])
def test_linear_autoencoder_is_pca_on_random_data(k, tied):
    X, _ = designed(np.array([6.0, 4.0, 3.0, 2.0, 1.5, 1.0]))
    X = X + np.arange(6.0)
    check_pca(AutoencoderTransformer(k, tied_weights=tied, **LINEAR, **EXACT).fit(X), X, k)


@pytest.mark.parametrize("k", [4, 7])
def test_with_enough_components_the_reconstruction_is_exact(k):
    X, _ = designed(np.array([3.0, 2.0, 1.5, 1.0]))
    assert AutoencoderTransformer(k, **LINEAR, **EXACT).fit(X).reconstruction_error(X).max() < 1e-9


# Identity 2.


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
def test_l2_shrinks_the_singular_values(tied, k):
    sigma = np.array([4.0, 3.0, 2.2, 1.6, 0.7, 0.5])
    X, directions = designed(sigma)
    m, alpha = len(X), 0.025
    shrinkage = m * alpha / 2 if tied else m * alpha
    # With five components the last lies below the threshold.
    assert sigma[3] ** 2 > shrinkage > sigma[4] ** 2 or tied
    ae = AutoencoderTransformer(k, alpha=alpha, tied_weights=tied, init="glorot", **LINEAR, **EXACT).fit(X)
    encoder, decoder = ae.coefs_
    kept = np.maximum(0.0, 1 - shrinkage / sigma[:k] ** 2)
    np.testing.assert_allclose(np.linalg.svd(decoder, compute_uv=False), np.sqrt(kept), atol=1e-4)
    np.testing.assert_allclose(encoder, decoder.T, atol=1e-4)
    expected = directions[:, :k] * kept @ directions[:, :k].T
    np.testing.assert_allclose(decoder.T @ decoder, expected, atol=1e-4)
    above = sigma[:k][sigma[:k] ** 2 > shrinkage] ** 2
    optimum = (2 * shrinkage - shrinkage**2 / above).sum() + (sigma[len(above) :] ** 2).sum()
    assert m * ae.loss_curve_[-1] == pytest.approx(optimum, rel=1e-8)


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
def test_l2_shrinks_them_in_coordinates_from_the_data_too(tied, k):
    sigma = np.array([4.0, 3.0, 2.2, 1.6, 0.7, 0.5])
    X, directions = designed(sigma)
    m, alpha = len(X), 0.025
    # Tied weights are each other's transposed up to the square of the scale, and the encoder's are counted.
    square = (sigma**2).sum() / X.size if tied else 1.0
    shrinkage = m * alpha / 2 / square if tied else m * alpha
    ae = AutoencoderTransformer(k, alpha=alpha, tied_weights=tied, **LINEAR, **EXACT).fit(X + np.arange(6.0))
    assert ae._fitted.network.coordinates is not None
    encoder, decoder = ae.coefs_
    kept = np.maximum(0.0, 1 - shrinkage / sigma[:k] ** 2)
    np.testing.assert_allclose(encoder * square, decoder.T, atol=1e-4)
    expected = directions[:, :k] * kept @ directions[:, :k].T
    np.testing.assert_allclose(encoder @ decoder, expected, atol=1e-4)
    above = sigma[:k][sigma[:k] ** 2 > shrinkage] ** 2
    optimum = (2 * shrinkage - shrinkage**2 / above).sum() + (sigma[len(above) :] ** 2).sum()
    assert m * ae.loss_curve_[-1] == pytest.approx(optimum, rel=1e-8)


def test_l2_above_every_squared_singular_value_leaves_nothing():
    X, _ = designed(np.array([1.0, 0.8, 0.5]))
    ae = AutoencoderTransformer(2, alpha=1.0, **LINEAR, **EXACT).fit(X)
    assert max(np.abs(w).max() for w in ae.coefs_) < 1e-4
    assert ae.loss_curve_[-1] == pytest.approx((X**2).sum() / len(X), rel=1e-8)


# Identities 3 and 4: linear, without biases, as means over draws.

N_DRAWS = 400 if config.DISABLE_JIT else 4000


def linear_objective(X, encoder, decoder, corruption, level):
    """The objective of x_hat = x encoder decoder under noise."""
    n, k = encoder.shape
    architecture = Architecture((n, k), "identity", "identity", False)
    theta = np.concatenate([encoder.ravel(), decoder.ravel(), np.zeros(k + n)])
    noise = Noise(CORRUPTIONS[corruption], level, X.min(axis=0), X.max(axis=0))
    return Objective(Network(architecture, theta), LOSSES["squared_error"], noise=noise)


def draws_of(J, X, seed):
    """Value and gradients by both weights of every draw."""
    rng = np.random.default_rng(seed)
    n_weights = sum(w.size for w in J.network.weights)
    out = [(J.value_and_gradient(X, rng=rng), J.grad[:n_weights].copy()) for _ in range(N_DRAWS)]
    return np.array([value for value, _ in out]), np.array([grad for _, grad in out])


def agrees(draws, expected):
    """Whether the mean of the draws is within five standard errors of its expectation, in every coordinate."""
    error = draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
    return (np.abs(draws.mean(axis=0) - expected) <= 5 * error + 1e-12).all()


def weights_of(seed, n=4, k=3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, k)) / 2, rng.standard_normal((k, n)) / 2


@pytest.mark.parametrize("s", [0.3, 1.0])
def test_gaussian_noise_adds_the_norm_of_the_map(s):
    X, _ = designed(np.array([3.0, 2.0, 1.5, 1.0]), n_rows=10)
    encoder, decoder = weights_of(62)
    M = encoder @ decoder
    values, gradients = draws_of(linear_objective(X, encoder, decoder, "gaussian", s), X, 63)
    clean = ((X - X @ M) ** 2).sum() / len(X)
    assert agrees(values, clean + s**2 * (M**2).sum())
    assert not agrees(values, clean)
    # The gradient by M of ||X - X M||^2 / m + s^2 ||M||^2, handed to both factors.
    by_map = 2 * (X.T @ (X @ M - X) / len(X) + s**2 * M)
    assert agrees(gradients, np.concatenate([(by_map @ decoder.T).ravel(), (encoder.T @ by_map).ravel()]))


def masked_moments(X, q):
    """E[x_tilde x_tilde^T] and E[x_tilde x^T], summed over rows."""
    S, p = X.T @ X, 1 - q
    Q = p**2 * S
    np.fill_diagonal(Q, p * np.diag(S))
    return Q, p * S


@pytest.mark.parametrize("q", [0.25, 0.5])
def test_masking_has_the_closed_form_as_its_optimum(q):
    X, _ = designed(np.array([3.0, 2.0, 1.5, 1.0]), n_rows=10)
    X = X + 0.5
    Q, P = masked_moments(X, q)
    # Rows times M: the transpose of M = P Q^-1, which acts on columns.
    M = np.linalg.solve(Q, P)
    encoder, decoder = M @ np.linalg.inv(np.eye(4) + 0.2), np.eye(4) + 0.2
    values, gradients = draws_of(linear_objective(X, encoder, decoder, "masking", q), X, 64)
    assert agrees(gradients, 0.0)
    assert agrees(values, (np.trace(X.T @ X) - np.trace(P.T @ M)) / len(X))
    # The best map on clean rows, the identity, is not that of masked rows.
    _, elsewhere = draws_of(linear_objective(X, np.eye(4), np.eye(4), "masking", q), X, 65)
    assert not agrees(elsewhere, 0.0)


def test_masking_in_expectation_at_any_map():
    X, _ = designed(np.array([3.0, 2.0, 1.5, 1.0]), n_rows=10)
    encoder, decoder = weights_of(66)
    (Q, P), M = masked_moments(X, 0.25), encoder @ decoder
    values, gradients = draws_of(linear_objective(X, encoder, decoder, "masking", 0.25), X, 67)
    by_map = 2 * (Q @ M - P) / len(X)
    assert agrees(gradients, np.concatenate([(by_map @ decoder.T).ravel(), (encoder.T @ by_map).ravel()]))
    assert agrees(values, (np.trace(X.T @ X) - 2 * np.trace(M.T @ P) + np.trace(M.T @ Q @ M)) / len(X))


# Identity 5.


def test_denoising_learns_the_score():
    n_rows, s = (3000, 0.8) if config.DISABLE_JIT else (30000, 0.8)
    mu = np.array([1.0, -2.0, 0.5])
    root = np.array([[1.0, 0.0, 0.0], [0.6, 0.7, 0.0], [-0.3, 0.2, 0.4]])
    sigma = root @ root.T
    normal = np.random.default_rng(68).standard_normal((n_rows, 3))
    # The moments of the sample made exact, so that only the noise is left to chance.
    normal -= normal.mean(axis=0)
    normal = normal @ np.linalg.inv(np.linalg.cholesky(normal.T @ normal / n_rows)).T
    ae = DenoisingAE(3, corruption="gaussian", noise_level=s, **LINEAR, **{**EXACT, "max_iter": 300})
    ae.fit(mu + normal @ root.T)
    x_tilde = mu + 2 * np.random.default_rng(69).standard_normal((50, 3))
    gain = sigma @ np.linalg.inv(sigma + s**2 * np.eye(3))
    expected = mu + (x_tilde - mu) @ gain.T
    # A regression's coefficients have standard errors below 1 / sqrt(n_rows) here; x_tilde - mu is about 2 long.
    tolerance = 12 / np.sqrt(n_rows)
    assert np.abs(ae.reconstruct(x_tilde) - expected).max() < tolerance
    assert np.abs(x_tilde - expected).max() > 5 * tolerance
    # (reconstruction - x_tilde) / s^2 is the score of the noisy density N(mu, Sigma + s^2 I).
    score = -(x_tilde - mu) @ np.linalg.inv(sigma + s**2 * np.eye(3))
    assert np.abs((ae.reconstruct(x_tilde) - x_tilde) / s**2 - score).max() < tolerance / s**2


# Identity 6.


@pytest.mark.parametrize("hidden", [(), (5,), (5, 6)], ids=lambda hidden: f"depth{len(hidden) + 1}")
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh"])
@pytest.mark.parametrize("start", [{}, FIXED], ids=["auto", "fixed"])
def test_contraction_is_the_squared_jacobian_and_the_limit_of_noise(start, activation, hidden):
    X = np.random.default_rng(70).standard_normal((5, 4))
    settings = {"activation": activation, "max_iter": 20, "random_state": 0, **start}
    network = ContractiveAE(3, hidden_layer_sizes=hidden, **settings).fit(X)._fitted.network
    penalty, unit = contraction(1.0, network.architecture.depth), 1.0
    if not start:
        penalty, unit = penalty.in_coordinates(network.coordinates.scale, network.architecture), network.loss_unit
    J = Objective(network, LOSSES["squared_error"])
    J.value(inner_rows(X, network.coordinates)[:])
    closed_form = unit * penalty.value(J.batch(len(X)))
    step = 1e-3
    jacobians = np.empty((len(X), 4, 3))
    for j, e in enumerate(np.eye(4)):
        up, down, up2, down2 = (network.encode(X + k * step * e) for k in (1, -1, 2, -2))
        jacobians[:, j] = (8 * (up - down) - (up2 - down2)) / (12 * step)
    norms = (jacobians**2).sum(axis=(1, 2))
    assert closed_form == pytest.approx(norms.mean(), rel=1e-8)
    s, n_draws = 1e-5, 4000
    noise = np.random.default_rng(71).standard_normal((n_draws, 4))
    for x, norm in zip(X, norms):
        moved = ((network.encode(x + s * noise) - network.encode(x[None])) ** 2).sum(axis=1) / s**2
        # e^T A e has the variance 2 ||A||_F^2 <= 2 trace(A)^2; beside chance there is a bias of first order in s.
        assert abs(moved.mean() - norm) <= (5 * np.sqrt(2 / n_draws) + 10 * s) * norm


def test_the_public_objective_holds_the_weighted_contraction():
    X = np.random.default_rng(72).standard_normal((12, 4))
    common = {
        "init": "glorot",
        "solver": "sgd",
        "learning_rate_init": 1e-12,
        "batch_size": 12,
        "max_iter": 1,
        "random_state": 0,
    }
    plain = AutoencoderTransformer(3, **common).fit(X)
    penalised = ContractiveAE(3, contraction_weight=0.7, **common).fit(X)
    a, w = plain.transform(X), plain.coefs_[0]
    norm = ((a * (1 - a)) ** 2 @ (w**2).sum(axis=0)).mean()
    assert penalised.loss_curve_[0] - plain.loss_curve_[0] == pytest.approx(0.7 * norm, rel=1e-9)


# Identity 7.


@pytest.mark.parametrize("rho", [0.01, 0.05, 0.5, 0.9])
def test_kl_is_zero_and_flat_exactly_at_its_target(rho):
    assert kl_divergence(rho, rho) == 0.0
    assert abs(kl_derivative(rho, rho)) < 1e-14
    for mean in np.linspace(0.005, 0.995, 34):
        if abs(mean - rho) > 1e-3:
            assert kl_divergence(rho, mean) > 0
            assert np.sign(kl_derivative(rho, mean)) == np.sign(mean - rho)


@pytest.mark.parametrize("rho", [0.05, 0.5])
def test_kl_term_is_zero_and_flat_where_all_units_meet_the_target(rho):
    architecture = Architecture((4, 3), "logistic", "identity", False)
    network = Network(architecture, np.zeros(architecture.n_parameters))
    network.biases[0][...] = np.log(rho / (1 - rho))
    X = np.random.default_rng(73).standard_normal((6, 4))
    plain, sparse = (
        Objective(network, LOSSES["squared_error"], penalties) for penalties in ([], [KLSparsity(1.0, rho)])
    )
    assert sparse.value_and_gradient(X) - plain.value_and_gradient(X) == pytest.approx(0.0, abs=1e-14)
    np.testing.assert_allclose(sparse.grad, plain.grad, atol=1e-14)
    network.biases[0][...] += 0.1
    assert sparse.value_and_gradient(X) - plain.value_and_gradient(X) > 1e-5
    assert np.abs(sparse.grad - plain.grad).max() > 1e-4


# Identity 8.

NESTED = {
    **{f"denoising {name}": (DenoisingAE, "noise_level", {"corruption": name}) for name in sorted(CORRUPTIONS)},
    "sparse": (SparseAE, "sparsity_weight", {}),
    "contractive": (ContractiveAE, "contraction_weight", {}),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", sorted(SOLVERS))
@pytest.mark.parametrize("case", sorted(NESTED))
def test_without_its_term_every_estimator_is_the_plain_one(case, solver, dtype):
    cls, strength, own = NESTED[case]
    X = np.random.default_rng(74).uniform(0, 1, (30, 5)).astype(dtype)
    common = {"hidden_layer_sizes": (4,), "solver": solver, "max_iter": 5, "batch_size": 8, "random_state": 3}
    common |= {"early_stopping": True, "validation_fraction": 0.2}
    plain = AutoencoderTransformer(3, **common).fit(X)
    nested = cls(3, **{strength: 0.0}, **own, **common).fit(X)
    for one, other in zip(plain.coefs_ + plain.intercepts_, nested.coefs_ + nested.intercepts_, strict=True):
        np.testing.assert_array_equal(one, other)
    assert plain.loss_curve_ == nested.loss_curve_
    assert plain.validation_loss_curve_ == nested.validation_loss_curve_
    active = cls(3, **{strength: 0.5}, **own, **common).fit(X)
    assert any((one != other).any() for one, other in zip(plain.coefs_, active.coefs_))
