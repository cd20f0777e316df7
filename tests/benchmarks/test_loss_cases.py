"""The objective that the curves of loss over seconds show is the one that is trained."""

import numpy as np
import pytest

from benchmarks.speed._loss_cases import LossCase, mean_objective

CASES = [
    LossCase("shallow", "digits", 12),
    LossCase("deep", "digits", 8, (20,), "tanh", "squared_error"),
    LossCase("KL", "digits", 12, term="kl"),
    LossCase("contraction", "digits", 12, term="contraction"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_measured_objective_is_the_trained_one(case):
    X, rows = case.load()[0], np.arange(200)
    plan = case.plan(X, solver="lbfgs")
    network, strength = plan.objective.network, plan.state.strength
    assert (strength is not None) == (case.term is not None)
    x = plan.objective.reader(plan.sample.X, len(rows))(rows)
    trained = plan.objective.value(x, None, np.random.default_rng(0)) * network.loss_unit
    outer = network.in_units_of_X()
    measured = mean_objective(case, outer.weights, outer.biases, X[rows], strength)
    assert measured == pytest.approx(trained, rel=1e-5)


def test_masked_entries_are_those_of_the_input_alone():
    X = LossCase("", "digits", 12).load()[0][:200]
    weights, biases = [np.zeros((64, 12)), np.zeros((12, 64))], [np.zeros(12), np.full(64, 0.3)]
    losses = [mean_objective(LossCase("", "digits", 12, term=term), weights, biases, X) for term in (None, "masking")]
    assert losses[0] == losses[1]
    weights = [np.ones((64, 12)), np.ones((12, 64))]
    losses = [mean_objective(LossCase("", "digits", 12, term=term), weights, biases, X) for term in (None, "masking")]
    assert losses[0] != losses[1]
