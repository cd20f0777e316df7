"""Parameters of the estimators as options, made from their signatures, constraints and docstrings."""

from __future__ import annotations

import argparse
import copy
import inspect
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from numbers import Integral

from sklearn.utils._param_validation import Interval, StrOptions

from ..estimator.near_names import near_value
from ..estimator.plan import architecture_of
from ..estimator.registry import ESTIMATORS
from ..runtime.messages import Mark, in_python, written

# Parameters without an option: a command fits once, shows a progress bar, and reads no sparse matrix.
_NOT_ASKED = ("warm_start", "verbose", "zero_sampling")

# Additional names of options; messages use the last one.
_FURTHER_OPTIONS = {"random_state": ["--seed"]}

# None as text.
_NONE = "none"


@dataclass(frozen=True)
class Value:
    """The legal values of an option, and how its text is parsed.

    Attributes
    ----------
    words : dict of str to object
        Texts with a fixed value.
    number : {int, float, None}
        Type of any other text.
    many : bool
        Whether it is a list of numbers, separated by commas.
    whole : bool
        Whether a number without a fraction is an integer, and one with it something else.
    """

    words: dict
    number: type | None = None
    many: bool = False
    whole: bool = False

    @classmethod
    def of(cls, constraints):
        """From the constraints of a parameter; the range of numbers is left to these."""
        words, number, many = {}, None, False
        intervals = {constraint.type for constraint in constraints if isinstance(constraint, Interval)}
        for constraint in constraints:
            if constraint is None or constraint == "random_state":
                words[_NONE] = None
            if constraint == "random_state":
                number = int
            elif constraint == "array-like":
                words[_NONE], number, many = (), int, True
            elif isinstance(constraint, StrOptions):
                words.update({word: word for word in sorted(constraint.options)})
            elif isinstance(constraint, Interval):
                number = int if constraint.type is Integral and number in (None, int) else float
        return cls(words, number, many, whole=number is float and Integral in intervals)

    def parse(self, text):
        """The value of a text; raises argparse.ArgumentTypeError."""
        if text in self.words:
            return self.words[text]
        try:
            if self.many:
                return tuple(map(self.number, text.split(",")))
            return int(text) if self.whole and text.strip().lstrip("+-").isdecimal() else self.number(text)
        except (TypeError, ValueError):
            near = near_value(text, self.words)
            meant = "" if near is None else f". Did you mean {near!r}?"
            raise argparse.ArgumentTypeError(f"must be {self}; got {text!r}{meant}") from None

    @property
    def metavar(self):
        """Placeholder in the line of usage."""
        if self.number is None:
            return "{" + ",".join(self.words) + "}"
        letter = {int: "N", float: "X"}[self.number]
        return "|".join([*self.words, f"{letter},{letter},..." if self.many else letter])

    def __str__(self):
        numbers = {int: ["an integer"], float: ["a number"], None: []}[self.number]
        return " or ".join([*map(repr, self.words), *(["integers separated by commas"] if self.many else numbers)])


def add_parameters(parser):
    """Add an option for each parameter, in one group for all parameters of the same estimators."""
    groups = {}
    for name in _names():
        groups.setdefault(_owners(name), []).append(name)
    # Parameters of all estimators first.
    for owners in sorted(groups, key=len, reverse=True):
        title = "every estimator" if len(owners) == len(ESTIMATORS) else ", ".join(owners)
        group = parser.add_argument_group(f"parameters of {title}")
        for name in groups[owners]:
            _add_parameter(group, name, owners)


def estimator_of(options):
    """The estimator with the parameters of the options; illegal ones end the program by ``parser.error``."""
    cls = ESTIMATORS[options.estimator]
    given = {name: getattr(options, name) for name in _names() if hasattr(options, name)}
    for name in given:
        if name not in _signature(cls):
            options.parser.error(
                f"{_option_names(name)[-1]} is no parameter of --estimator {options.estimator}, but of "
                f"{', '.join(_owners(name))}"
            )
    estimator = cls(**given)
    with _usage(options):
        estimator._validate_params()
        estimator._check_combination()
    return estimator


