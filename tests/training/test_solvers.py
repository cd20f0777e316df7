"""Solvers: the stopping rule, the schedule, mini-batches against loops by hand, and L-BFGS against SciPy's."""

import copy
import math
import warnings

import numpy as np
import oracle
import pytest
from scipy.optimize import minimize

from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.losses import LOSSES
from skae.kernels.optimizers import OPTIMIZERS, Optimizer
from skae.network.architecture import Architecture
from skae.network.coordinates import CentredCoordinates
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.kl_sparsity import KLSparsity
from skae.objective.l2 import L2
from skae.objective.noise import Noise
from skae.objective.objective import Objective
from skae.rows.sample import Sample
from skae.training import descent
from skae.training.callbacks import Callback
from skae.training.config import TrainingConfig
from skae.training.descent import minibatch, run_epoch
from skae.training.divergence import DivergenceError
from skae.training.solvers import SOLVERS
from skae.training.state import FitProgress, TrainingState, fixed_seed
from skae.training.stopping import StoppingRule

N_ROWS, N_FEATURES = 23, 5
RATES = {"adam": 0.02, "sgd": 0.05}


def rows(seed=51):
    return np.random.default_rng(seed).uniform(0, 1, (N_ROWS, N_FEATURES))


def objective(noisy=False, sparse=True, activation="logistic", alpha=0.01, seed=52):
    """A small objective with KL and L2, at a random start."""
    architecture = Architecture((N_FEATURES, 3), activation, "identity", False)
    network = Network(architecture, initial_parameters(architecture, np.random.default_rng(seed), np.float64))
    X = rows()
    noise = Noise(CORRUPTIONS["masking"], 0.3, X.min(axis=0), X.max(axis=0)) if noisy else None
    return Objective(network, LOSSES["squared_error"], [L2(alpha)] + [KLSparsity(0.1, 0.2)] * sparse, noise)


def state(seed=53):
    return TrainingState(*(np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(2)))


class Listener(Callback):
    """Hands every epoch to a function."""

    def __init__(self, function):
        self.end = function


# The stopping rule.


@pytest.mark.parametrize(
    "tol, patience, values, stops_at",
    [
        (0.0, 2, [3.0, 2.0, 1.0, 0.5], None),
        (0.0, 2, [3.0, 3.0, 3.0], 3),
        (0.0, 1, [3.0, 3.0], 2),
        (0.1, 2, [10.0, 9.5, 9.1], 3),
        (0.1, 2, [10.0, 8.9, 8.5, 7.6], None),
        (0.1, 2, [10.0, 8.9, 8.5, 8.0], 4),
        (0.1, 2, [10.0, 9.5, 8.0, 7.9, 7.8], 5),
        (0.1, 2, [10.0, 11.0, 8.9, 12.0, 12.0], 5),
        (0.0, 3, [1.0, math.nan, math.nan, math.nan], 4),
        (0.0, 2, [math.inf, 5.0, 4.0], None),
    ],
)
def test_stopping_rule(tol, patience, values, stops_at):
    rule, progress = StoppingRule(tol, patience), FitProgress()
    met = [rule.update(progress, value) for value in values]
    assert met == [number == stops_at for number in range(1, len(values) + 1)]


def test_stopping_rule_compares_with_the_best_before():
    rule, progress = StoppingRule(0.1, 5), FitProgress()
    for value, n_no_improvement in ((10.0, 0), (9.5, 1), (9.1, 2), (8.1, 0), (20.0, 1), (7.5, 2), (6.0, 0)):
        rule.update(progress, value)
        assert progress.n_no_improvement == n_no_improvement
    assert progress.best == 6.0


# The schedule.


def test_constant_rate():
    schedule = TrainingConfig(learning_rate_init=0.3, max_iter=4)
    assert [schedule.rate(epoch) for epoch in range(6)] == [0.3] * 6


def test_cosine_rate():
    schedule = TrainingConfig(learning_rate_init=0.3, learning_rate="cosine", max_iter=6)
    got = [schedule.rate(epoch) for epoch in (0, 2, 3, 4, 6, 9)]
    np.testing.assert_allclose(got, [0.3, 0.225, 0.15, 0.075, 0.0, 0.0], atol=1e-16)


