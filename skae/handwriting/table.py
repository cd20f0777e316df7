"""The table of results: rows, and their forms as text, HTML, CSV and JSON."""

from __future__ import annotations

import csv
import html
import io
import json
from dataclasses import asdict, dataclass, field, fields
from math import sqrt

from sklearn.pipeline import Pipeline

from ..runtime.files import write_atomically
from .data import Split
from .settings import Settings

# 97.5 % point of the standard normal distribution.
_Z95 = 1.959963984540054


def wilson_interval(correct, total):
    """95 % score interval of a proportion.

    (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), with p = correct / n.

    Parameters
    ----------
    correct, total : int

    Returns
    -------
    low, high : float

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

    Examples
    --------
    >>> from skae.handwriting import wilson_interval
    >>> low, high = wilson_interval(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    if not 0 <= correct <= total or total < 1:
        raise ValueError(f"correct must lie in [0, total] and total be at least 1; got correct={correct}, {total=}.")
    p, z2 = correct / total, _Z95**2
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z95 * sqrt(p * (1 - p) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    # For p = 0 and p = 1 one bound is p itself, which rounding would miss.
    return centre - half if correct > 0 else 0.0, centre + half if correct < total else 1.0


@dataclass(frozen=True)
class Result:
    """The result of one representation.

    Attributes
    ----------
    representation : str
    width : int
        Columns of the representation.
    accuracy : float
        Fraction of the test rows that are classified correctly.
    accuracy_low, accuracy_high : float
        Its 95 % interval (Wilson), which covers only the sampling of the test rows, not that of their writers.
    reconstruction_score : float
        Fraction of the variance of the test rows that the reconstruction explains.
    strength : str
        Name of the parameter that was searched beside C.
    strength_value : float or bool
        Its chosen value.
    C : float
        Inverse regularisation strength of the classifier, as chosen.
    cv_accuracy : float
        Mean accuracy over the folds, at the values chosen.
    search_seconds, fit_seconds : float
        Wall time of the search, and of the fit of the whole pipeline with the chosen values.
    accuracy_shuffled : float or None
        On a random split of the same rows, which tests on writers that were seen in training, with the values chosen;
        None where the writers are not known.
    accuracy_first_half, accuracy_last_half : float or None
        On the first and on the last half of the test rows, which are written by other people; None but for MNIST.
    """

    representation: str
    width: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    reconstruction_score: float
    strength: str
    strength_value: float | bool
    C: float
    cv_accuracy: float
    search_seconds: float
    fit_seconds: float
    accuracy_shuffled: float | None = None
    accuracy_first_half: float | None = None
    accuracy_last_half: float | None = None


# Accuracies that only some data have, and their columns.
_FURTHER = {
    "accuracy_shuffled": "shuffled %",
    "accuracy_first_half": "first half %",
    "accuracy_last_half": "last half %",
}
_HEADER = (
    "representation",
    "width",
    "test accuracy %",
    "95 % interval",
    "search accuracy %",
    "reconstruction",
    "chosen strength",
    "C",
    "search s",
    "fit s",
)
_LEFT = {"representation", "chosen strength"}
# Place of the further accuracies, after the interval of the accuracy.
_FURTHER_AT = 4


def _header(further):
    """Titles of the columns, with some further accuracies."""
    return (*_HEADER[:_FURTHER_AT], *(_FURTHER[name] for name in further), *_HEADER[_FURTHER_AT:])


def _cells(row, further):
    """A row as formatted text, one string for each column of the header."""
    cells = _common_cells(row)
    values = (getattr(row, name) for name in further)
    return (*cells[:_FURTHER_AT], *(f"{100 * value:.2f}" for value in values), *cells[_FURTHER_AT:])


def _common_cells(row):
    return (
        row.representation,
        str(row.width),
        f"{100 * row.accuracy:.2f}",
        f"{100 * row.accuracy_low:.2f} to {100 * row.accuracy_high:.2f}",
        f"{100 * row.cv_accuracy:.2f}",
        f"{row.reconstruction_score:.3f}",
        f"{row.strength}={_value_text(row.strength_value)}",
        f"{row.C:g}",
        f"{row.search_seconds:.1f}",
        f"{row.fit_seconds:.2f}",
    )


def _value_text(value):
    return str(value) if isinstance(value, bool) else f"{value:g}"


@dataclass(frozen=True, repr=False)
class Comparison:
    """The result of ``compare``; a notebook shows it as a table.

    Attributes
    ----------
    rows : list of Result
    settings : Settings
    versions : dict of str to str
    estimators : dict of str to Pipeline
        By the name of the representation, fitted on all training rows with the chosen values. The steps are
        "representation", "scale" and "classifier".
    split : Split
        The rows that were used.
    """

    rows: list[Result]
    settings: Settings
    versions: dict[str, str]
    estimators: dict[str, Pipeline] = field(default_factory=dict)
    split: Split | None = None

    @property
    def _further(self):
        """The further accuracies that all rows have."""
        return [name for name in _FURTHER if all(getattr(row, name) is not None for row in self.rows)]

    @property
    def title(self):
        """One line that says what was compared on what."""
        s = self.settings
        writers = " of other writers" if "accuracy_shuffled" in self._further else ""
        return (
            f"{s.data}: {s.samples:,} training rows{writers}, {s.cv}-fold search, {s.n_components} components, "
            f"{s.max_iter} epochs, seed {s.seed}"
        )

    @property
    def verdict(self):
        """One line that names the best representation by the search, which has not seen the test rows."""
        best = max(self.rows, key=lambda row: row.cv_accuracy)
        return f"best by the search: {best.representation}, {100 * best.accuracy:.2f} % of the test rows right"

    def __str__(self):
        header, further = _header(self._further), self._further
        lines = [header, *(_cells(row, further) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines)]
        aligned = [
            "  ".join(
                cell.ljust(width) if name in _LEFT else cell.rjust(width)
                for cell, width, name in zip(line, widths, header)
            ).rstrip()
            for line in lines
        ]
        rule = "  ".join("-" * width for width in widths)
        return "\n".join([self.title, "", aligned[0], rule, *aligned[1:], "", self.verdict])

    __repr__ = __str__

    def _repr_html_(self):
        header, further = _header(self._further), self._further

        def row(tag, cells):
            styles = ("left" if name in _LEFT else "right" for name in header)
            inner = "".join(
                f'<{tag} style="text-align: {style}">{html.escape(cell)}</{tag}>' for cell, style in zip(cells, styles)
            )
            return f"<tr>{inner}</tr>"

        body = "".join(row("td", _cells(result, further)) for result in self.rows)
        caption = f"<caption>{html.escape(self.title)}; {html.escape(self.verdict)}</caption>"
        return f"<table>{caption}<thead>{row('th', header)}</thead><tbody>{body}</tbody></table>"

    def to_csv(self, path=None):
        """The rows at full precision, one column a field of ``Result``.

        Parameters
        ----------
        path : str or path, default=None
            Where to write; None to have the text.

        Returns
        -------
        str or None
        """
        text = io.StringIO()
        writer = csv.DictWriter(text, [f.name for f in fields(Result)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, self.rows))
        return _written(text.getvalue(), path)

    def to_json(self, path=None):
        """The rows at full precision, with the settings (including the seed) and the versions.

        Parameters
        ----------
        path : str or path, default=None
            Where to write; None to have the text.

        Returns
        -------
        str or None
        """
        content = {"settings": asdict(self.settings), "versions": self.versions, "rows": [*map(asdict, self.rows)]}
        return _written(json.dumps(content, indent=2) + "\n", path)


def _written(text, path):
    if path is None:
        return text
    write_atomically(path, text.encode())
