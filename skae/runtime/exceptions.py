"""The error for illegal parameters, and warnings of fits that ended well by their own measure and are of little use."""

from __future__ import annotations

from sklearn.utils._param_validation import InvalidParameterError

from .messages import Mark, Message, any_of, marked
from .numbers import shown


class ParameterError(InvalidParameterError):
    """A parameter has a value that is not legal, alone or with the others.

    It is scikit-learn's ``InvalidParameterError``, and with it a ValueError and a TypeError. Its text is
    "{rule}; got {parameter}={value}. {remedy}".

    Parameters
    ----------
    parameter : str
    value : object
    legal : str or list
        Legal values, in words or one by one.
    rule : str, default="{parameter} must be {legal}"
        Template of ``skae.runtime.messages.marked``, for the first part of the text.
    remedy : str, default=""
        Template for the last part.
    found : str, default="; got {given}."
        Template for the part between them.
    **words : object
        Values of the fields of the templates, besides ``parameter``, ``value``, ``legal``, and ``given``, the parameter
        with its value.

    Attributes
    ----------
    parameter : str
        Name of the parameter.
    value : object
        Its value.
    legal : str
        The values that are legal, in words.
    remedy : str
        What to do, in sentences; may be empty.
    """

    def __init__(
        self, parameter, value, legal, rule="{parameter} must be {legal}", remedy="", found="; got {given}.", **words
    ):
        legal = legal if isinstance(legal, str) else any_of(legal)
        words.update(parameter=Mark(parameter), value=shown(value), given=Mark(parameter, shown(value)), legal=legal)
        self.remedy = marked(remedy, **words)
        first = marked(f"{rule}{found}", **words)
        super().__init__(Message(first, " ", self.remedy) if self.remedy else first)
        self.parameter = parameter
        self.value = value
        self.legal = legal

    def __reduce__(self):
        return _restored, (type(self), self.args, vars(self))


def _restored(cls, args, fields):
    """An error with the arguments and attributes of another one."""
    error = cls.__new__(cls, *args)
    vars(error).update(fields)
    return error


class FitWarning(UserWarning):
    """A fit is of little use, and why; the base of the others."""


class DeadUnitsWarning(FitWarning):
    """Many units of a code were on for no row in the last epoch, though dead ones are revived."""


class FewRowsWarning(FitWarning):
    """The first chunk for ``partial_fit`` has too few rows for what is taken from it."""


class OutputRangeWarning(FitWarning):
    """X has values that the activation of the output cannot give."""


class CollapsedCodeWarning(FitWarning):
    """Units of a code have the same value for every row."""


class PoorFitWarning(FitWarning):
    """A reconstruction is worse than the means of the columns."""
