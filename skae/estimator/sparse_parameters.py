"""PARAMETERS: those that ``SparseAE`` has beside the ones that all autoencoders share."""

from __future__ import annotations

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from ..objective.sparsity import SPARSITIES
from .corrupted_input import corruption_parameters
from .parameters import Parameter, RegisteredName

PARAMETERS = (
    Parameter(
        "sparsity",
        "kl",
        [RegisteredName(SPARSITIES)],
        '{"kl", "l1", "topk", "batchtopk", "lifetime"}',
        """
        What makes the code sparse, see below.
        """,
    ),
    Parameter(
        "sparsity_target",
        0.05,
        [Interval(Real, 0, 1, closed="neither")],
        "float",
        """
        Wanted mean activation rho of each unit of the code, in (0, 1), with "kl"; with "lifetime" the share of the rows
        of a mini-batch, rounded up, on which each unit stays on.
        """,
    ),
    Parameter(
        "sparsity_weight",
        "auto",
        [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        'float or "auto"',
        """
        Weight of the term, with "kl" and "l1". "auto" is 9 / n_components times the loss of the column means with "kl",
        with which the mean activation comes near its target whatever the units of X; with "l1" it makes the term a
        tenth of that loss at the start.
        """,
    ),
    Parameter(
        "n_active",
        "auto",
        [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        """
        Units of the code that stay on in each row, with "topk", or on average over the rows of a mini-batch, with
        "batchtopk". "auto" is half of the units, at most 25.
        """,
    ),
    Parameter(
        "n_active_transform",
        None,
        [None, Interval(Integral, 1, None, closed="left")],
        "int",
        """
        With "topk", the same outside of training, ``n_active`` or more: in ``transform``, ``reconstruct`` and the
        scores. None for ``n_active``.
        """,
    ),
    Parameter(
        "anneal_epochs",
        0,
        [Interval(Integral, 0, None, closed="left")],
        "int",
        """
        With "topk" and "batchtopk", epochs since the initialisation in which the number of units that stay on falls
        linearly from ``n_components`` to ``n_active``.
        """,
    ),
    Parameter(
        "revive_dead",
        False,
        ["boolean"],
        "bool",
        """
        Whether units that are dead get new weights, see below. Not with "lbfgs".
        """,
    ),
    Parameter(
        "unit_norm",
        False,
        ["boolean"],
        "bool",
        """
        Whether the rows of the decoder's weights, the atoms of a dictionary, all have the same norm: 1 in the
        coordinates in which the network sees X (see ``init``), which for sparse X are its own. They are then drawn at
        random, and the encoder starts as their transposed. With "adam" or "sgd".
        """,
    ),
    Parameter(
        "aux_weight",
        0.0,
        [Interval(Real, 0, None, closed="left")],
        "float",
        """
        Weight of the loss by which dead units learn what the others leave, see below. 1/32 is usual for millions of
        rows; 1 did more in a thousand steps. With "adam" or "sgd", one hidden layer, ``squared_error`` and the output
        "identity".
        """,
    ),
    Parameter(
        "n_aux",
        "auto",
        [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        """
        Dead units of a row in that loss, at most. "auto" is half of the number of features.
        """,
    ),
    Parameter(
        "nested_sizes",
        None,
        ["array-like", None],
        "array-like of int or None",
        """
        Sizes m, ascending and below ``n_components``: the loss is then the mean of those of what the first m units of
        the code decode to, for each m and for the whole code, see below. Early units learn what is general, later ones
        what is special. With one hidden layer; not with "kfac" and ``zero_sampling``.
        """,
    ),
    Parameter(
        "sparse_output",
        False,
        ["boolean"],
        "bool",
        """
        Whether ``transform`` gives the code as CSR, of which the dense code of all rows is never made; for codes with
        zeros, of "topk", "batchtopk" or the activation "relu". ``inverse_transform`` takes either.
        """,
        on_command_line=False,
    ),
    *corruption_parameters("masking", 0.0),
)
