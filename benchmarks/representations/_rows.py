"""The rows of the table of representations: model, data and measure of each.

The settings were chosen on training rows alone, with ``--held-out``.
"""

from __future__ import annotations

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE

from ._digit_rows import DIGIT_ROWS, TOP_K, WINNERS
from ._measures import FineTunedFalling, FineTunedMean, Frozen, SquaredError
from ._patches import patch_code
from ._row import Row, centred, layers, maker, on_components
from ._splits import mnist, mnist_basic, self_taught
from ._training import whole_schedule

# Grey values in [0, 1] are taken as probabilities of ink.
_INK = {"loss": "log_loss", "tied_weights": True}
_MASKED = {"corruption": "masking", "noise_level": 0.3}
# KL sparsity with training on noisy digits.
_NOISY_KL = {"corruption": "gaussian", "noise_level": 0.35, "sparsity_weight": 0.3, **_INK}
# The same on principal components, for few units.
_NOISY_KL_OF_FEW = {
    "sparsity_target": 0.1,
    "sparsity_weight": 0.1,
    "corruption": "gaussian",
    "tied_weights": True,
    "batch_size": 100,
}
_TWO_LAYERS = on_components(
    100,
    maker(
        SparseAE,
        200,
        **_NOISY_KL_OF_FEW,
        noise_level=0.4,
        loss="squared_error",
        **whole_schedule(40, learning_rate_init=1e-2),
    ),
    maker(
        SparseAE,
        200,
        **_NOISY_KL_OF_FEW,
        noise_level=0.2,
        loss="log_loss",
        **whole_schedule(30, learning_rate_init=1e-2),
    ),
)

_RIFAI = "Rifai et al. 2011"
_VINCENT = "Vincent et al. 2010"
_UFLDL = "UFLDL tutorial"

ROWS = {
    "plain": Row(
        "plain, 1,000 units, on 50 principal components",
        "error",
        2.17,
        2.1,
        _RIFAI,
        mnist,
        on_components(
            50,
            maker(
                AutoencoderTransformer, 1000, activation="relu", tied_weights=True, batch_size=40, **whole_schedule(15)
            ),
        ),
        Frozen(0.05),
        1000,
    ),
    "denoising": Row(
        "denoising, 1,000 units, on 100 principal components",
        "error",
        1.95,
        1.6,
        _VINCENT,
        mnist,
        on_components(
            100,
            maker(
                DenoisingAE,
                1000,
                corruption="gaussian",
                noise_level=0.3,
                activation="relu",
                tied_weights=True,
                batch_size=40,
                **whole_schedule(60),
            ),
        ),
        Frozen(0.02),
        1000,
    ),
    "contractive": Row(
        "contractive, 1,000 units, on 100 principal components with noise",
        "error",
        1.82,
        1.6,
        _RIFAI,
        mnist,
        on_components(
            100,
            maker(
                ContractiveAE,
                1000,
                contraction_weight=0.5,
                corruption="gaussian",
                noise_level=0.2,
                loss="squared_error",
                tied_weights=True,
                batch_size=100,
                **whole_schedule(60, learning_rate_init=1e-2),
            ),
        ),
        Frozen(0.02),
        1000,
    ),
    "kl": Row(
        "KL-sparse, 1,000 units",
        "error",
        None,
        1.8,
        "",
        mnist,
        maker(SparseAE, 1000, **_NOISY_KL, **whole_schedule(30, learning_rate_init=3e-2, warmup_epochs=1)),
        Frozen(0.02),
        1000,
    ),
    "topk": Row(
        "top-k, 1,000 units",
        "error",
        1.35,
        1.3,
        "Makhzani and Frey 2013",
        mnist,
        centred(
            maker(
                SparseAE,
                1000,
                **TOP_K,
                n_active=25,
                n_active_transform=1000,
                batch_size=40,
                **whole_schedule(40),
            )
        ),
        Frozen(0.02),
        1000,
    ),
    "lifetime": Row(
        "lifetime sparsity, 2,000 units",
        "error",
        1.20,
        1.1,
        "Makhzani and Frey 2015",
        mnist,
        maker(SparseAE, 2000, **WINNERS, batch_size=40, **whole_schedule(60)),
        Frozen(0.02),
        2000,
    ),
    "patches": Row(
        "500 units of patches of 8 x 8 pixels, the greatest in each quadrant",
        "error",
        1.20,
        1.0,
        "Makhzani and Frey 2015, units of whole images",
        mnist,
        patch_code(
            centred(
                maker(
                    SparseAE,
                    500,
                    **TOP_K,
                    n_active=8,
                    n_active_transform=500,
                    batch_size=64,
                    **whole_schedule(10),
                )
            ),
            size=8,
            pool="max",
            border=0,
            n_patches=60_000,
        ),
        Frozen(0.01),
        # Each unit gives four features.
        2000,
    ),
    "few-labels": Row(
        "10,000 training rows, 50,000 test rows",
        "error",
        3.43,
        3.0,
        _VINCENT,
        mnist_basic,
        maker(SparseAE, 2000, **_NOISY_KL, **whole_schedule(80, learning_rate_init=3e-2, warmup_epochs=2)),
        Frozen(0.02),
        2000,
    ),
    "self-taught": Row(
        "self-taught, digits 5-9 to 0-4, KL, 200 units, on 60 principal components with noise",
        "accuracy",
        98.3,
        98.6,
        _UFLDL,
        self_taught,
        on_components(
            60,
            maker(
                SparseAE,
                200,
                **_NOISY_KL_OF_FEW,
                noise_level=0.3,
                loss="squared_error",
                **whole_schedule(60, learning_rate_init=1e-2),
            ),
        ),
        Frozen(0.3),
        200,
    ),
    "stacked": Row(
        "stacked 200-200, frozen, on 100 principal components with noise",
        "accuracy",
        87.7,
        96.0,
        _UFLDL,
        mnist,
        _TWO_LAYERS,
        Frozen(0.3),
        200,
    ),
    "stacked-tuned": Row(
        "stacked 200-200, fine-tuned, on 100 principal components",
        "accuracy",
        97.6,
        98.4,
        _UFLDL,
        mnist,
        _TWO_LAYERS,
        FineTunedMean({"max_iter": 30, "alpha": 3e-3}, averaged=10),
        200,
    ),
    "denoising-tuned": Row(
        "stacked denoising 1,000-1,000-1,000, fine-tuned",
        "error",
        1.28,
        1.2,
        _VINCENT,
        mnist,
        layers(
            *(
                maker(DenoisingAE, 1000, **_MASKED, **_INK, **whole_schedule(10, learning_rate_init=5e-3))
                for _ in range(3)
            )
        ),
        FineTunedFalling({"max_iter": 20, "alpha": 1e-4}, dropped=0.2),
        1000,
    ),
    "compression": Row(
        "30-component code, 784-1000-500-250-30",
        "squared error",
        3.00,
        3.0,
        "Hinton and Salakhutdinov 2006",
        mnist,
        maker(
            AutoencoderTransformer,
            30,
            hidden_layer_sizes=(1000, 500, 250),
            activation="relu",
            warmup_epochs=1,
            **_INK,
            alpha=3e-3,
            **whole_schedule(40, learning_rate_init=2e-3),
        ),
        SquaredError(),
        30,
    ),
    **DIGIT_ROWS,
}
