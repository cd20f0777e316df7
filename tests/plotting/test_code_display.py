"""CodeDisplay: points are the code, or the projection by the eigenvectors of its covariance; colours are y."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from matplotlib.colors import to_rgba
from settings import FIXED
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
    numbers = X.mean(axis=1) if values == "fractions" else 1900 + np.arange(len(X)) % 21
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


@pytest.mark.parametrize("options", [{"lw": 3}, {"linewidths": 3}, {"marker": "x", "linewidth": 3}])
def test_lines_by_any_of_their_names(options, fitted, X, y):
    display = CodeDisplay.from_estimator(fitted["plain"], X, y, scatter_kwargs=options)
    assert display.scatter_.get_linewidths() == [3]


@pytest.mark.parametrize("name", ["c", "color"])
def test_colours_of_ones_own_in_the_place_of_those_of_y(name, fitted, X, y):
    display = CodeDisplay.from_estimator(fitted["plain"], X, scatter_kwargs={name: "red"})
    np.testing.assert_allclose(display.scatter_.get_facecolors(), [[1, 0, 0, 0.8]])
    for colours in (y, X.mean(axis=1)):
        with pytest.raises(ValueError, match=f"y gives the colours: leave {name} out of scatter_kwargs, or pass y=Non"):
            CodeDisplay.from_estimator(fitted["plain"], X, colours, scatter_kwargs={name: "red"})


def test_crosses_are_seen(fitted, X, y):
    display = CodeDisplay.from_estimator(fitted["plain"], X, y, scatter_kwargs={"marker": "x"})
    assert display.scatter_.get_linewidths() > 0
    assert {handle.get_marker() for handle in display.legend_.legend_handles} == {"x"}


@pytest.mark.parametrize("scatter_kwargs", ["red", [("s", 3)], 3])
def test_a_style_is_a_dict(scatter_kwargs, fitted, X):
    with pytest.raises(TypeError, match="scatter_kwargs must be a dict of options of PathCollection, or None; got"):
        CodeDisplay.from_estimator(fitted["plain"], X, scatter_kwargs=scatter_kwargs)


@pytest.mark.parametrize("n_classes", [3, 60, 61, 200])
def test_the_legend_is_on_the_figure(n_classes, fitted, X):
    names = [f"the name of a class that is longer than a figure is wide {i % n_classes:03}" * 2 for i in range(len(X))]
    display = CodeDisplay.from_estimator(fitted["plain"], X, names)
    display.figure_.canvas.draw()
    legend, figure = display.legend_.get_window_extent(), display.figure_.bbox
    assert display.ax_.get_window_extent().xmax <= legend.xmin and legend.xmax <= figure.xmax
    assert 0 <= legend.ymin and legend.ymax <= figure.ymax
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert len(texts) == min(n_classes, 60) and max(map(len, texts)) == 40
    assert (texts[-1] == f"and {n_classes - 59} more") == (n_classes > 60)


def test_a_code_that_does_not_vary(X):
    same = np.repeat(X[:1], 5, axis=0)
    noise = 1 + 1e-16 * np.arange(5)[:, None]
    for rows in (same, same * noise, same.astype(np.float32)):
        display = CodeDisplay.from_estimator(PCA(3).fit(X), rows)
        assert display.ax_.get_xlabel() == "first principal component of the code\n(the same for all rows)"
        assert display.ax_.get_ylabel() == "second principal component of the code\n(the same for all rows)"
        assert not display.points.any()
    dead = AutoencoderTransformer(4, activation="relu", **FIXED, max_iter=2, tol=0.0, random_state=0).fit(X)
    dead.coefs_[0][...] = 0
    dead.intercepts_[0][...] = [0.1, 0.2, 0.3, 1 / 3]
    assert "the same for all rows" in CodeDisplay.from_estimator(dead, X).ax_.get_xlabel()
    dead.coefs_[0][:, 2] = 0.01
    one = CodeDisplay.from_estimator(dead, X)
    assert "(100 % of its variance)" in one.ax_.get_xlabel() and "(0 % of its" in one.ax_.get_ylabel()
    chosen = CodeDisplay.from_estimator(dead, X, components=(3, 2))
    assert chosen.ax_.get_xlabel() == "component 3 of the code\n(the same for all rows)"
    assert chosen.ax_.get_ylabel() == "component 2 of the code"


def test_one_row(fitted, X):
    display = CodeDisplay.from_estimator(fitted["plain"], X[:1], components=(0, 1))
    assert offsets(display).shape == (1, 2)
    with pytest.raises(ValueError, match=r"at least two rows of X to project their codes; got 1\. Pass components"):
        CodeDisplay.from_estimator(fitted["plain"], X[:1])


def test_wrong_input(fitted, X, y):
    one = PCA(1).fit(X)
    with pytest.raises(
        ValueError, match=r"needs a code of at least two components; got one of 1\. .*ActivationDisplay"
    ):
        CodeDisplay.from_estimator(one, X)
    for components in ((0, 12), (-1, 0), (0,), (0, 1, 2), 3, (0.5, 1), "ab", (True, False)):
        with pytest.raises(ValueError, match=r"components must be two integers in \[0, 11\]; got"):
            CodeDisplay.from_estimator(fitted["plain"], X, components=components)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        CodeDisplay.from_estimator(fitted["plain"], X, y[:-1])
    with pytest.raises(ValueError, match="y should be a 1d array"):
        CodeDisplay.from_estimator(fitted["plain"], X, np.column_stack([y, y]))
    with pytest.raises(TypeError, match=r"A code needs an estimator with transform; DBSCAN"):
        CodeDisplay.from_estimator(DBSCAN().fit(X), X)
    for labels in (("a",), "ab", ("a", "b", "c")):
        with pytest.raises(ValueError, match="axis_labels must be the two labels of the axes, or None; got"):
            CodeDisplay(X[:, :2], axis_labels=labels).plot()


@pytest.mark.parametrize(
    "y",
    [
        np.array([1.0, np.nan]),
        ["one", None],
        ["one", np.nan],
        ["one", pd.NA],
        pd.Series([1, None], dtype="Int64"),
        pd.Series([True, None], dtype="boolean"),
        pd.Series(["one", None], dtype="string"),
        pd.Categorical(["one", None]),
        pl.Series(["one", None]),
    ],
    ids=str,
)
def test_missing_values_of_all_kinds_are_grey_and_in_the_legend(y):
    display = CodeDisplay(np.eye(2), y=y).plot()
    present, missing = display.scatter_.get_facecolors()[:, :3]
    np.testing.assert_allclose(missing, 0.8)
    assert np.ptp(present) > 0.2, "the point with a class is grey"
    name = str(next(value for value in y if value is not None and value == value and value is not pd.NA))
    assert [text.get_text() for text in display.legend_.get_texts()] == [name.removesuffix(".0"), "missing"]


def test_numbers_that_are_missing_are_grey_beside_a_colour_bar(fitted, X):
    numbers = X.mean(axis=1)
    for y in (np.where(numbers > 0.3, np.nan, numbers), [None if value > 0.3 else value for value in numbers]):
        display = CodeDisplay.from_estimator(fitted["plain"], X, y)
        display.figure_.canvas.draw()
        colours = display.scatter_.to_rgba(display.scatter_.get_array())[:, :3]
        np.testing.assert_allclose(colours[numbers > 0.3], 0.8)
        assert (np.ptp(colours[numbers <= 0.3], axis=1) > 0.1).all()
        assert display.scatter_.get_clim() == (numbers.min(), numbers[numbers <= 0.3].max())
        assert [text.get_text() for text in display.legend_.get_texts()] == ["missing"]
        legend, bar = display.legend_.get_window_extent(), display.colorbar_.ax.get_window_extent()
        assert legend.ymin >= display.ax_.get_window_extent().ymax and legend.xmax <= bar.xmin


@pytest.mark.parametrize("y", [[None, None], [np.nan, np.nan], np.full(2, np.nan), np.array([None, None])], ids=str)
def test_no_label_at_all(y):
    display = CodeDisplay(np.eye(2), y=y).plot()
    assert [text.get_text() for text in display.legend_.get_texts()] == ["missing"] and display.colorbar_ is None
    np.testing.assert_allclose(display.scatter_.get_facecolors()[:, :3], 0.8)


def test_missing_labels_are_named_beside_many_classes():
    names = [f"class {i}" for i in range(80)]
    display = CodeDisplay(np.arange(162.0).reshape(81, 2), y=[*names, None]).plot()
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert "missing" in texts and texts[-1] == "and 22 more" and len(texts) == 60


@pytest.mark.parametrize("kind", [np.array, list, pd.Series, pl.Series, pa.array])
def test_labels_with_gaps_of_all_kinds_have_the_names_of_those_without(kind, fitted, X, y):
    gaps = [None if i % 7 == 0 else int(label) for i, label in enumerate(y)]
    display = CodeDisplay.from_estimator(fitted["plain"], X, kind(gaps))
    assert [text.get_text() for text in display.legend_.get_texts()] == [*map(str, range(10)), "missing"]


def test_decimals_are_numbers(fitted, X):
    cents = [Decimal(i).scaleb(-2) for i in range(len(X))]
    display = CodeDisplay.from_estimator(fitted["plain"], X, np.array(cents, dtype=object))
    np.testing.assert_allclose(display.scatter_.get_array(), np.arange(len(X)) / 100)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, object])
@pytest.mark.parametrize("first", [0, 1])
def test_sixty_classes_as_integers_have_a_legend(first, dtype, fitted, X):
    labels = (np.arange(len(X)) % 60 + first).astype(dtype)
    display = CodeDisplay.from_estimator(fitted["plain"], X, labels)
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert texts == [str(first + i) for i in range(60)] and display.colorbar_ is None
    display.figure_.canvas.draw()
    legend, figure = display.legend_.get_window_extent(), display.figure_.bbox
    assert legend.xmax <= figure.xmax and 0 <= legend.ymin and legend.ymax <= figure.ymax


@pytest.mark.parametrize("numbers", [np.arange(200), 1950 + np.arange(200) % 60, np.arange(200) % 60 * 100])
def test_integers_that_count_no_classes_have_a_colour_bar(numbers, fitted, X):
    display = CodeDisplay.from_estimator(fitted["plain"], X, numbers)
    assert display.legend_ is None and display.colorbar_ is not None
    as_floats = CodeDisplay.from_estimator(fitted["plain"], X, (np.arange(200) % 60).astype(float))
    assert as_floats.legend_ is None and as_floats.colorbar_ is not None


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(pd.to_datetime(["2020-01-01", "2020-02-01"])),
        pd.Series(pd.to_datetime(["2020-01-01", "2020-02-01"])).dt.tz_localize("UTC"),
        pd.to_timedelta([1, 2], unit="D"),
        pd.Series([pd.Timestamp("2020-01-01", tz="UTC"), pd.NaT]),
        [date(2020, 1, 1), date(2020, 2, 1)],
    ],
    ids=str,
)
def test_dates_are_to_be_converted(y):
    with pytest.raises(ValueError, match=r"got dates or durations, dtype .*to days since .* to strings for classes"):
        CodeDisplay(np.eye(2), y=y).plot()


def test_classes_without_an_order():
    with pytest.raises(ValueError, match="y must hold values of one kind, which have an order; got int and str"):
        CodeDisplay(np.eye(2), y=np.array(["one", 2], dtype=object)).plot()