def test_plateau_rate():
    schedule = TrainingConfig(learning_rate_init=0.3, learning_rate="plateau", max_iter=6)
    got = [schedule.rate(epoch, cuts) for epoch in (0, 5) for cuts in range(4)]
    np.testing.assert_allclose(got, [0.3, 0.06, 0.012, 0.0024] * 2, rtol=1e-14)


@pytest.mark.parametrize(
    "warmup_epochs, epochs, factor",
    [(0, 0.01, 1.0), (4, 1.0, 0.25), (4, 3.5, 0.875), (4, 4.0, 1.0), (4, 9.0, 1.0), (0.5, 0.25, 0.5), (2.5, 2.5, 1.0)],
)
def test_warmth(warmup_epochs, epochs, factor):
    assert TrainingConfig(warmup_epochs=warmup_epochs).warmup_factor(epochs) == factor


def noting(rates):
    """An update that does nothing but note its rate."""
    return Optimizer("noting", lambda theta, grad, memory, rate, t: rates.append(rate), 1)


@pytest.mark.parametrize("learning_rate", ["constant", "cosine"])
@pytest.mark.parametrize("warmup_epochs", [0, 0.3, 1, 2.5, 100])
def test_warm_up_by_the_step(warmup_epochs, learning_rate):
    # Batches of 10, 10 and 3 rows: t is a number of epochs, of rows seen and not of steps.
    schedule = TrainingConfig(
        0.5, learning_rate, batch_size=10, max_iter=4, tol=0.0, n_iter_no_change=99, warmup_epochs=warmup_epochs
    )
    rates = []
    minibatch(objective(), Sample.of(rows()), schedule, state(), optimizer=noting(rates))
    expected = []
    for epoch in range(4):
        falling = 0.5 * (1 + math.cos(math.pi * epoch / 4)) if learning_rate == "cosine" else 1.0
        for seen in (10, 20, 23):
            t = epoch + seen / 23
            expected.append(0.5 * falling * (min(t / warmup_epochs, 1.0) if warmup_epochs else 1.0))
    np.testing.assert_allclose(rates, expected, rtol=1e-14)


@pytest.mark.parametrize("gathered_bytes", [1, 9 * N_FEATURES * 8], ids=["batch", "between"])
def test_warm_up_does_not_depend_on_what_is_read_at_once(gathered_bytes, monkeypatch):
    schedule = TrainingConfig(0.5, batch_size=4, max_iter=2, tol=0.0, warmup_epochs=3)
    expected, rates = [], []
    minibatch(objective(), Sample.of(rows()), schedule, state(), optimizer=noting(expected))
    monkeypatch.setattr(descent, "_GATHER_BYTES", gathered_bytes)
    minibatch(objective(), Sample.of(rows()), schedule, state(), optimizer=noting(rates))
    assert rates == expected and len(set(rates)) == 12


def test_warm_up_is_of_the_training_and_not_of_the_fit():
    schedule, training = TrainingConfig(0.5, batch_size=23, max_iter=2, tol=0.0, warmup_epochs=3), state()
    rates = []
    for _ in range(2):
        minibatch(objective(), Sample.of(rows()), schedule, training, optimizer=noting(rates))
    np.testing.assert_allclose(rates, [0.5 / 3, 1 / 3, 0.5, 0.5], rtol=1e-14)


def test_warm_up_may_be_left_out():
    rates, training = [], state()
    update = noting(rates)
    training.prepare_optimizer(update, objective().network.theta)
    run_epoch(objective(), Sample.of(rows()), TrainingConfig(0.5, batch_size=8, warmup_epochs=9), update, training)
    assert rates == [0.5] * 3


@pytest.mark.parametrize("patience", [1, 3])
def test_a_plateau_cuts_the_rate_thrice_and_then_ends_the_training(patience):
    schedule = TrainingConfig(
        0.5, "plateau", batch_size=23, max_iter=99, tol=0.01, n_iter_no_change=patience, shuffle=False
    )
    rates = []
    result = minibatch(objective(), Sample.of(rows()), schedule, state(), optimizer=noting(rates))
    # Nothing moves: the first value is the best, and each rate has its patience.
    expected = [0.5] * (patience + 1) + [0.1] * patience + [0.02] * patience + [0.004] * patience
    np.testing.assert_allclose(rates, expected, rtol=1e-14)
    assert result.converged and result.n_iter == len(expected) and result.state.progress is None


