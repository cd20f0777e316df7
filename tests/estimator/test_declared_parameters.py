"""One list of parameters: signatures, constraints and documentation follow from the declarations."""

import inspect
import re

import pytest

from skae.estimator.registry import ESTIMATORS
from skae.estimator.shared_parameters import SHARED

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS.values())


@every_estimator
def test_signatures_repeat_the_declarations(cls):
    found = {name: p.default for name, p in inspect.signature(cls).parameters.items()}
    declared = {name: parameter.default for name, parameter in cls._parameters.items()}
    assert found == declared
    assert {name: type(value) for name, value in found.items()} == {n: type(v) for n, v in declared.items()}


@every_estimator
def test_the_width_comes_first_and_the_rest_by_name(cls):
    first, *others = inspect.signature(cls).parameters.values()
    assert first.name == "n_components" and first.kind is first.POSITIONAL_OR_KEYWORD
    assert {p.kind for p in others} == {inspect.Parameter.KEYWORD_ONLY}
    # Those of its own, then the shared ones, each in the order of its declaration.
    own = [name for name in cls._parameters if name not in {parameter.name for parameter in SHARED}]
    assert [p.name for p in others] == [*own, *(parameter.name for parameter in SHARED[1:])]


@every_estimator
def test_all_are_attributes_constrained_and_documented(cls):
    arguments = {name: object() for name in cls._parameters}
    assert vars(cls(**arguments)) == arguments
    assert cls._parameter_constraints.keys() == cls._parameters.keys()
    section = inspect.getdoc(cls).split("Attributes\n---")[0]
    documented = re.findall(r"^(\w+) : ", section, re.MULTILINE)
    assert sorted(documented) == sorted(cls._parameters)
    assert "{" not in section.split("Parameters\n---")[0]
