"""Messages for users in which the names of parameters are marked, so that each interface can write its own names."""

from __future__ import annotations

from string import Formatter
from typing import NamedTuple

from .numbers import shown


class Mark(NamedTuple):
    """A place in a message that interfaces write differently.

    Attributes
    ----------
    parameter : str or None
        Name of the parameter; None for a text of Python that names none, as the value None.
    text : str or None
        Value of the parameter as Python writes it; None for the name alone.
    """

    parameter: str | None
    text: str | None = None


def in_python(mark):
    """A mark as Python writes it."""
    return "=".join(part for part in mark if part is not None)


def with_names(names):
    """A way to write marks as Python does, but for other names.

    Parameters
    ----------
    names : dict of str to str
        For parameters.

    Returns
    -------
    callable (Mark) -> str
    """
    return lambda mark: in_python(mark._replace(parameter=names.get(mark.parameter, mark.parameter)))


class Message(str):
    """A text as Python writes it, that keeps its marks; as first argument of an error or a warning it stays with it.

    Parameters
    ----------
    *parts : str, Mark or Message
    """

    def __new__(cls, *parts):
        flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Message) else (part,)))
        message = super().__new__(cls, "".join(in_python(part) if isinstance(part, Mark) else part for part in flat))
        message.parts = flat
        return message

    def __getnewargs__(self):
        return self.parts

    def written(self, write):
        """The text with another way to write the marks.

        Parameters
        ----------
        write : callable (Mark) -> str

        Returns
        -------
        str
        """
        return "".join(write(part) if isinstance(part, Mark) else part for part in self.parts)


def marked(template, /, **values):
    """The message of a template.

    Parameters
    ----------
    template : str
        With fields for ``values``, as in ``str.format``, and with marks: ``{tol}`` is the name of a parameter that is
        not among them, ``{solver='adam'}`` a parameter with a value, ``{solver=}`` one with its value among them, and
        ``{None}`` the value None.
    **values : object
        Never read for marks; messages and marks keep theirs.

    Returns
    -------
    Message
    """
    parts = []
    for literal, field, spec, _ in Formatter().parse(template):
        parts.append(literal)
        if field is not None:
            parts.append(_part(field, spec, values))
    return Message(*parts)


def _part(field, spec, values):
    name, equals, text = field.partition("=")
    if equals:
        return Mark(name, text or shown(values[name]))
    if name in values:
        value = values[name]
        return value if isinstance(value, Message | Mark) else format(value, spec)
    return Mark(None, name) if name == "None" else Mark(name)


def any_of(values):
    """Values as a choice; None among them is marked.

    Parameters
    ----------
    values : iterable of object

    Returns
    -------
    Message
    """
    _, *parts = (part for value in values for part in (" or ", Mark(None, "None") if value is None else shown(value)))
    return Message(*parts)


def of_python(text, *words):
    """A text in which words are marked that other interfaces write in their own way, or leave out.

    Parameters
    ----------
    text : str
    *words : str
        Sought in this order.

    Returns
    -------
    Message
    """
    if not words:
        return Message(text)
    before, found, after = text.partition(words[0])
    rest = (Mark(None, found), of_python(after, *words)) if found else ()
    return Message(of_python(before, *words[1:]), *rest)


def written(error, write):
    """The text of an error or a warning, with another way to write the marks, if there are any.

    Parameters
    ----------
    error : Exception
    write : callable (Mark) -> str

    Returns
    -------
    str
    """
    message = error.args[0] if len(error.args) == 1 else None
    return message.written(write) if isinstance(message, Message) else str(error)
