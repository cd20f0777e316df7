"""The rows of the table of representations that are about scikit-learn's digits.

The settings were chosen on training rows alone, with ``--held-out`` and by ``python -m benchmarks levers``.
"""

from __future__ import annotations

from skae import SparseAE

from ._measures import ByWriters, Frozen, FrozenSearched
from ._patches import patch_code
from ._row import Row, centred, maker
from ._splits import digits, digits_by_writer, nudged_digits
from ._training import whole_schedule

TOP_K = {"sparsity": "topk", "activation": "relu", "tied_weights": True, "revive_dead": True}
WINNERS = {"sparsity": "lifetime", "sparsity_target": 0.05, "activation": "relu", "tied_weights": True}


def _patches(width):
    """Top-k units of patches of 5 x 5 pixels."""
    encoder = centred(
        maker(
            SparseAE,
            width,
            **TOP_K,
            n_active=8,
            n_active_transform=width,
            corruption="gaussian",
            noise_level=0.3,
            batch_size=64,
            **whole_schedule(10),
        )
    )
    return patch_code(encoder)


DIGIT_ROWS = {
    "digits": Row(
        "scikit-learn's digits, 256 units",
        "accuracy",
        99.0,
        99.2,
        "tensorflow-fcwta",
        digits,
        maker(SparseAE, 256, **WINNERS, batch_size=16, **whole_schedule(1000)),
        FrozenSearched(),
        256,
        5,
    ),
    "digit-patches": Row(
        "scikit-learn's digits, 512 units of patches of 5 x 5 pixels",
        "accuracy",
        99.0,
        99.2,
        "tensorflow-fcwta",
        digits,
        _patches(512),
        FrozenSearched((0.01, 0.1, 1.0)),
        512,
        5,
    ),
    "writers": Row(
        "digits by held-out writers, 512 units of patches of 5 x 5 pixels",
        "accuracy",
        None,
        98.0,
        "",
        digits_by_writer,
        _patches(512),
        ByWriters((0.01, 0.1, 1.0)),
        512,
    ),
    "nudged": Row(
        "nudged digits, 100 units",
        "accuracy",
        93.5,
        95.0,
        "scikit-learn's example of BernoulliRBM",
        nudged_digits,
        maker(SparseAE, 100, **WINNERS, batch_size=64, **whole_schedule(200)),
        Frozen(0.3),
        100,
    ),
}
