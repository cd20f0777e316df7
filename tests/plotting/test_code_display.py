"""CodeDisplay: points are the code, or the projection by the eigenvectors of its covariance; colours are y."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.colors import to_rgba
from sklearn.cluster import DBSCAN
from sklearn.decomposition import PCA

from skae import AutoencoderTransformer
from skae.plotting import CodeDisplay

SETTINGS = {"max_iter": 3, "tol": 0.0, "random_state": 0}


def offsets(display):
    return np.asarray(display.scatter_.get_offsets())


def projected(code):
    """Onto the two leading eigenvectors of the covariance, and their shares; signs are free."""
    centred = code - code.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    return centred @ vectors[:, [-1, -2]], values[[-1, -2]] / values.sum()


@pytest.mark.parametrize("name", ["plain", "deep", "pca", "pipeline"])
def test_a_wide_code_is_projected(name, fitted, X):
    display = CodeDisplay.from_estimator(fitted[name], X)
    expected, shares = projected(fitted[name].transform(X))
    signs = np.sign((offsets(display) * expected).sum(axis=0))
    np.testing.assert_allclose(offsets(display), signs * expected, atol=1e-9)
    np.testing.assert_array_equal(display.points, offsets(display))
    for label, which, share in zip((display.ax_.get_xlabel(), display.ax_.get_ylabel()), ("first", "second"), shares):
        assert label == f"{which} principal component of the code\n({100 * share:.0f} % of its variance)"


def test_a_code_of_two_is_drawn_as_it_is(X):
    pca = PCA(2).fit(X)
    display = CodeDisplay.from_estimator(pca, X)
    np.testing.assert_array_equal(offsets(display), pca.transform(X))
    assert display.ax_.get_xlabel() == "component 0 of the code"


@pytest.mark.parametrize("components", [(3, 1), [3, 1], np.array([3, 1])])
def test_components_that_are_chosen(components, fitted, X):
    display = CodeDisplay.from_estimator(fitted["sparse"], X, components=components)
    np.testing.assert_array_equal(offsets(display), fitted["sparse"].transform(X)[:, [3, 1]])
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == (
        "component 3 of the code",
        "component 1 of the code",
    )


@pytest.mark.parametrize(
    "name", [str, int, lambda label: f"digit {label}", float, lambda label: bool(label % 2)], ids=range(5)
)
def test_classes_have_a_legend(name, fitted, X, y):
    labels = np.array([name(label) for label in y])
    display = CodeDisplay.from_estimator(fitted["plain"], X, labels)
    texts = [text.get_text() for text in display.legend_.get_texts()]
    handles = [to_rgba(handle.get_color()) for handle in display.legend_.legend_handles]
    assert texts == [str(label) for label in sorted(set(labels.tolist()))] and len(set(handles)) == len(texts)
    shown = dict(zip(texts, handles))
    for label, color in zip(labels, display.scatter_.get_facecolors()):
        np.testing.assert_allclose(color[:3], shown[str(label)][:3])
    assert display.colorbar_ is None


@pytest.mark.parametrize("values", ["fractions", "many integers"])
def test_numbers_have_a_colour_bar(values, fitted, X):
    numbers = X.mean(axis=1) if values == "fractions" else np.arange(len(X)) % 21
    display = CodeDisplay.from_estimator(fitted["plain"], X, numbers, cmap="cividis")
    np.testing.assert_array_equal(display.scatter_.get_array(), numbers)
    assert display.colorbar_.mappable is display.scatter_ and display.legend_ is None
    assert display.scatter_.get_cmap().name == "cividis"
    assert display.scatter_.get_clim() == (numbers.min(), numbers.max())


def test_without_y_there_is_one_colour(fitted, X):
    display = CodeDisplay.from_estimator(fitted["plain"], X)
    assert len(display.scatter_.get_facecolors()) == 1
    assert display.legend_ is None and display.colorbar_ is None


def test_many_classes_still_differ(fitted, X):
    names = np.array([f"class {i % 40}" for i in range(len(X))])
    display = CodeDisplay.from_estimator(fitted["plain"], X, names)
    colors = {tuple(handle.get_color()) for handle in display.legend_.legend_handles}
    assert len(colors) == 40


@pytest.mark.parametrize("kind", [list, pd.Series, pl.Series, pd.Categorical])
def test_labels_of_all_kinds(kind, fitted, X, y):
    named = [f"digit {label}" for label in y]
    display = CodeDisplay.from_estimator(fitted["plain"], X, kind(named))
    assert len(display.legend_.get_texts()) == len(set(named))


def test_names_are_no_formulas(fitted, X):
    display = CodeDisplay.from_estimator(fitted["plain"], X, ["$_$", "2$ to 3$"] * 100)
    display.figure_.canvas.draw()
    assert not any(text.get_parse_math() for text in display.legend_.get_texts())


def test_frames(X):
    frame = pd.DataFrame(X, index=np.arange(len(X)) * 3).add_prefix("pixel ")
    ae = AutoencoderTransformer(3, **SETTINGS).set_output(transform="pandas").fit(frame)
    display = CodeDisplay.from_estimator(ae, frame, components=(0, 2))
    np.testing.assert_array_equal(display.points, ae.transform(frame).to_numpy()[:, [0, 2]])


def test_style(fitted, X, y):
    display = CodeDisplay.from_estimator(fitted["plain"], X, y, scatter_kwargs={"s": 77, "alpha": 0.25})
    assert display.scatter_.get_sizes() == [77] and (display.scatter_.get_facecolors()[:, 3] == 0.25).all()


def test_a_code_that_does_not_vary(X):
    display = CodeDisplay.from_estimator(PCA(3).fit(X), np.repeat(X[:1], 5, axis=0))
    assert display.ax_.get_xlabel() == "first principal component of the code\n(0 % of its variance)"


def test_one_row(fitted, X):
    display = CodeDisplay.from_estimator(fitted["plain"], X[:1], components=(0, 1))
    assert offsets(display).shape == (1, 2)
    with pytest.raises(ValueError, match=r"two rows of X or more, whose codes are projected; got 1\. Pass components"):
        CodeDisplay.from_estimator(fitted["plain"], X[:1])


def test_wrong_input(fitted, X, y):
    one = PCA(1).fit(X)
    with pytest.raises(
        ValueError, match=r"needs a code of at least two components; got one of 1\. .*ActivationDisplay"
    ):
        CodeDisplay.from_estimator(one, X)
    for components in ((0, 12), (-1, 0), (0,), (0, 1, 2), 3, (0.5, 1), "ab"):
        with pytest.raises(ValueError, match=r"components must be two integers in \[0, 11\]; got"):
            CodeDisplay.from_estimator(fitted["plain"], X, components=components)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        CodeDisplay.from_estimator(fitted["plain"], X, y[:-1])
    with pytest.raises(ValueError, match="Input y contains NaN"):
        CodeDisplay.from_estimator(fitted["plain"], X, np.where(y == 0, np.nan, y))
    with pytest.raises(ValueError, match="Input y contains None"):
        CodeDisplay.from_estimator(fitted["plain"], X, ["one", None] * 100)
    with pytest.raises(ValueError, match="y should be a 1d array"):
        CodeDisplay.from_estimator(fitted["plain"], X, np.column_stack([y, y]))
    with pytest.raises(TypeError, match=r"A code needs an estimator with transform; DBSCAN"):
        CodeDisplay.from_estimator(DBSCAN().fit(X), X)
