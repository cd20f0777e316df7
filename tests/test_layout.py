"""The layout: few modules at the front, short files and functions, and as many levels of import as the contract has."""

import ast
from configparser import ConfigParser
from pathlib import Path

import pytest

import skae

PACKAGE = Path(skae.__file__).parent
ROOT = PACKAGE.parent
SOURCES = [pytest.param(path, id=str(path.relative_to(PACKAGE))) for path in sorted(PACKAGE.rglob("*.py"))]
WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef)


def length(node, n_lines):
    """Lines of a module or function but for those of its docstrings, and of those within it."""
    strings = [
        inner.body[0]
        for inner in ast.walk(node)
        if isinstance(inner, WITH_DOCSTRING) and ast.get_docstring(inner, clean=False) is not None
    ]
    return n_lines - sum(string.end_lineno - string.lineno + 1 for string in strings)


def test_few_modules_are_at_the_front():
    assert len(list(PACKAGE.glob("*.py"))) <= 14


@pytest.mark.parametrize("path", SOURCES)
def test_files_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert length(tree, len(text.splitlines())) <= 300
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert length(node, node.end_lineno - node.lineno + 1) <= 50, node.name


@pytest.mark.skipif(not (ROOT / "setup.cfg").exists(), reason="an installed package has no import contract")
def test_imports_have_nine_levels_at_the_most():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    levels = setup["importlinter:contract:layers"]["layers"].strip().splitlines()
    assert len(levels) <= 9
    # All rooms and modules stand in it.
    named = {name.strip() for level in levels for name in level.split("|")}
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert named == rooms | {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
