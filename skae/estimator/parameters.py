"""Parameters of the estimators, each declared once: default, legal values, documentation.

From a declaration follow scikit-learn's constraints, the section of the docstring and the option of the command line.
The signatures of the constructors repeat names and defaults, since editors read them from the source; a test keeps
them in step.
"""

from __future__ import annotations

from numbers import Integral, Real
from textwrap import dedent, indent
from typing import NamedTuple

from sklearn.utils._param_validation import InvalidParameterError, StrOptions

from ..kernels.registry import REGISTER_FIRST
from ..runtime.exceptions import ParameterError
from ..runtime.messages import of_python
from ..runtime.numbers import in_float64
from .near_names import meant_value

# The first part of the errors of scikit-learn's constraints.
_OF_CLASS = "The '{parameter}' parameter of {owner} must be {legal}"

# In scikit-learn's description of random states what cannot be written as text.
_RANDOM_STATE = ", an instance of 'numpy.random.mtrand.RandomState'"


class Parameter(NamedTuple):
    """One parameter of an estimator.

    Attributes
    ----------
    name : str
    default : object
    constraints : list
        Legal values, as scikit-learn's ``_parameter_constraints`` has them.
    kind : str
        Type in the docstring.
    text : str
        Description in the docstring, in paragraphs of its own indentation.
    on_command_line : bool
        Whether the command line has an option for it.
    """

    name: str
    default: object
    constraints: list
    kind: str
    text: str
    on_command_line: bool = True

    @property
    def description(self):
        """The description, without its indentation."""
        return dedent(self.text).strip()

    @property
    def section(self):
        """Its section of a numpydoc docstring."""
        default = f'"{self.default}"' if isinstance(self.default, str) else repr(self.default)
        return f"{self.name} : {self.kind}, default={default}\n{indent(self.description, '    ')}"


class RegisteredName(StrOptions):
    """Constraint: a name in a registry, which may grow, or one of some other words.

    Parameters
    ----------
    registry : dict
    *words : str
    """

    def __init__(self, registry, *words):
        self.type = str
        self.deprecated = set()
        self.hidden = False
        self._registry = registry
        self._words = words

    @property
    def options(self):
        return {*self._words, *self._registry}


def store_parameters(estimator, arguments):
    """Set the arguments of a constructor as attributes of their names, as scikit-learn wants it.

    Parameters
    ----------
    estimator : estimator
    arguments : dict
        ``locals()`` of the constructor.
    """
    vars(estimator).update({name: value for name, value in arguments.items() if name not in ("self", "__class__")})


def layer_widths(hidden_layer_sizes):
    """Widths of the layers that ``hidden_layer_sizes`` asks for, of which an integer is one."""
    return (hidden_layer_sizes,) if isinstance(hidden_layer_sizes, Integral) else tuple(hidden_layer_sizes)


class NumericParameters:
    """Mixin that checks the numbers among the parameters before scikit-learn's constraints.

    The constraints alone put no upper bound on integers, and accept numbers of any type registered as real.
    """

    def _validate_params(self):
        for name, value in self.get_params(deep=False).items():
            if isinstance(value, Real) and not in_float64(value):
                legal = "an int or a float, of Python or NumPy, within the range of float64, which ends at 1.8e308"
                found, owner = "; got {value}.", type(self).__name__
                raise ParameterError(name, value, legal, _OF_CLASS, "Set another value.", found=found, owner=owner)
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            for name, value in self.get_params(deep=False).items():
                if str(error).startswith(f"The {name!r} parameter of "):
                    raise _with_fields(error, name, value, self._parameter_constraints[name]) from None
            raise


def _with_fields(error, name, value, constraints):
    """scikit-learn's error for the constraints of a parameter as ParameterError: the same text, and a remedy.

    Parameters
    ----------
    error : InvalidParameterError
    name : str
    value : object
    constraints : list
    """
    owner, _, rest = str(error).removeprefix(f"The {name!r} parameter of ").partition(" must be ")
    legal, _, _ = rest.partition(f". Got {value!r} instead.")
    meant = meant_value(name, value, constraints)
    if not meant and isinstance(value, str) and any(isinstance(c, RegisteredName) for c in constraints):
        meant = REGISTER_FIRST
    return ParameterError(
        name,
        value,
        of_python(legal, _RANDOM_STATE, "None"),
        _OF_CLASS,
        "{meant}",
        found=". Got {got} instead.",
        owner=owner,
        got=repr(value),
        meant=meant,
    )
