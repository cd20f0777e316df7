"""What scikit-learn's convention asks of every display, and what happens without matplotlib."""

import inspect
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

import skae.plotting
from skae import AutoencoderTransformer
from skae.plotting import (
    ActivationDisplay,
    CodeDisplay,
    FeatureErrorDisplay,
    FilterDisplay,
    LossCurveDisplay,
    ReconstructionDisplay,
    TopRowsDisplay,
)

# The data of a constructor, and whether from_estimator takes X.
DATA = {
    ActivationDisplay: (lambda: {"code": np.eye(3)}, True),
    CodeDisplay: (lambda: {"points": np.eye(2)}, True),
    FeatureErrorDisplay: (lambda: {"errors": np.arange(4.0)}, True),
    FilterDisplay: (lambda: {"filters": np.eye(4)}, False),
    LossCurveDisplay: (lambda: {"loss_curves": {"a": [2.0, 1.0]}}, False),
    ReconstructionDisplay: (lambda: {"X": np.eye(4), "reconstructions": {"a": np.eye(4)}}, True),
    TopRowsDisplay: (lambda: {"activations": np.eye(3)}, True),
}
displays = pytest.mark.parametrize("cls", DATA, ids=lambda cls: cls.__name__)


def from_estimator(cls, estimator, X, **options):
    return cls.from_estimator(estimator, *([X] if DATA[cls][1] else []), **options)


def test_every_display_is_here():
    assert {cls.__name__ for cls in DATA} == set(skae.plotting.__all__)


@displays
def test_a_new_figure_of_pyplots(cls, fitted, X):
    display = from_estimator(cls, fitted["plain"], X)
    assert type(display) is cls
    assert display.figure_ is plt.gcf() and len(plt.get_fignums()) == 1
    assert display.ax_ in display.figure_.axes and display.ax_.has_data()


@displays
def test_axes_that_are_given(cls, fitted, X):
    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    display = from_estimator(cls, fitted["plain"], X, ax=right)
    assert display.ax_ is right and display.figure_ is figure
    assert right.has_data() and not left.has_data()
    assert plt.get_fignums() == [], "a figure was made though axes were given"
    figure.canvas.draw()


@displays
def test_a_display_is_drawn_again_on_other_axes(cls, fitted, X):
    display = from_estimator(cls, fitted["plain"], X)
    first, ax = display.ax_, Figure().subplots()
    assert display.plot(ax=ax) is display
    assert display.ax_ is ax and ax.has_data() and first.has_data()
    assert display.plot().ax_ not in (first, ax)


@displays
def test_the_constructor_stores_and_does_nothing_else(cls):
    data = DATA[cls][0]()
    display = cls(**data)
    for name in inspect.signature(cls).parameters:
        assert hasattr(display, name) and f"{name}" in cls.__doc__
    for name, value in data.items():
        assert getattr(display, name) is value
    assert not [name for name in vars(display) if name.endswith("_")] and plt.get_fignums() == []
    assert display.plot().ax_.has_data()


@pytest.mark.parametrize(
    "cls, name, shape",
    [
        (ActivationDisplay, "code", "(n_samples, n_components)"),
        (CodeDisplay, "points", "(n_samples, 2)"),
        (FeatureErrorDisplay, "errors", "(n_features,)"),
        (FilterDisplay, "filters", "(n_shown, n_features)"),
        (ReconstructionDisplay, "X", "(n_images, n_features)"),
        (ReconstructionDisplay, "corrupted", "(4, 4)"),
    ],
)
def test_data_of_another_shape(cls, name, shape):
    for wrong in (3.0, [], np.empty((0, 2)), np.empty((2, 0)), np.ones((2, 2, 2)), np.ones((3, 3, 1))):
        with pytest.raises(ValueError, match=rf"{name} must be of shape {re.escape(shape)}, with one value or more"):
            cls(**{**DATA[cls][0](), name: wrong}).plot()
    for wrong in ("abc", [["a", "b"]], [[1, 2], [3]], sparse.csr_array(np.eye(2)), np.eye(2) * 1j):
        with pytest.raises(ValueError, match=f"{name} must hold numbers, in the shape {re.escape(shape)}; got"):
            cls(**{**DATA[cls][0](), name: wrong}).plot()
    assert plt.get_fignums() == []


def test_reconstructions_of_another_shape():
    for wrong, words in ((np.eye(3), r"must be of shape \(4, 4\), .*got \(3, 3\)"), ("abc", "must hold numbers")):
        with pytest.raises(ValueError, match=r"reconstructions\['a'\] " + words):
            ReconstructionDisplay(np.eye(4), {"a": wrong}).plot()
    with pytest.raises(TypeError, match="reconstructions must be a dict of arrays by name; got list"):
        ReconstructionDisplay(np.eye(4), [np.eye(4)]).plot()


@displays
def test_options_of_plot_are_options_of_from_estimator(cls):
    plot, made = (inspect.signature(method).parameters for method in (cls.plot, cls.from_estimator))
    for name in plot.keys() - {"self"}:
        assert made[name].default == plot[name].default, name


@displays
def test_wrong_axes(cls, fitted, X):
    for ax in (Figure(), np.array([1]), "axes"):
        with pytest.raises(TypeError, match="ax must be a matplotlib Axes, or None for a new figure; got"):
            from_estimator(cls, fitted["plain"], X, ax=ax)


@displays
@pytest.mark.parametrize("estimator", [AutoencoderTransformer(), PCA()], ids=["skae", "pca"])
def test_estimators_that_are_not_fitted(cls, estimator, X):
    with pytest.raises(NotFittedError):
        from_estimator(cls, estimator, X)


@displays
def test_without_matplotlib_the_remedy_is_told(cls, fitted, X, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (lambda: from_estimator(cls, fitted["plain"], X), cls(**DATA[cls][0]()).plot):
        with pytest.raises(ImportError, match=rf"{cls.__name__} draws with matplotlib: pip install 'skae\[plots\]'"):
            draw()


def test_the_import_does_without_matplotlib():
    code = "import sys, skae.plotting; sys.exit(any(name.startswith('matplotlib') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
