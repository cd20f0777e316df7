"""ESTIMATORS: the autoencoders, by the name of their kind; and the decorator that declares one."""

from __future__ import annotations

from collections.abc import MutableMapping
from importlib import import_module
from textwrap import indent

from ..kernels.checks import check_name
from .base import BaseAutoencoder
from .near_names import with_near_names
from .parameters import Parameter
from .shared_parameters import SHARED

# The autoencoders of this library, and the modules that declare them: by name, since they import this one.
_BUILT_IN = {
    "plain": "skae.autoencoder",
    "contractive": "skae.contractive",
    "denoising": "skae.denoising",
    "sparse": "skae.sparse",
}


class Estimators(MutableMapping):
    """Classes by kind, those of this library first; who reads it has imported them."""

    def __init__(self):
        self.declared = {}

    def _complete(self):
        for module in _BUILT_IN.values():
            import_module(module)
        return self.declared

    def __getitem__(self, kind):
        return self._complete()[kind]

    def __setitem__(self, kind, cls):
        self.declared[kind] = cls

    def __delitem__(self, kind):
        del self.declared[kind]

    def __iter__(self):
        self._complete()
        return iter([*_BUILT_IN, *(kind for kind in self.declared if kind not in _BUILT_IN)])

    def __len__(self):
        return len(self._complete())


ESTIMATORS = Estimators()

_ATTRIBUTES = """
coefs_ : list of ndarray of shape (fan_in, fan_out)
    Weights of each layer, encoder first. Views of the trained parameters.
intercepts_ : list of ndarray of shape (fan_out,)
    Biases of each layer.
components_ : ndarray of shape (width, n_features)
    Weights of the first encoder layer as rows.
filters_ : ndarray of shape (width, n_features)
    The input of norm one that maximally activates each unit of the first layer, w_l / ||w_l||; zero for a unit
    without weights.
column_means_ : ndarray of shape (n_features,)
    The values that replace NaN in the input of the network; with ``missing_values="mask"`` only.
loss_ : str
    The loss, also with ``loss="auto"``.
output_activation_ : str
    The output activation, also with ``output_activation="auto"``.
loss_curve_ : list of float
    Training objective of each epoch (iteration): mean over rows, in nats for ``log_loss`` and in squared units of X
    for ``squared_error``, penalties included. The loss of a mini-batch is that before its step.
validation_loss_curve_ : list of float
    The same on the validation rows, at the end of each epoch. NaN for epochs without such rows, which ``warm_start`` or
    ``partial_fit`` may have added; empty if ``early_stopping`` was never used.
n_iter_ : int
    Epochs (iterations) since the weights were initialised: those of the last fit and, with ``warm_start`` or
    ``partial_fit``, of those before it.
n_features_in_ : int
    Number of features seen during fit.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of features seen during fit, where X has names that are all strings.
"""


def autoencoder(kind, own_parameters=()):
    """Class decorator: declare an autoencoder.

    The class is added to ``ESTIMATORS``. It gets the constraints of its parameters and a constructor that suggests
    similar names. In its docstring ``{parameters}``, ``{own_parameters}`` and ``{attributes}`` are replaced by the
    sections.

    Parameters
    ----------
    kind : str
        Its name in ``ESTIMATORS`` and on the command line.
    own_parameters : sequence of Parameter
        Its parameters in addition to the shared ones, in the order of its signature.

    Raises
    ------
    TypeError
        For a kind that is no str, own parameters that are no ``Parameter``, and a class of another base.
    ValueError
        For a kind that is no identifier, and parameters that are declared twice; from the decorator, where another
        class has this name.
    """
    if isinstance(kind, type):
        raise TypeError(
            f"autoencoder needs the kind of {kind.__name__}; got the class itself. Write "
            f"@autoencoder({kind.__name__.lower()!r}) above it."
        )
    check_name("The kind of an autoencoder", kind)
    own_parameters = tuple(own_parameters)
    names = {parameter.name for parameter in SHARED}
    for parameter in own_parameters:
        if not isinstance(parameter, Parameter):
            raise TypeError(f"own_parameters of the kind {kind!r} must each be a Parameter; got {parameter!r}.")
        if parameter.name in names:
            raise ValueError(f"The kind {kind!r} declares the parameter {parameter.name!r} twice. Leave one out.")
        names.add(parameter.name)

    def declare(cls):
        if not (isinstance(cls, type) and issubclass(cls, BaseAutoencoder)):
            raise TypeError(f"The kind {kind!r} must be a subclass of BaseAutoencoder; got {cls!r}.")
        if kind in _BUILT_IN and cls.__module__ != _BUILT_IN[kind]:
            import_module(_BUILT_IN[kind])
        taken = ESTIMATORS.declared.get(kind)
        # A class that is defined again, as in a notebook, replaces itself.
        if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(f"The kind {kind!r} of {cls.__name__} is taken by {taken.__name__}. Give it another name.")
        cls._parameters = {parameter.name: parameter for parameter in (*own_parameters, *SHARED)}
        cls._parameter_constraints = {name: parameter.constraints for name, parameter in cls._parameters.items()}
        if "__init__" in vars(cls):
            cls.__init__ = with_near_names(cls.__init__)
        sections = {
            "parameters": "\n".join(parameter.section for parameter in SHARED),
            "own_parameters": "\n".join(parameter.section for parameter in own_parameters),
            "attributes": _ATTRIBUTES.strip(),
        }
        # Python may run without docstrings.
        text = cls.__doc__ or ""
        for name, section in sections.items():
            text = text.replace(f"    {{{name}}}", indent(section, "    "))
        cls.__doc__ = text
        ESTIMATORS[kind] = cls
        return cls

    return declare
