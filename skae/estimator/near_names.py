"""Did you mean: suggestions for a wrong name of a parameter or value, by similarity and by names in other libraries."""

from __future__ import annotations

import functools
import inspect
from difflib import get_close_matches
from numbers import Real

from sklearn.utils._param_validation import StrOptions

from ..runtime.messages import Mark, Message
from ..runtime.numbers import shown

# Names in Keras, PyTorch, H2O and scikit-learn's MLP for parameters that have another name here.
_PARAMETERS = {
    "max_iter": "epochs n_epochs num_epochs nb_epoch max_epochs n_iter iterations",
    "learning_rate_init": "lr eta eta0 rate",
    "solver": "optimizer optimiser",
    "n_components": "latent_dim latent_size encoding_dim code_size embedding_dim bottleneck n_hidden hidden_dim",
    "hidden_layer_sizes": "hidden layers hidden_layers hidden_dims hidden_sizes hidden_units",
    "alpha": "weight_decay l2 regularization",
    "n_iter_no_change": "patience stopping_rounds",
    "validation_fraction": "validation_split",
    "random_state": "seed",
    "noise_level": "noise noise_factor dropout input_dropout_ratio",
    "loss": "criterion loss_function",
    "tied_weights": "tied",
    "max_grad_norm": "clipnorm global_clipnorm",
    "output_activation": "final_activation out_activation",
    "tol": "min_delta",
    "n_active": "k",
    "sparsity_target": "rho",
    "sparsity_weight": "beta",
}
_VALUES = {
    "logistic": "sigmoid",
    "identity": "linear",
    "squared_error": "mse mean_squared_error mseloss mse_loss l2",
    "log_loss": "bce bceloss bce_loss binary_crossentropy binary_cross_entropy cross_entropy crossentropy",
    "lbfgs": "l_bfgs bfgs l_bfgs_b",
    "adam": "adamw",
    "plateau": "adaptive reduce_on_plateau reducelronplateau",
    "masking": "dropout mask",
    "gaussian": "normal",
    "topk": "top_k k_sparse",
    "batchtopk": "batch_topk batch_top_k",
    "lifetime": "winner_take_all wta",
    "kl": "kl_divergence",
    "mask": "ignore nan",
}

# Parameter that is meant if a number is given for this one.
_OF_NUMBERS = {
    "learning_rate": "learning_rate_init",
    "corruption": "noise_level",
    "sparsity": "sparsity_weight",
}


def near_name(name, legal, elsewhere):
    """The legal name that may have been meant by a wrong one, or None.

    Parameters
    ----------
    name : str
    legal : iterable of str
    elsewhere : dict of str to str
        Names in other libraries, separated by blanks, for each legal name.
    """
    legal = sorted(legal)
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    for known, others in elsewhere.items():
        if known in legal and plain in others.split():
            return known
    return next(iter(get_close_matches(plain, legal, n=1)), None)


def near_value(word, legal):
    """The legal value that may have been meant by a wrong word, or None."""
    return near_name(word, legal, _VALUES)


def near_parameter(name, legal):
    """The legal parameter that may have been meant by a wrong name, or None."""
    return near_name(name, legal, _PARAMETERS)


def meant_value(name, value, constraints):
    """A sentence on what may have been meant by an illegal value of a parameter, or "".

    Parameters
    ----------
    name : str
    value : object
    constraints : list
        Legal values, as scikit-learn's ``_parameter_constraints`` has them.
    """
    if isinstance(value, str):
        legal = {word for each in constraints if isinstance(each, StrOptions) for word in each.options}
        near = near_value(value, legal)
        return "" if near is None else f"Did you mean {near!r}?"
    if isinstance(value, Real) and not isinstance(value, bool) and name in _OF_NUMBERS:
        return Message("Did you mean ", Mark(_OF_NUMBERS[name], shown(value)), "?")
    return ""


def with_near_names(constructor):
    """A constructor whose error for an unknown argument names the class, and suggests a similar argument.

    Parameters
    ----------
    constructor : callable
        ``__init__`` of a class.
    """
    legal = list(inspect.signature(constructor).parameters)[1:]

    @functools.wraps(constructor)
    def construct(self, *args, **kwargs):
        for name in kwargs:
            if name not in legal:
                near = near_parameter(name, legal)
                advice = f"Did you mean {near!r}?" if near else f"It has {', '.join(legal)}."
                raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {name!r}. {advice}")
        constructor(self, *args, **kwargs)

    return construct
