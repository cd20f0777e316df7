"""The example of the README runs as it stands, and prints what it says."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

from skae.datasets import load_digits_unit

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.skipif(not README.exists(), reason="an installed package has no README")
def test_the_eight_lines_print_what_the_readme_says():
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 90
    code, printed = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)[1] for kind in ("python", "text"))
    assert len([line for line in code.splitlines() if line]) == 8
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, {})
    found, told = (np.array(re.findall(r"\d\.\d+", words), float) for words in (output.getvalue(), printed))
    # Another BLAS may change the last digit.
    np.testing.assert_allclose(found, told, atol=0.0151)
    own, pca = found
    assert own > pca + 0.05


def test_its_rows_are_of_other_writers():
    groups = load_digits_unit(return_X_y=True, return_groups=True)[2]
    assert len(groups) == 1287 + 510 and not set(groups[:1287]) & set(groups[1287:])
    assert "X[:1287]" in README.read_text(encoding="utf-8")