def check_size(options, estimator, n_features):
    """End the program by ``parser.error`` if the network for so many columns does not fit into memory."""
    with _usage(options):
        # The loss, which is arbitrary here, does not change the widths.
        if not isinstance(estimator.n_components, Integral):
            # The data tell it later: at most so many.
            estimator = copy.copy(estimator)
            estimator.n_components = n_features
        architecture_of(estimator, n_features, "squared_error")


@contextmanager
def _usage(options):
    """Report a ValueError of the block as a usage error of the options."""
    try:
        yield
    except ValueError as error:
        options.parser.error(written(error, as_option))


def as_option(mark):
    """A mark of a message as the command line writes it: by the option of the parameter, if it has one."""
    if mark.parameter is None:
        return _NONE if mark.text == "None" else ""
    if mark.parameter not in _names():
        return in_python(mark)
    *_, name = _option_names(mark.parameter)
    if mark.text is None:
        return name
    if _is_flag(mark.parameter):
        return name if mark.text == "True" else name.replace("--", "--no-", 1)
    return f"{name}={_NONE if mark.text == 'None' else mark.text}"


def _names():
    return list(dict.fromkeys(name for cls in ESTIMATORS.values() for name in _signature(cls)))


@cache
def _signature(cls):
    """Parameters that have an option, by name."""
    return {name: p for name, p in inspect.signature(cls).parameters.items() if name not in _NOT_ASKED}


def _owners(name):
    """Which estimators have a parameter."""
    return tuple(key for key, cls in ESTIMATORS.items() if name in _signature(cls))


def _option_names(name):
    return ["--" + name.replace("_", "-"), *_FURTHER_OPTIONS.get(name, [])]


def _is_flag(name):
    return ESTIMATORS[_owners(name)[0]]._parameter_constraints[name] == ["boolean"]


def _add_parameter(group, name, owners):
    """Add the option of a parameter, unless its values cannot be given as text."""
    constraints = ESTIMATORS[owners[0]]._parameter_constraints[name]
    names = _option_names(name)
    described = {"dest": name, "default": argparse.SUPPRESS, "help": _help(name, owners)}
    if _is_flag(name):
        group.add_argument(*names, action=argparse.BooleanOptionalAction, **described)
        return
    value = Value.of(constraints)
    if value.words or value.number is not None:
        group.add_argument(*names, type=value.parse, metavar=value.metavar, **described)


def _help(name, owners):
    """First sentence of the documentation of a parameter, and its defaults."""
    defaults = {key: _text(_signature(ESTIMATORS[key])[name].default) for key in owners}
    if len(set(defaults.values())) == 1:
        default = defaults[owners[0]]
    else:
        default = ", ".join(f"{key} {value}" for key, value in defaults.items())
    return f"{_first_sentences(ESTIMATORS[owners[0]]).get(name, '')} (default: {default})".replace("%", "%%").strip()


def _text(value):
    """A default as it would be written on the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _NONE if value is None or value == () else str(value)


@cache
def _first_sentences(cls):
    """First sentence about each parameter in the docstring; empty if Python was run without docstrings."""
    entries = re.finditer(r"^(\w+) : .*\n((?:    .*\n)+)", inspect.getdoc(cls) or "", re.MULTILINE)
    texts = {name: " ".join(text.split()) + " " for name, text in (entry.groups() for entry in entries)}
    # Without the full stop, footnotes and references within the docstring.
    return {
        name: _with_options(re.sub(r" \[\d+\]_|, see below$", "", re.split(r"\.\s", text)[0]))
        for name, text in texts.items()
    }


def _with_options(text):
    """A text of a docstring without its code quotes, within which parameters become options."""
    parts = text.split("``")
    parts[1::2] = (as_option(Mark(part)) for part in parts[1::2])
    return "".join(parts)