def test_a_plateau_of_held_rows_cuts_the_rate():
    # The loss on the training rows falls all the time, that on others rises.
    X = np.random.default_rng(56).standard_normal((10, N_FEATURES))
    train, held = Sample.of(X, rows=np.arange(4)), Sample.of(X, rows=np.arange(4, 10))
    schedule = TrainingConfig(0.05, "plateau", batch_size=4, max_iter=200, tol=0.0, n_iter_no_change=4)
    J = objective(sparse=False, activation="tanh", alpha=0.0)
    rates = []
    update = Optimizer("sgd", lambda *given: (rates.append(given[3]), OPTIMIZERS["sgd"].step(*given)), 1)
    result = minibatch(J, train, schedule, state(), held, optimizer=update)
    np.testing.assert_allclose(sorted(set(rates), reverse=True), [0.05, 0.01, 0.002, 0.0004], rtol=1e-14)
    assert rates == sorted(rates, reverse=True) and result.converged
    best = int(np.argmin(result.validation_loss_curve))
    assert J.full_value(held) == result.validation_loss_curve[best]


def test_lbfgs_has_no_rate_to_cut():
    results = [
        SOLVERS["lbfgs"].train(
            objective(),
            Sample.of(rows()),
            TrainingConfig(1e-3, kind, max_iter=500, tol=1e-2, n_iter_no_change=3),
            state(),
        )
        for kind in ("constant", "plateau")
    ]
    assert results[0].loss_curve == results[1].loss_curve and results[0].n_iter < 500


def clipped(gradient, limit):
    norm = np.sqrt(np.square(gradient).sum())
    return gradient * min(1.0, limit / norm)


