"""Tables on a terminal, printed row by row as they are measured, and in Markdown."""

from __future__ import annotations

import re


class Table:
    """A table that prints its titles at once, and each row when it is added.

    Parameters
    ----------
    *columns : (str, str)
        Title and format of each column, such as ``">10.2f"``. Of this, text in a column of numbers uses only alignment
        and width, and so does None, which is printed as blank.
    note : str
        Printed after the titles.
    """

    def __init__(self, *columns, note=""):
        self._formats = [form for _, form in columns]
        self._places = [re.match(r"[<>^]\d+", form)[0] for form in self._formats]
        titles = "".join(format(title, place) for (title, _), place in zip(columns, self._places))
        print(f"{titles}   {note}" if note else titles.rstrip())

    def row(self, *values):
        """Print one row, a value a column."""
        print(self._line(values).rstrip())

    def _line(self, values):
        cells = zip(values, self._formats, self._places, strict=True)
        return "".join(
            format(value or "", place) if value is None or isinstance(value, str) else format(value, form)
            for value, form, place in cells
        )


def markdown(titles, rows):
    """Yield the lines of a table in Markdown."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
