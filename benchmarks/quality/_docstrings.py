"""A corpus that every installation has: paragraphs of the docstrings of NumPy, SciPy and scikit-learn."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("numpy", "scipy", "sklearn")

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)

# Letters of a paragraph, at least: shorter ones are headings and signatures.
_LETTERS = 80


def paragraphs(packages=PACKAGES):
    """The paragraphs of all docstrings, each once, in the order of the files.

    Parameters
    ----------
    packages : sequence of str

    Returns
    -------
    list of str
    """
    found = {}
    for package in packages:
        for path in sorted(Path(find_spec(package).origin).parent.rglob("*.py")):
            if "tests" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                text = ast.get_docstring(node) if isinstance(node, _DOCUMENTED) else None
                for paragraph in re.split(r"\n\s*\n", text or ""):
                    if len(re.findall("[a-z]", paragraph)) >= _LETTERS and ">>>" not in paragraph:
                        found[paragraph] = None
    return list(found)