@pytest.mark.parametrize("limit", [1e-3, 3.0, 1e9])
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_clipping_against_loops_by_hand(name, limit):
    X, sizes = rows(), []
    schedule = TrainingConfig(RATES[name], batch_size=4, max_iter=3, tol=0.0, max_grad_norm=limit)
    result = SOLVERS[name].train(objective(), Sample.of(X), schedule, state())
    J, training = objective(), state()
    optimiser = {"adam": oracle.Adam, "sgd": oracle.Nesterov}[name]([J.network.theta])
    order, curve = np.arange(N_ROWS), []
    for _ in range(3):
        order, total = training.shuffle_rng.permutation(order), 0.0
        for start in range(0, N_ROWS, 4):
            chosen = order[start : start + 4]
            total += len(chosen) * J.value_and_gradient(X[chosen])
            sizes.append(np.linalg.norm(J.grad))
            optimiser.step([J.network.theta], [clipped(J.grad, limit)], RATES[name])
        curve.append(total / N_ROWS)
    np.testing.assert_allclose(result.theta, J.network.theta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(result.loss_curve, curve, rtol=1e-11)
    assert limit != 3.0 or min(sizes) < limit < max(sizes)


def test_a_listener_ends_the_training():
    for name in sorted(SOLVERS):
        schedule = TrainingConfig(0.01, batch_size=8, max_iter=50, tol=0.0)
        result = SOLVERS[name].train(
            objective(), Sample.of(rows()), schedule, state(), None, Listener(lambda epoch, *_: epoch == 3)
        )
        assert (result.n_iter, result.converged, len(result.loss_curve)) == (3, True, 3)
        # It was cut short: the state knows how far it came.
        assert result.state.progress.epoch == 3


# Mini-batches.


def by_hand(J, X, schedule, training, name, weights=None):
    """The same training, written out: shuffle, cut, gradient, and the oracle's update."""
    optimiser = {"adam": oracle.Adam, "sgd": oracle.Nesterov}[name]([J.network.theta])
    order, curve, steps = np.arange(len(X)), [], 0
    for epoch in range(schedule.max_iter):
        if schedule.shuffle:
            order = training.shuffle_rng.permutation(order)
        total = 0.0
        for start in range(0, len(X), schedule.batch_size):
            chosen = order[start : start + schedule.batch_size]
            scale = None if weights is None else weights[chosen] / weights.mean() / len(chosen)
            total += len(chosen) * J.value_and_gradient(X[chosen], scale, training.noise_rng)
            optimiser.step([J.network.theta], [J.grad], schedule.rate(epoch))
            steps += 1
        curve.append(total / len(X))
    return J.network.theta, curve, steps


@pytest.mark.parametrize("gathered_bytes", [1, 9 * N_FEATURES * 8, 2**20], ids=["batch", "between", "all"])
@pytest.mark.parametrize("batch_size", [4, 23, 100])
@pytest.mark.parametrize("kind", ["shuffled", "in order", "weighted", "noisy", "falling"])
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_minibatch_against_loops_by_hand(name, kind, batch_size, gathered_bytes, monkeypatch):
    monkeypatch.setattr(descent, "_GATHER_BYTES", gathered_bytes)
    X = rows()
    schedule = TrainingConfig(
        learning_rate_init=RATES[name],
        learning_rate="cosine" if kind == "falling" else "constant",
        batch_size=batch_size,
        max_iter=3,
        tol=0.0,
        shuffle=kind != "in order",
    )
    weights = np.random.default_rng(54).uniform(0.2, 2, N_ROWS) if kind == "weighted" else None
    first, second = objective(kind == "noisy"), objective(kind == "noisy")
    start = first.network.theta.copy()
    result = SOLVERS[name].train(first, Sample.of(X, weights), schedule, state())
    theta, curve, steps = by_hand(second, X, schedule, state(), name, weights)
    np.testing.assert_allclose(result.theta, theta, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(result.loss_curve, curve, rtol=1e-12)
    assert np.abs(theta - start).max() > 1e-3
    assert result.theta is first.network.theta
    assert (result.n_iter, result.converged, result.validation_loss_curve) == (3, False, [])
    assert (result.state.step, result.state.epoch) == (steps, 3)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_training_continues_where_it_stood(name):
    sample = Sample.of(rows())
    # In order: the permutations of one run build on one another, and begin anew with the next.
    first, then, both = (
        TrainingConfig(RATES[name], batch_size=4, max_iter=n, tol=0.0, shuffle=False) for n in (2, 3, 5)
    )
    parted, whole = objective(noisy=True), objective(noisy=True)
    one = SOLVERS[name].train(parted, sample, first, state())
    assert (one.state.epoch, one.state.step, len(one.state.optimizer_state)) == (
        2,
        12,
        OPTIMIZERS[name].n_state_vectors,
    )
    two = SOLVERS[name].train(parted, sample, then, one.state)
    assert (two.state.epoch, two.state.step, two.n_iter) == (5, 30, 3)
    at_once = SOLVERS[name].train(whole, sample, both, state())
    np.testing.assert_array_equal(two.theta, at_once.theta)
    assert one.loss_curve + two.loss_curve == at_once.loss_curve


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_memory_starts_anew_for_another_shape(name):
    training = state()
    training.prepare_optimizer(OPTIMIZERS[name], np.zeros(4))
    assert [m.shape for m in training.optimizer_state] == [(4,)] * OPTIMIZERS[name].n_state_vectors
    training.optimizer_state[0][...] = 1.0
    training.step = 7
    training.prepare_optimizer(OPTIMIZERS[name], np.zeros(4))
    assert training.step == 7 and (training.optimizer_state[0] == 1.0).all()
    training.prepare_optimizer(OPTIMIZERS[name], np.zeros(6))
    assert training.step == 0
    assert all((m == np.zeros(6)).all() for m in training.optimizer_state)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_minibatch_stops_by_its_rule(name):
    schedule = TrainingConfig(1e-12, batch_size=8, max_iter=50, tol=1e-3, n_iter_no_change=4, shuffle=False)
    result = SOLVERS[name].train(objective(sparse=False), Sample.of(rows()), schedule, state())
    # Nothing moves: the first value is the best, and four more are not below it.
    assert (result.n_iter, result.converged, len(result.loss_curve)) == (5, True, 5)


@pytest.mark.parametrize("name", sorted(SOLVERS))
def test_the_report_sees_every_value(name):
    seen = []
    listener = Listener(lambda *values: seen.append(values))
    schedule = TrainingConfig(0.01, batch_size=8, max_iter=4, tol=0.0)
    held = Sample.of(rows(55))
    result = SOLVERS[name].train(objective(), Sample.of(rows()), schedule, state(), held, listener)
    assert seen == list(zip(range(1, 5), result.loss_curve, result.validation_loss_curve))
    seen.clear()
    result = SOLVERS[name].train(objective(), Sample.of(rows()), schedule, state(), None, listener)
    assert seen == [(number, loss, None) for number, loss in enumerate(result.loss_curve, 1)]


# Early stopping.


@pytest.mark.parametrize("noisy", [False, True], ids=["clean", "noisy"])
@pytest.mark.parametrize("name", sorted(SOLVERS))
def test_the_best_parameters_on_held_rows_are_given_back(name, noisy):
    # Few rows to train on and others to hold: the validation loss turns.
    X = np.random.default_rng(56).standard_normal((10, N_FEATURES))
    train, held = Sample.of(X, rows=np.arange(4)), Sample.of(X, rows=np.arange(4, 10))
    rate = {"adam": 0.2, "sgd": 0.05, "kfac": 0.1}.get(name, 0.0)
    schedule = TrainingConfig(rate, batch_size=2, max_iter=60, tol=0.0, n_iter_no_change=8)
    J, training = objective(noisy, sparse=False, activation="tanh", alpha=0.0), state()
    twin = copy.deepcopy(training)
    thetas = []
    result = SOLVERS[name].train(
        J, train, schedule, training, held, Listener(lambda *_: thetas.append(J.network.theta.copy()))
    )
    if name == "lbfgs":
        fixed_seed(twin.noise_rng)
    seed = fixed_seed(twin.noise_rng)
    curve = result.validation_loss_curve
    best = int(np.argmin(curve))
    assert result.converged and best < len(curve) - 1
    assert len(curve) == best + 1 + schedule.n_iter_no_change
    np.testing.assert_array_equal(result.theta, thetas[best])
    assert (result.theta != thetas[-1]).any()
    assert J.full_value(held, seed) == curve[best]


def test_held_rows_meet_the_same_noise_every_time():
    schedule = TrainingConfig(1e-300, batch_size=8, max_iter=3, tol=0.0)
    result = SOLVERS["sgd"].train(objective(True), Sample.of(rows()), schedule, state(), Sample.of(rows(57)))
    assert len(set(result.validation_loss_curve)) == 1
    # The training rows meet fresh noise.
    assert len(set(result.loss_curve)) == 3


# Divergence.


def broken(n_good):
    """An update that does nothing for some steps, and then makes a parameter infinite."""

    def step(theta, grad, memory, rate, t):
        if t > n_good:
            theta[-1] = np.inf

    return Optimizer("broken", step, 1)


@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_divergence_names_the_epoch_and_the_rate(epoch):
    schedule = TrainingConfig(0.125, "cosine", batch_size=8, max_iter=8, tol=0.0)
    # Three batches an epoch; the last one breaks, so that the loss itself is still finite.
    with pytest.raises(DivergenceError) as caught:
        minibatch(objective(), Sample.of(rows()), schedule, state(), optimizer=broken(3 * epoch - 1))
    assert f"in epoch {epoch} at learning rate {schedule.rate(epoch - 1):g}." in str(caught.value)
    assert "learning_rate_init (it was 0.125)" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_divergence_at_a_huge_rate_is_an_error_without_a_warning_before_it():
    schedule = TrainingConfig(1e10, batch_size=8, max_iter=50, tol=0.0, n_iter_no_change=50)
    J = objective(sparse=False, activation="identity")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DivergenceError, match=r"in epoch \d+ at learning rate 1e\+10\."):
            SOLVERS["sgd"].train(J, Sample.of(rows()), schedule, state())


@pytest.mark.parametrize("bias, diverges", [(10.0, False), (1e6, True)])
def test_a_finite_loss_beyond_all_measure_is_a_divergence(bias, diverges):
    def step(theta, grad, memory, rate, t):
        theta[-1] = bias

    def train():
        schedule = TrainingConfig(batch_size=8, max_iter=2, tol=0.0)
        return minibatch(objective(), Sample.of(rows()), schedule, state(), optimizer=Optimizer("biased", step, 1))

    if diverges:
        with pytest.raises(DivergenceError, match="epoch 1"):
            train()
    else:
        assert train().loss_curve[-1] == pytest.approx(bias**2, rel=0.2)


def test_divergence_of_lbfgs_names_the_iteration():
    J = objective(sparse=False, activation="identity")
    J.network.theta[...] = 1e200
    with np.errstate(all="ignore"), pytest.raises(DivergenceError, match="in iteration 1 of L-BFGS"):
        SOLVERS["lbfgs"].train(J, Sample.of(rows()), TrainingConfig(max_iter=5), state())


def test_a_loss_of_nan_is_a_divergence():
    J = objective(sparse=False, activation="identity")
    J.network.theta[0] = np.nan
    training = state()
    training.prepare_optimizer(OPTIMIZERS["sgd"], J.network.theta)
    with pytest.raises(DivergenceError, match="epoch 1"):
        run_epoch(J, Sample.of(rows()), TrainingConfig(), OPTIMIZERS["sgd"], training)


# L-BFGS.


@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
@pytest.mark.parametrize("noisy", [False, True], ids=["clean", "noisy"])
def test_lbfgs_is_scipys_on_the_flat_problem(noisy, weighted):
    weights = np.random.default_rng(58).uniform(0.2, 2, N_ROWS) if weighted else None
    sample, n_iter = Sample.of(rows(), weights), 12
    result = SOLVERS["lbfgs"].train(objective(noisy), sample, TrainingConfig(max_iter=n_iter, tol=0.0), state())
    J, seed, curve = objective(noisy), fixed_seed(state().noise_rng), []

    coordinates = CentredCoordinates(J.network, *J.mean_and_scale(sample))
    start, unit = J.network.theta.copy(), 1.0

    def flat(point):
        J.network.theta[...] = coordinates.theta(point)
        return J.full(sample, seed) / unit, coordinates.gradient(J.grad) / unit

    unit, _ = flat(start)

    expected = minimize(
        flat,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=lambda intermediate_result: curve.append(intermediate_result.fun),
        options={"maxiter": n_iter, "ftol": 0.0, "gtol": 0.0},
    )
    np.testing.assert_allclose(result.theta, coordinates.theta(expected.x), rtol=1e-12)
    np.testing.assert_allclose(result.loss_curve, unit * np.array(curve), rtol=1e-13)
    assert result.loss_curve[-1] == pytest.approx(unit * expected.fun, rel=1e-13)
    assert (result.n_iter, result.converged, result.state.epoch) == (n_iter, False, n_iter)
    assert result.loss_curve[-1] < 0.9 * result.loss_curve[0]


def test_lbfgs_descends_and_stops_by_the_relative_rule():
    tol, patience = 1e-2, 3
    schedule = TrainingConfig(max_iter=500, tol=tol, n_iter_no_change=patience)
    result = SOLVERS["lbfgs"].train(objective(), Sample.of(rows()), schedule, state())
    curve = np.array(result.loss_curve)
    assert result.converged and result.n_iter == len(curve) < 500
    assert (np.diff(curve) <= 0).all()
    assert (curve[-patience:] >= (1 - tol) * curve[-patience - 1 : -1]).all()


def test_lbfgs_at_a_minimum_stays_there():
    J = objective(sparse=False, activation="identity", alpha=0.0)
    J.network.theta[...] = 0.0
    sample = Sample.of(np.zeros((4, N_FEATURES)))
    result = SOLVERS["lbfgs"].train(J, sample, TrainingConfig(max_iter=5, tol=0.0), state())
    assert (result.theta == 0.0).all() and result.loss_curve == [0.0]
    assert result.converged and result.n_iter == 1


def test_samples_leave_out_rows_without_weight():
    weights = np.zeros(N_ROWS)
    weights[[3, 8]] = 2.0
    sample = Sample.of(rows(), weights)
    assert sample.rows.tolist() == [3, 8]
    assert sample.scales(slice(0, 2), np.float64).tolist() == [0.5, 0.5]
    assert Sample.of(rows()).scales(slice(0, 2), np.float32).tolist() == [np.float32(1 / N_ROWS)] * 2


def test_lbfgs_stops_at_a_loss_of_nothing():
    # One row is reconstructed exactly, and better with every iteration.
    J = objective(sparse=False, alpha=0.0)
    result = SOLVERS["lbfgs"].train(
        J, Sample.of(rows()[:1]), TrainingConfig(max_iter=1000, tol=0.0, n_iter_no_change=1000), state()
    )
    assert result.converged and result.n_iter < 1000
    assert 0.0 <= result.loss_curve[-1] < 1e-30
