"""The files of a run: the folder, the two tables and the figures."""

from __future__ import annotations

import importlib.util
import io
import tempfile
from pathlib import Path

from .._atomic import write_atomically

_DPI = 120


def plots_available():
    """Whether matplotlib, which draws the figures, is installed; it is not imported."""
    return importlib.util.find_spec("matplotlib") is not None


def prepared_folder(folder):
    """Make a folder where there is none, and see that files can be written in it.

    Parameters
    ----------
    folder : str or path

    Returns
    -------
    Path

    Raises
    ------
    OSError
        Naming the folder and what is wrong with it.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"No file can be written in the folder {str(folder)!r}: {reason}. Name another one.") from error
    return folder


def save(comparison, folder, *, figures=True):
    """Write the table as ``handwriting.csv`` and ``handwriting.json``, and the figures as PNG.

    Everything is made before the first file is replaced, and each file is replaced as a whole.

    Parameters
    ----------
    comparison : Comparison
    folder : str or path
        Made where there is none.
    figures : bool, default=True
        Whether to draw the figures, which needs matplotlib: ``filters.png``, ``reconstructions.png``,
        ``loss_curves.png`` and ``kl_curve.png``, each where the comparison has what it shows.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ImportError
        When the figures are wanted and matplotlib is not installed.
    OSError
        When a file cannot be written.
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
