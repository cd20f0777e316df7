"""The files of a run: the folder, the two tables and the figures."""

from __future__ import annotations

import io

from ..runtime.files import prepared_folder, write_atomically
from ..runtime.packages import plots_available

_DPI = 120


def save(comparison, folder, *, figures=True):
    """Write the table as ``handwriting.csv`` and ``handwriting.json``, and the figures as PNG.

    All files are prepared before the first one is replaced, and each file is replaced atomically.

    Parameters
    ----------
    comparison : Comparison
    folder : str or path
        Created if missing.
    figures : bool, default=True
        Whether to draw the figures, which needs matplotlib: ``filters.png``, ``reconstructions.png``,
        ``loss_curves.png`` and ``kl_curve.png``, each if the comparison contains what it shows.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    ImportError
        If ``figures`` is True and matplotlib is not installed.
    OSError
        If a file cannot be written.
    """
    folder = prepared_folder(folder)
    contents = {
        "handwriting.csv": comparison.to_csv().encode(),
        "handwriting.json": comparison.to_json().encode(),
    }
    if figures:
        contents.update(_pictures(comparison))
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return [folder / name for name in contents]


def _pictures(comparison):
    """PNG files by name."""
    if not plots_available():
        raise ImportError("The figures need matplotlib: pip install 'skae[plots]', or save with figures=False.")
    from .figures import FIGURES

    pictures = {}
    for name, draw in FIGURES.items():
        figure = draw(comparison)
        if figure is not None:
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=_DPI)
            pictures[f"{name}.png"] = buffer.getvalue()
    return pictures
