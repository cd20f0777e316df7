"""Annealed learning rates: the schedule by steps, the end of the budget, and going on after an interrupt."""

import copy

import numpy as np
import pytest

from skae.kernels.losses import LOSSES
from skae.kernels.optimizers import OPTIMIZERS, Optimizer
from skae.network.architecture import Architecture
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.objective import Objective
from skae.rows.sample import Sample
from skae.training import descent
from skae.training.budget import batch_size_auto, max_iter_auto
from skae.training.config import TrainingConfig
from skae.training.descent import minibatch, run_epoch
from skae.training.state import TrainingState

N_ROWS = 23


def rows(seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (N_ROWS, 5))


def objective():
    architecture = Architecture((5, 3), "logistic", "identity", False)
    network = Network(architecture, initial_parameters(architecture, np.random.default_rng(1), np.float64))
    return Objective(network, LOSSES["squared_error"])


def state():
    return TrainingState(np.random.default_rng(2), np.random.default_rng(3))


def config(**parameters):
    settings = {"learning_rate_init": 0.5, "learning_rate": "annealed", "batch_size": 10, "max_iter": 10, "tol": 0.0}
    return TrainingConfig(**{**settings, **parameters})


def noting(rates):
    """An update that does nothing but note its rate."""
    return Optimizer("noting", lambda theta, grad, memory, rate, t: rates.append(rate), 1)


def expected_rates(n_steps, peak=0.5):
    middle = (np.arange(n_steps) + 0.5) / n_steps
    falling = peak * np.cos(np.pi / 2 * (middle - 0.05) / 0.95) ** 2
    return np.where(middle < 0.05, peak * middle / 0.05, falling)


@pytest.mark.parametrize("max_iter, batch_size", [(10, 10), (40, 4), (1, 23), (1, 1), (7, 99)])
def test_the_rate_of_every_step(max_iter, batch_size):
    rates = []
    settings = config(max_iter=max_iter, batch_size=batch_size)
    minibatch(objective(), Sample.of(rows()), settings, state(), optimizer=noting(rates))
    expected = expected_rates(max_iter * -(-N_ROWS // min(batch_size, N_ROWS)))
    np.testing.assert_allclose(rates, expected, rtol=1e-10)


def test_the_rate_does_not_depend_on_what_is_read_at_once(monkeypatch):
    monkeypatch.setattr(descent, "_GATHER_BYTES", 1)
    rates = []
    minibatch(objective(), Sample.of(rows()), config(), state(), optimizer=noting(rates))
    np.testing.assert_allclose(rates, expected_rates(30), rtol=1e-10)


def test_parts_of_an_epoch_anneal_as_the_whole():
    # As partitions on several machines do: the second half of epoch 3 of 10.
    rates, training = [], state()
    J, settings, optimizer = objective(), config(batch_size=23), noting(rates)
    training.prepare_optimizer(optimizer, J.network.theta)
    run_epoch(J, Sample.of(rows()), settings, optimizer, training, settings.rate(3), passed=0.5, share=0.5)
    np.testing.assert_allclose(rates, 0.5 * np.cos(np.pi / 2 * (0.375 - 0.05) / 0.95) ** 2, rtol=1e-10)


def test_a_pass_of_its_own_has_a_constant_rate():
    rates, training, J = [], state(), objective()
    training.prepare_optimizer(noting(rates), J.network.theta)
    run_epoch(J, Sample.of(rows()), config(), noting(rates), training)
    assert rates == [0.5] * 3


def test_every_fit_is_annealed_anew():
    rates, training, J = [], state(), objective()
    for _ in range(2):
        minibatch(J, Sample.of(rows()), config(), training, optimizer=noting(rates))
    np.testing.assert_allclose(rates, np.tile(expected_rates(30), 2), rtol=1e-10)


@pytest.mark.parametrize("learning_rate, n_iter, converged", [("annealed", 10, True), ("constant", 3, True)])
def test_the_whole_budget_is_used_and_its_end_is_convergence(learning_rate, n_iter, converged):
    # No parameter changes, so that any rule of tol is met at once.
    settings = config(learning_rate=learning_rate, tol=0.5, n_iter_no_change=2)
    result = minibatch(objective(), Sample.of(rows()), settings, state(), optimizer=noting([]))
    assert (result.n_iter, result.converged) == (n_iter, converged)


def test_a_constant_rate_does_not_converge_by_its_budget():
    settings = config(learning_rate="constant", n_iter_no_change=99)
    assert not minibatch(objective(), Sample.of(rows()), settings, state(), optimizer=noting([])).converged


@pytest.mark.parametrize("patience, n_iter", [(2, 3), (99, 10)])
def test_with_rows_held_out_the_rule_stops_it(patience, n_iter):
    settings = config(tol=0.5, n_iter_no_change=patience)
    held = Sample.of(rows(9))
    result = minibatch(objective(), Sample.of(rows()), settings, state(), held, optimizer=noting([]))
    assert (result.n_iter, result.converged) == (n_iter, True)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_going_on_after_an_interrupt_is_the_whole_training(solver, monkeypatch):
    settings, X, optimizer = config(keep_epochs=True, learning_rate_init=0.02), rows(), OPTIMIZERS[solver]
    whole = minibatch(objective(), Sample.of(X), settings, state(), optimizer=optimizer)
    J, calls = objective(), []

    def cut(*args, **options):
        calls.append(None)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return run_epoch(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(descent, "run_epoch", cut)
        part = minibatch(J, Sample.of(X), settings, state(), optimizer=optimizer)
    assert isinstance(part.interrupt, KeyboardInterrupt) and part.n_iter == 4 and not part.converged
    rest = minibatch(J, Sample.of(X), settings, copy.deepcopy(part.state), optimizer=optimizer)
    assert part.loss_curve + rest.loss_curve == whole.loss_curve
    assert rest.theta.tobytes() == whole.theta.tobytes() and rest.converged


@pytest.mark.parametrize(
    "n_rows, batch_size, max_iter",
    [(1, 1, 400), (20, 20, 400), (31, 31, 400), (150, 32, 400), (569, 32, 338), (4000, 32, 48), (10000, 64, 39)]
    + [(20000, 128, 39), (60000, 256, 26), (10**7, 256, 20)],
)
def test_batches_and_epochs_by_the_number_of_rows(n_rows, batch_size, max_iter):
    assert batch_size_auto(n_rows) == batch_size
    assert max_iter_auto(n_rows, batch_size) == max_iter


@pytest.mark.parametrize(
    "n_rows, batch_size, max_iter", [(1, 1, 300), (100, 100, 300), (1797, 128, 22), (20_000, 512, 10), (10**6, 512, 10)]
)
def test_budget_of_few_steps(n_rows, batch_size, max_iter):
    assert batch_size_auto(n_rows, 300) == batch_size
    assert max_iter_auto(n_rows, batch_size, 300) == max_iter


@pytest.mark.parametrize("entries, max_iter", [(100.0, 143), (10.0, 143), (5.0, 72), (3.0, 43), (0.5, 43)])
def test_fewer_epochs_with_few_entries_for_each_parameter(entries, max_iter):
    assert max_iter_auto(1347, 32, entries=entries) == max_iter
