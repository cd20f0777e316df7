"""Messages: as Python writes them, and with other names in their marks; every mark is the name of a parameter."""

import ast
import copy
import inspect
import pickle
from pathlib import Path
from string import Formatter

import pytest

import skae
from skae.commands.parameters import ESTIMATORS
from skae.runtime.messages import Mark, Message, any_of, marked, of_python, with_names, written


def _loud(mark):
    """A way to write marks that shows all of them."""
    return f"<{mark.parameter}|{mark.text}>"


@pytest.mark.parametrize(
    "template, values, python, loud",
    [
        ("Raise {max_iter}.", {}, "Raise max_iter.", "Raise <max_iter|None>."),
        ("Set {solver='adam'}", {}, "Set solver='adam'", "Set <solver|'adam'>"),
        ("{early_stopping=True}", {}, "early_stopping=True", "<early_stopping|True>"),
        ("{loss=}; {loss}", {"loss": "mse"}, "loss='mse'; mse", "<loss|'mse'>; mse"),
        ("{n} rows, {share:.0%}", {"n": 3, "share": 0.25}, "3 rows, 25%", "3 rows, 25%"),
        ("{None} stands for it, not None", {}, "None stands for it, not None", "<None|None> stands for it, not None"),
        ("braces {{tol}}", {}, "braces {tol}", "braces {tol}"),
        # What users give is never read for marks.
        ("{given}", {"given": "{tol} {None}"}, "{tol} {None}", "{tol} {None}"),
        ("{given=}", {"given": "{tol}"}, "given='{tol}'", "<given|'{tol}'>"),
        ("a {inner} b", {"inner": marked("{tol=1}")}, "a tol=1 b", "a <tol|1> b"),
        ("a {inner} b", {"inner": Mark("tol")}, "a tol b", "a <tol|None> b"),
    ],
)
def test_a_template_has_fields_and_marks(template, values, python, loud):
    message = marked(template, **values)
    assert message == python and str(message) == python
    assert message.written(_loud) == loud


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda message: pickle.loads(pickle.dumps(message))])
def test_copies_keep_the_marks(copied):
    message = copied(marked("{loss=}, {None}", loss="{x}"))
    assert type(message) is Message and message == "loss='{x}', None"
    assert message.written(_loud) == "<loss|'{x}'>, <None|None>"


def test_long_values_are_shortened():
    assert len(marked("{solver=}", solver="x" * 1000)) < 60


def test_a_choice_marks_none():
    assert any_of(["a", 2, None]) == "'a' or 2 or None"
    assert any_of(["a", 2, None]).written(_loud) == "'a' or 2 or <None|None>"
    assert any_of([False]) == "False"


def test_words_of_python_are_marked():
    text = "None, an int, an x or None"
    message = of_python(text, ", an x", "None")
    assert message == text
    assert message.written(_loud) == "<None|None>, an int<None|, an x> or <None|None>"


def test_other_names_leave_the_rest_as_in_python():
    write = with_names({"max_iter": "--epochs"})
    assert marked("{max_iter=3} {max_iter} {tol=None} {None}").written(write) == "--epochs=3 --epochs tol=None None"


@pytest.mark.parametrize("kind", [ValueError, MemoryError, UserWarning])
def test_errors_and_warnings_keep_their_marks(kind):
    error = pickle.loads(pickle.dumps(kind(marked("Lower {alpha}."))))
    assert str(error) == "Lower alpha." and written(error, _loud) == "Lower <alpha|None>."


@pytest.mark.parametrize("error", [ValueError("a {tol}"), ValueError(), OSError(2, "none"), KeyError("x")])
def test_other_errors_stay_as_they_are(error):
    assert written(error, _loud) == str(error)


def texts(node, assigned):
    """The texts that an expression may be, with 0 for inserted values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "0" for part in node.values)]
    return [text for value in assigned.get(getattr(node, "id", None), ()) for text in texts(value, {})]


def templates():
    """Each template of ``marked`` and ``ParameterError`` in the package, and the names of its values."""
    for path in sorted(Path(skae.__file__).parent.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            nodes, assigned = list(ast.walk(function)), {}
            for node in nodes:
                if isinstance(node, ast.Assign):
                    assigned.setdefault(getattr(node.targets[0], "id", None), []).append(node.value)
            for node in nodes:
                if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("marked", "ParameterError"):
                    words = {word.arg for word in node.keywords}
                    for argument in [*node.args, *(word.value for word in node.keywords if word.arg == "found")]:
                        for text in texts(argument, assigned):
                            yield pytest.param(text, words, id=f"{path.name}-{argument.lineno}")


@pytest.mark.parametrize("template, words", list(templates()))
def test_every_mark_is_a_parameter(template, words):
    parameters = {name for cls in ESTIMATORS.values() for name in inspect.signature(cls).parameters}
    own = {"None", "parameter", "value", "legal", "given"}
    for _, field, _, _ in Formatter().parse(template):
        name, equals, text = (field or "None").partition("=")
        assert name in parameters | words | own
        assert not (equals and not text) or name in words
        # Else the value would stand for the name.
        assert equals or name not in parameters & words
