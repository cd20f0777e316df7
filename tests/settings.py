"""FIXED: parameters with which nothing of a training is taken from X; ``fixed_strength``: those of penalties and noise.

``as_compiled`` marks tests of what only compiled kernels do, ``compiled`` those that take minutes with others.
"""

import pytest
from numba import config

FIXED = {"init": "glorot", "solver": "adam", "learning_rate_init": 1e-3}

as_compiled = pytest.mark.skipif(
    bool(config.DISABLE_JIT), reason="plain Python refuses the NaN that compiled code hands on, and warns of overflow"
)
compiled = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="trains in full, in minutes as plain Python")


def fixed_strength(cls):
    """The strength of the penalty or of the noise of a class, as a number."""
    strengths = {
        "DenoisingAE": {"noise_level": 0.25},
        "SparseAE": {"sparsity_weight": 0.1},
        "ContractiveAE": {"contraction_weight": 0.1},
    }
    return strengths.get(cls.__name__, {})
