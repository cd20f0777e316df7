"""The search of the learning rate: what it finds, and that it leaves everything as it was."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from numba import config
from settings import as_compiled, compiled
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer, DenoisingAE, SparseAE
from skae.datasets import make_dictionary
from skae.estimator.plan import plan_training
from skae.kernels.optimizers import OPTIMIZERS
from skae.rows.sample import Sample
from skae.runtime import aside
from skae.training import descent, rate_search
from skae.training.descent import minibatch
from skae.training.divergence import DivergenceError
from skae.training.rate_search import find_rate, trial_steps

ADAM, SGD = OPTIMIZERS["adam"], OPTIMIZERS["sgd"]
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)


@pytest.fixture(scope="module")
def X():
    return StandardScaler().fit_transform(load_breast_cancer().data[:: 8 if config.DISABLE_JIT else 1])


def planned(X, cls=AutoencoderTransformer, weights=None, **parameters):
    settings = {"hidden_layer_sizes": (64,), "batch_size": 32, "max_iter": 30, "random_state": 0, **parameters}
    plan = plan_training(cls(5, **{"solver": "adam", **settings}), Sample.of(X, weights), None)
    return plan._replace(config=replace(plan.config, learning_rate="annealed"))


def found(plan, optimizer=ADAM, seed=0):
    return find_rate(plan.objective, plan.sample, plan.config, optimizer, plan.state, np.random.default_rng(seed))


def final_objective(rate, X, **parameters):
    plan = planned(X, **parameters)
    optimizer = OPTIMIZERS[parameters.get("solver", "adam")]
    settings = replace(plan.config, learning_rate_init=rate)
    try:
        minibatch(plan.objective, plan.sample, settings, plan.state, optimizer=optimizer)
    except DivergenceError:
        return np.inf
    return plan.objective.full_value(plan.sample)


# From the data a deep network begins where a short trial gains little, and the rate that is found is on the small side:
# 1.45 times the least objective after 30 epochs, 1.2 after 100.
@compiled
@pytest.mark.parametrize("init, epochs, regret", [("auto", 100, 1.3), ("glorot", 30, 1.05)])
def test_what_it_finds_is_near_the_best_over_the_whole_training(init, epochs, regret, X):
    settings = {"init": init, "max_iter": epochs}
    losses = [final_objective(rate, X, **settings) for rate in RATES]
    assert final_objective(found(planned(X, **settings)), X, **settings) <= regret * min(losses)
    # Which most others are not.
    assert np.sum(np.array(losses) > 1.05 * min(losses)) >= 3


@compiled
@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_rates_of_sgd_follow_the_units_of_x(scale, X):
    plan = planned(scale * X, solver="sgd")
    rate = found(plan, SGD)
    losses = [final_objective(rate * factor, scale * X, solver="sgd") for factor in (1.0, 0.1, 10.0)]
    assert losses[0] <= 1.3 * min(losses[1:])


@compiled
@pytest.mark.parametrize("optimizer", [ADAM, SGD], ids=["adam", "sgd"])
@pytest.mark.parametrize(
    "cls, parameters",
    [
        (AutoencoderTransformer, {"dtype": np.float32}),
        (DenoisingAE, {}),
        (SparseAE, {"sparsity": "topk", "n_active": 2, "anneal_epochs": 10, "revive_dead": True}),
        (SparseAE, {"sparsity": "batchtopk", "n_active": 2, "anneal_epochs": 10}),
        (SparseAE, {"activation": "logistic", "warmup_epochs": 3}),
        (AutoencoderTransformer, {"weights": True, "missing_values": "mask", "max_grad_norm": 0.5}),
    ],
    ids=["float32", "noise", "gate", "gate of batches", "sparse", "weights"],
)
def test_it_leaves_everything_as_it_was(cls, parameters, optimizer, X):
    parameters = dict(parameters)
    X = X.astype(parameters.pop("dtype", np.float64))
    weights = np.linspace(0.5, 2, len(X)) if parameters.pop("weights", False) else None
    plan = planned(X, cls, weights, solver=optimizer.name, **parameters)
    # One that has begun, so that there is something to change.
    minibatch(plan.objective, plan.sample, replace(plan.config, max_iter=2), plan.state, optimizer=optimizer)
    rng = np.random.default_rng(0)

    def everything():
        objective = plan.objective
        gate = None if objective.gate is None else dict(vars(objective.gate))
        activity = None if objective.activity is None else objective.activity._seen.tobytes()
        parts = (objective.network.theta.tobytes(), objective.grad.tobytes(), gate, activity)
        return pickle.dumps((*parts, copy.deepcopy(plan.state), rng.bit_generator.state, plan.sample.rows))

    before = everything()
    arguments = (plan.objective, plan.sample, plan.config, optimizer, plan.state, rng)
    rate = find_rate(*arguments)
    assert everything() == before
    assert find_rate(*arguments) == rate > 0 and type(rate) is float


@pytest.mark.parametrize("optimizer", [ADAM, SGD], ids=["adam", "sgd"])
def test_a_start_in_a_file_gives_the_same_rate(optimizer, X, monkeypatch):
    plan = planned(X, solver=optimizer.name)
    rate, theta = found(plan, optimizer), plan.objective.network.theta.copy()
    files, put_back = [], aside.PutAside.put_back
    monkeypatch.setattr(aside, "LARGE", 1)
    monkeypatch.setattr(aside.PutAside, "put_back", lambda self, a: files.append(self._file) or put_back(self, a))
    assert found(plan, optimizer) == rate
    assert None not in files and len(files) > 6 and files[0].closed
    np.testing.assert_array_equal(plan.objective.network.theta, theta)


@pytest.mark.parametrize("large", [2**26, 1], ids=["in memory", "in a file"])
def test_an_interrupt_comes_through_and_changes_nothing(large, X, monkeypatch):
    def cut():
        raise KeyboardInterrupt

    plan = planned(X)
    theta = plan.objective.network.theta.copy()
    monkeypatch.setattr(aside, "LARGE", large)
    monkeypatch.setattr(descent.interrupts, "check", cut)
    with pytest.raises(KeyboardInterrupt):
        found(plan)
    np.testing.assert_array_equal(plan.objective.network.theta, theta)


def test_every_trial_is_of_the_same_start_batches_and_noise(X):
    plan = planned(X, DenoisingAE)
    trials = rate_search._trials(
        plan.objective, plan.sample, plan.config, ADAM, plan.state, np.random.default_rng(0), 20
    )
    once = trials.loss(1e-2, 20)
    assert trials.loss(1e-1, 20) != once
    assert trials.loss(1e-2, 20) == once


@as_compiled
def test_rates_that_diverge_are_the_worst(X, monkeypatch):
    monkeypatch.setattr(rate_search, "_ADAM_RATES", (1e-2, 1e200, 1e300))
    assert found(planned(X)) == 1e-2


def test_the_smallest_where_none_is_better_than_the_start(X, monkeypatch):
    plan = planned(X)
    monkeypatch.setattr(rate_search, "_ADAM_RATES", (5.0, 50.0, 500.0))
    minibatch(plan.objective, plan.sample, plan.config, plan.state, optimizer=ADAM)
    with monkeypatch.context() as patch:
        patch.setattr(rate_search, "_MOST_LOWER", 0)
        assert found(plan) == 5.0
    assert found(plan) < 5.0


@pytest.mark.parametrize("n_features, most", [(255, 0.1), (256, 0.03)])
def test_masked_rows_of_many_columns_try_no_greater_rates(n_features, most, rng, monkeypatch):
    tried = []
    loss = rate_search._Trials.loss
    monkeypatch.setattr(rate_search._Trials, "loss", lambda self, rate, n: tried.append(rate) or loss(self, rate, n))
    X = (rng.random((64, n_features)) < 0.3).astype(float)
    DenoisingAE(4, corruption="masking", noise_level=0.2, loss="log_loss", max_iter=1, random_state=0).fit(X)
    assert max(tried) == most


@pytest.mark.parametrize(
    "parameters, passes, most",
    [
        ({"sparsity": "lifetime", "max_iter": 20}, 0, 0.01),
        ({"sparsity": "lifetime", "max_iter": 19}, 0, 0.1),
        ({"sparsity": "lifetime", "max_iter": 20, "learning_rate": "constant"}, 0, 0.03),
        ({"sparsity": "topk", "n_active": 2, "max_iter": 20}, 0, 0.03),
        ({"sparsity": "topk", "n_active": 2, "max_iter": 3}, 0, 0.1),
        ({"sparsity": "lifetime"}, 1, 0.1),
    ],
)
def test_units_that_compete_try_no_greater_rates_in_long_trainings(parameters, passes, most, X, monkeypatch):
    tried = []
    loss = rate_search._Trials.loss
    monkeypatch.setattr(rate_search._Trials, "loss", lambda self, rate, n: tried.append(rate) or loss(self, rate, n))
    ae = SparseAE(4, activation="relu", random_state=0, **parameters)
    ae.partial_fit(X) if passes else ae.fit(X)
    assert max(tried) == most


@compiled
@pytest.mark.parametrize("hidden", [(8, 4), (8, 8, 8)], ids=str)
@pytest.mark.parametrize("max_iter", [1, 2, 5, 20])
def test_steps_from_a_straight_start_do_not_leave_it_for_the_worse(max_iter, hidden, rng):
    ae = AutoencoderTransformer(2, hidden_layer_sizes=hidden, max_iter=max_iter, random_state=0)
    X = rng.standard_normal((20, 9))
    assert ae.fit(X).score(X) > 0.3


@pytest.mark.parametrize(
    "max_iter, batch_size, steps", [(1, 32, 18), (40, 32, 60), (90, 32, 81), (400, 32, 150), (30, 569, 30)]
)
def test_steps_of_a_trial(max_iter, batch_size, steps, rng):
    X = rng.random((569, 6))
    plan = planned(X, max_iter=max_iter, batch_size=batch_size)
    assert trial_steps(len(X), plan.config) == steps


@pytest.mark.parametrize("n_rows", [1, 2, 7])
def test_few_rows(n_rows, X):
    rate = found(planned(X[:n_rows]))
    assert np.isclose(rate, [*RATES, *(3e-4 * 10.0 ** -(np.arange(1, 6) / 2))]).any()


def test_of_many_rows_only_those_of_the_trials_are_read():
    X = np.random.default_rng(0).random((30_000, 4))
    plan = planned(X, max_iter=20, hidden_layer_sizes=())
    trials = rate_search._trials(
        plan.objective, plan.sample, plan.config, ADAM, plan.state, np.random.default_rng(0), 150
    )
    read = np.union1d(trials.rows.rows, trials.compared.rows)
    others = np.setdiff1d(np.arange(30_000), read)
    assert len(read) <= 150 * 32 + 1024
    rate = found(plan)
    X[others] = np.nan
    assert found(plan) == rate


@compiled
@pytest.mark.parametrize("sparsity", ["topk", "batchtopk"])
@pytest.mark.parametrize("seed", [0, 1])
def test_tied_units_that_compete_take_no_rate_that_silences_them(seed, sparsity):
    # By a rate of 0.1, which a short trial finds best, 0.55 to 0.58 of the variance is explained.
    X = make_dictionary(600, 24, 40, n_active=4, random_state=1)
    settings = {"n_active": 2, "activation": "relu", "tied_weights": True, "random_state": seed}
    ae = SparseAE(38, sparsity=sparsity, **settings).fit(X)
    assert ae.learning_rate_ < 0.05
    assert ae.score(X) > 0.65


@compiled
def test_units_that_compete_take_no_rate_that_silences_them():
    # By 0.1 they explain 0.23.
    X = make_dictionary(600, 24, 40, n_active=4, random_state=1)
    ae = SparseAE(13, sparsity="topk", n_active=1, activation="logistic", random_state=1).fit(X)
    assert ae.learning_rate_ < 0.05
    assert ae.score(X) > 0.3


@compiled
@pytest.mark.parametrize("activation, k, seed, least", [("relu", 9, 0, 0.6), ("logistic", 18, 1, 0.5)])
def test_units_that_compete_for_rows_take_no_rate_that_silences_them(activation, k, seed, least):
    # By 0.1 they explain 0.22 and less than nothing.
    X = StandardScaler().fit_transform(load_breast_cancer().data)
    if activation == "logistic":
        X = (load_digits().data > 0.0).astype(np.float64)
    X, _ = train_test_split(X, random_state=0)
    ae = SparseAE(k, sparsity="lifetime", activation=activation, random_state=seed).fit(X)
    assert ae.learning_rate_ <= 0.01
    assert ae.score(X) > least


@compiled
@pytest.mark.parametrize(
    "cls, hidden", [(AutoencoderTransformer, (30,)), (DenoisingAE, (60,)), (DenoisingAE, (30, 15))]
)
def test_several_tied_layers_of_tanh_take_no_rate_that_loses_principal_components(cls, hidden):
    # By 0.1, which a short trial finds best, they explain 0.50, 0.67 and nothing.
    X = StandardScaler().fit_transform(load_breast_cancer().data)
    settings = {"hidden_layer_sizes": hidden, "activation": "tanh", "tied_weights": True, "random_state": 0}
    ae = cls(7, **settings).fit(X)
    assert ae.learning_rate_ < 0.05
    assert ae.score(X) > 0.85
