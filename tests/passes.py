"""Both passes of an objective: that over the active entries of a code, and the dense one."""

import numpy as np
import pytest

from skae.kernels.losses import LOSSES
from skae.objective.objective import Objective


def objective_of(network, gate, loss="squared_error", dense=False, **settings):
    objective = Objective(network, LOSSES[loss], gate=gate, **settings)
    objective.needs_code = dense
    return objective


def both(network, x, gate, loss="squared_error", row_scale=None, **settings):
    """Values and gradients of the pass over active entries and of the dense one."""
    found = []
    for dense in (False, True):
        objective = objective_of(network, gate, loss, dense, **settings)
        value = objective.value_and_gradient(x, row_scale)
        assert (objective.last_batch.active is None) == dense
        assert objective.value(x, row_scale) == pytest.approx(value, rel=1e-12)
        found.append((value, objective.grad.copy()))
    return found


def assert_same(found, tolerance=1e-12):
    (value, grad), (dense_value, dense_grad) = found
    assert np.abs(grad).max() > 0
    assert value == pytest.approx(dense_value, rel=tolerance)
    np.testing.assert_allclose(grad, dense_grad, rtol=0, atol=tolerance * np.abs(dense_grad).max())
