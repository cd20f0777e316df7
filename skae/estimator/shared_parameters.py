"""SHARED: the parameters that all autoencoders have."""

from __future__ import annotations

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from ..kernels.activations import ACTIVATIONS
from ..kernels.losses import LOSSES
from ..training.solvers import SOLVERS
from .parameters import Parameter, RegisteredName

# Defaults.
INIT = SOLVER = LEARNING_RATE_INIT = LEARNING_RATE = MAX_ITER = "auto"

SHARED = (
    Parameter(
        "n_components",
        "auto",
        [
            StrOptions({"auto"}),
            None,
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
        ],
        'int, float in (0, 1), "auto" or None',
        """
        Width k of the code. May be below the number of features (undercomplete), equal to it or above it
        (overcomplete). A share in (0, 1) is the width at which PCA explains that share of the variance of X; "auto" and
        None are that of 0.95, but at most 64, and with Gaussian noise of a given level no more than the directions
        along which X varies more than such noise would. Where ``noise_level="auto"`` finds noise in X, they are the
        number of these directions.
        """,
    ),
    Parameter(
        "hidden_layer_sizes",
        (),
        ["array-like", Interval(Integral, 1, None, closed="left")],
        "int or array-like of int",
        """
        Widths of further encoder layers between the input and the code; the decoder mirrors them. An integer is the
        width of one such layer.
        """,
    ),
    Parameter(
        "activation",
        "logistic",
        [RegisteredName(ACTIVATIONS)],
        '{"identity", "logistic", "tanh", "relu"}',
        """
        Function g of every hidden layer, the code among them.
        """,
    ),
    Parameter(
        "output_activation",
        "auto",
        [RegisteredName(ACTIVATIONS, "auto")],
        '{"auto", "identity", "logistic", "tanh", "relu"}',
        """
        Function f of the reconstruction. "auto" is "logistic" with ``log_loss`` and "identity" with ``squared_error``.
        """,
    ),
    Parameter(
        "loss",
        "auto",
        [RegisteredName(LOSSES, "auto")],
        '{"auto", "squared_error", "log_loss"}',
        """
        Reconstruction loss of a row, a sum over its features: sum_j (x_hat_j - x_j)^2, or the cross-entropy -sum_j
        [x_j log x_hat_j + (1 - x_j) log(1 - x_hat_j)] for x in [0, 1], up to 1e-6. "auto" is ``log_loss`` when every
        value of X is 0 or 1 and the output may be logistic, else ``squared_error``.
        """,
    ),
    Parameter(
        "tied_weights",
        False,
        ["boolean"],
        "bool",
        """
        Whether the decoder's weights are the encoder's transposed.
        """,
    ),
    Parameter(
        "init",
        INIT,
        [StrOptions({"auto", "glorot"})],
        '{"auto", "glorot"}',
        """
        Start values. "auto" takes them from at most 4,096 rows: the encoder begins with their principal directions,
        scaled to where the activation is nearly linear, in part to where it bends if there are several layers, and the
        decoder with the least-squares solution on the codes, layer by layer in a deep network. Where ``loss`` is
        ``squared_error``, the output "identity" and X dense, the network then sees centred rows that are divided by one
        number, so that neither offset nor unit of X has an influence; ``coefs_`` are in the units of X. Several layers
        trained by cross-entropy begin nearly linear if rows are few, else, up to 16 units, with weights of "glorot": it
        draws them uniform within +-sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010), sqrt(6 / fan_in) with "relu"
        (He et al. 2015), biases zero; with several layers "logistic" starts as the "tanh" network that computes the
        same.
        """,
    ),
    Parameter(
        "alpha",
        0.0,
        [Interval(Real, 0, None, closed="left")],
        "float",
        """
        Strength of the L2 penalty alpha (||W||^2 + ||W*||^2) on the weights of all layers; biases are left out, and
        tied weights are counted once.
        """,
    ),
    Parameter(
        "solver",
        SOLVER,
        [RegisteredName(SOLVERS, "auto")],
        '{"auto", "adam", "sgd", "kfac", "lbfgs"}',
        """
        Mini-batches with Adam, with Nesterov's momentum of 0.9, or with K-FAC, whose few steps use the curvature
        (docs/training.md); or L-BFGS on all rows at once. L-BFGS works in float64 unless it continues a fit in float32,
        and is the one to take for small data and exact minima. K-FAC is the one for many rows, and not for Dask's
        collections. "auto" is "lbfgs" for one hidden layer with ``squared_error`` where rows times parameters are at
        most 2e7 and nothing is drawn anew for each batch; else "kfac" from 4,096 rows on for one hidden layer, if its
        code is narrower than X or the loss bounds X, and for one or two more of tanh or logistic units with
        ``squared_error``, a linear output and ``init="auto"`` on rows for which docs/training.md has the rule;
        and "adam" otherwise: for other deep networks, with a number as ``learning_rate_init``, in ``partial_fit``, for
        sparse X, tied weights, gated codes, layers wider than 2,048, a weight above a hundred times their mean, and a
        number as the strength of a penalty on activations. ``solver_`` says which.
        """,
    ),
    Parameter(
        "learning_rate_init",
        LEARNING_RATE_INIT,
        [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        'float or "auto"',
        """
        Greatest learning rate. "auto" tries a row of them for some steps each, as in a whole fit, and takes the best;
        in 20 epochs and more at most 0.03 for units that compete and several tied layers of tanh, 0.01 for most of
        "lifetime"; for "kfac" it is 0.3; ``learning_rate_`` says which. Of numbers for Adam 1e-3 suits deep networks
        and rectified ones; tied logistic units on images made better codes at 1e-2 to 3e-2. Not used by "lbfgs".
        """,
    ),
    Parameter(
        "learning_rate",
        LEARNING_RATE,
        [StrOptions({"auto", "annealed", "constant", "cosine", "plateau"})],
        '{"auto", "annealed", "constant", "cosine", "plateau"}',
        """
        "auto" is "annealed" where ``learning_rate_init`` is "auto", and "constant" where that is a number. "annealed"
        raises the rate linearly during the first 5 % of the steps and lowers it as a cosine to zero, step by step; all
        of ``max_iter`` is then used, whatever ``tol``.
        "cosine" lowers it as learning_rate_init (1 + cos(pi epoch / max_iter)) / 2, from the start of every ``fit``
        that does not go on with an interrupted one. "plateau" makes it learning_rate_init / 5^c after the stopping
        rule of ``tol`` was met c times, and stops when it is met for the fourth time. Not used by "lbfgs".
        """,
    ),
    Parameter(
        "warmup_epochs",
        0,
        [Interval(Real, 0, None, closed="left")],
        "float",
        """
        During the first epochs after the initialisation the learning rate is multiplied by t / ``warmup_epochs``,
        where t is the number of epochs, with fractions, at the end of each step. Not used by "lbfgs" and
        ``partial_fit``.
        """,
    ),
    Parameter(
        "max_grad_norm",
        None,
        [None, Interval(Real, 0, None, closed="neither")],
        "float",
        """
        Where the Euclidean norm of the gradient g of a step, over all parameters, exceeds it, g ``max_grad_norm`` /
        ||g|| replaces g. Not used by "lbfgs".
        """,
    ),
    Parameter(
        "batch_size",
        "auto",
        [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        """
        Rows of a mini-batch. "auto" is the power of two next to n_samples / 120, within 32 and 256, or 128 where
        ``learning_rate_init`` is a number; n_samples at most. For "kfac" it is that next to n_samples / 40, within 128
        and 512. Not used by "lbfgs".
        """,
    ),
    Parameter(
        "max_iter",
        MAX_ITER,
        [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        """
        Most epochs, or iterations of L-BFGS. "auto" is 1,000 iterations of L-BFGS; epochs for about 6,000 steps, from
        20 to 400, with "kfac" for 600, with several layers 1,200, from 10; and 200 epochs where ``learning_rate_init``
        is a number. Several layers with ``init="auto"`` and no noise make fewer of the 6,000 steps, at least 1,800,
        where X has less than 10 entries for each parameter: they would learn the rows by heart. Of 10,000 rows or more
        that are masked, with ``log_loss``, there are two fifths of the epochs, at least 16.
        """,
    ),
    Parameter(
        "tol",
        1e-4,
        [Interval(Real, 0, None, closed="left")],
        "float",
        """
        Training stops when the loss was not lowered by the fraction ``tol`` of its best value in ``n_iter_no_change``
        epochs (iterations) in a row.
        """,
    ),
    Parameter(
        "n_iter_no_change",
        10,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        """
        See ``tol``.
        """,
    ),
    Parameter(
        "missing_values",
        "error",
        [StrOptions({"error", "mask"})],
        '{"error", "mask"}',
        """
        With "mask" X may hold NaN: such an entry enters the network as the mean of its column over the training rows
        (with ``partial_fit``, over those so far; 0 for a column without any value) and has no part in the loss, the
        sum over the entries that are there.
        """,
    ),
    Parameter(
        "zero_sampling",
        None,
        [None, Interval(Real, 0, 1, closed="right")],
        "float in (0, 1]",
        """
        For sparse X with many columns: share q of the columns, drawn anew for each mini-batch, whose zeros count in
        the loss, 1/q times each; the stored entries always count once. The expected gradient is that of the full loss
        (Dauphin, Glorot and Bengio 2011). None for the full loss. Other X is always taken in full, and so is any under
        noise that makes zeros into something else, or with ``emphasis``.
        """,
        on_command_line=False,
    ),
    Parameter(
        "early_stopping",
        False,
        ["boolean"],
        "bool",
        """
        Hold out rows, apply the stopping rule to their loss, and give back the parameters with which it was least.
        """,
    ),
    Parameter(
        "validation_fraction",
        0.1,
        [Interval(Real, 0, 1, closed="neither")],
        "float",
        """
        Fraction of the rows held out with ``early_stopping``.
        """,
    ),
    Parameter(
        "shuffle",
        True,
        ["boolean"],
        "bool",
        """
        Whether to shuffle the rows before every epoch. Not used by "lbfgs". Of an X on disk other than a memory map,
        and larger than 32 MiB, windows are drawn at random and shuffled.
        """,
    ),
    Parameter(
        "random_state",
        None,
        ["random_state"],
        "int, RandomState instance or None",
        """
        Determines the initial weights, the shuffling, the rows held out and the noise. Pass an int for reproducible
        results.
        """,
    ),
    Parameter(
        "warm_start",
        False,
        ["boolean"],
        "bool",
        """
        Whether ``fit`` continues from the parameters and the optimiser's state of the last fit.
        """,
        on_command_line=False,
    ),
    Parameter(
        "verbose",
        False,
        ["verbose"],
        "bool or int",
        """
        Whether to print a line an epoch; with a number above 1 a line for each multiple of it, and for the last epoch.
        """,
        on_command_line=False,
    ),
)
