"""LossCurveDisplay: the curves of the estimators, with the units of their loss."""

from tempfile import TemporaryDirectory

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, load, save, stack
from skae.kernels.losses import LOSSES
from skae.plotting import LossCurveDisplay

SETTINGS = {"max_iter": 4, "tol": 0.0, "random_state": 0}


def test_curves_by_epoch(fitted):
    estimators = {"plain": fitted["plain"], "noisy": fitted["denoising"], "piped": fitted["pipeline"]}
    display = LossCurveDisplay.from_estimator(estimators)
    assert list(display.lines_) == ["plain", "noisy", "piped"] and list(display.validation_lines_) == ["plain"]
    for name, line in display.lines_.items():
        model = estimators[name][-1] if name == "piped" else estimators[name]
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 7))
        np.testing.assert_array_equal(line.get_ydata(), model.loss_curve_)
    held = display.validation_lines_["plain"]
    np.testing.assert_array_equal(held.get_ydata(), fitted["plain"].validation_loss_curve_)
    assert held.get_linestyle() == "--" and held.get_color().tolist() == display.lines_["plain"].get_color().tolist()
    assert len({tuple(line.get_color()) for line in display.lines_.values()}) == 3
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["plain, training", "plain, validation", "noisy", "piped"]
    assert display.ax_.get_xlabel() == "epoch"


@pytest.mark.parametrize("loss, unit", [("squared_error", "squared units of X"), ("log_loss", "nats")])
def test_units_of_the_loss(loss, unit, X):
    display = LossCurveDisplay.from_estimator(AutoencoderTransformer(4, loss=loss, **SETTINGS).fit(X))
    assert display.loss == loss
    assert display.ax_.get_ylabel() == f"mean loss of a row, penalties included\n({unit})"


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_has_a_unit(loss):
    assert LossCurveDisplay({"a": [1.0]}, loss=loss).plot().ax_.get_ylabel().endswith(")")


def test_losses_of_two_units_do_not_go_together(X, fitted):
    other = AutoencoderTransformer(4, loss="log_loss", **SETTINGS).fit(X)
    with pytest.raises(ValueError, match=r"loss must be the same.*'a': 'squared_error', 'b': 'log_loss'"):
        LossCurveDisplay.from_estimator({"a": fitted["plain"], "b": other})


def test_iterations(X, fitted):
    full = AutoencoderTransformer(4, solver="lbfgs", max_iter=5, random_state=0).fit(X)
    assert LossCurveDisplay.from_estimator(full).ax_.get_xlabel() == "iteration"
    assert LossCurveDisplay.from_estimator([full, fitted["plain"]]).ax_.get_xlabel() == "epoch or iteration"


def test_steps_are_those_of_the_training_and_not_of_a_parameter_set_later(X):
    epochs = AutoencoderTransformer(4, solver="adam", **SETTINGS).fit(X).set_params(solver="lbfgs")
    iterations = AutoencoderTransformer(4, solver="lbfgs", **SETTINGS).fit(X).set_params(solver="adam")
    for ae, step in ((epochs, "epoch"), (iterations, "iteration")):
        assert LossCurveDisplay.from_estimator(ae).ax_.get_xlabel() == step
        with TemporaryDirectory() as folder:
            save(ae, f"{folder}/model.skae")
            assert LossCurveDisplay.from_estimator(load(f"{folder}/model.skae")).ax_.get_xlabel() == step


def test_scale_and_style(fitted):
    display = LossCurveDisplay.from_estimator(fitted["plain"], log_scale=True, line_kwargs={"linewidth": 5})
    assert display.ax_.get_yscale() == "log" and LossCurveDisplay({"a": [1]}).plot().ax_.get_yscale() == "linear"
    assert {line.get_linewidth() for line in display.ax_.lines} == {5}
    aliases = LossCurveDisplay.from_estimator(fitted["plain"], line_kwargs={"lw": 2, "c": "k", "ls": ":"})
    assert {(line.get_color(), line.get_linestyle()) for line in aliases.ax_.lines} == {("k", ":")}


def test_validation_stands_at_its_epochs(X):
    ae = AutoencoderTransformer(4, warm_start=True, early_stopping=True, **SETTINGS).fit(X)
    held = list(ae.validation_loss_curve_)
    ae.set_params(early_stopping=False).fit(X)
    line = LossCurveDisplay.from_estimator({"a": ae}).validation_lines_["a"]
    np.testing.assert_array_equal(line.get_ydata(), held + 4 * [np.nan])
    ae.set_params(early_stopping=True).fit(X).set_params(early_stopping=False).partial_fit(X)
    line = LossCurveDisplay.from_estimator({"a": ae}).validation_lines_["a"]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 14))
    assert list(np.isfinite(line.get_ydata())) == 4 * [True] + 4 * [False] + 4 * [True] + [False]
    late = AutoencoderTransformer(4, warm_start=True, **SETTINGS).fit(X).set_params(early_stopping=True).fit(X)
    line = LossCurveDisplay.from_estimator({"a": late}).validation_lines_["a"]
    assert list(np.isfinite(line.get_ydata())) == 4 * [False] + 4 * [True]


def test_the_autoencoder_of_a_detector(X, fitted):
    pipeline = make_pipeline(StandardScaler(), AutoencoderOutlierDetector(fitted["denoising"])).fit(X)
    line = LossCurveDisplay.from_estimator(pipeline).lines_["DenoisingAE"]
    np.testing.assert_array_equal(line.get_ydata(), pipeline[-1].estimator_.loss_curve_)


def test_more_curves_than_colours():
    display = LossCurveDisplay({f"a training with a name that is long {i}": [2.0, 1.0 + i] for i in range(62)}).plot()
    assert len({tuple(line.get_color()) for line in display.lines_.values()}) == 62
    display.figure_.canvas.draw()
    legend, figure = display.ax_.get_legend().get_window_extent(), display.figure_.bbox
    assert display.ax_.get_window_extent().xmax <= legend.xmin and legend.xmax <= figure.xmax
    assert 0 <= legend.ymin and legend.ymax <= figure.ymax
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()][-1] == "and 3 more"


def test_no_curve_is_lost_by_its_label():
    display = LossCurveDisplay({"a": [2.0], "a, training": [3.0]}, validation_loss_curves={"a": [1.0]}).plot()
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["a, training", "a, validation", "a, training"] and len(display.ax_.lines) == 3


@pytest.mark.parametrize(
    "data, error, words",
    [
        ({"loss_curves": [1.0]}, TypeError, "loss_curves must be a dict of arrays by name; got list"),
        ({"loss_curves": {}}, ValueError, "loss_curves must hold at least one array"),
        ({"loss_curves": {"a": []}}, ValueError, r"loss_curves\['a'\] must be of shape \(n_epochs,\).*got \(0,\)"),
        ({"loss_curves": {"a": 1.0}}, ValueError, r"loss_curves\['a'\] must be of shape \(n_epochs,\)"),
        ({"validation_loss_curves": [1.0]}, TypeError, "validation_loss_curves must be a dict"),
        ({"validation_loss_curves": {"a": [1.0], "b": [1.0]}}, ValueError, r"\['a'\]; got \['b'\] beside them"),
    ],
)
def test_wrong_curves(data, error, words):
    with pytest.raises(error, match=words):
        LossCurveDisplay(**{"loss_curves": {"a": [1.0]}, **data}).plot()


@pytest.mark.parametrize("line_kwargs", ["red", [("color", "red")], 3])
def test_a_style_is_a_dict(line_kwargs, fitted):
    with pytest.raises(TypeError, match="line_kwargs must be a dict of options of Line2D, or None; got"):
        LossCurveDisplay.from_estimator(fitted["plain"], line_kwargs=line_kwargs)


def test_a_single_epoch_is_seen():
    markers = [LossCurveDisplay({"a": curve}).plot().lines_["a"].get_marker() for curve in ([1.0], [2.0, 1.0])]
    assert markers == ["o", "None"]


def test_what_has_no_curve(X, fitted):
    with pytest.raises(TypeError, match=r"LossCurveDisplay needs a fitted autoencoder of skae.*got PCA"):
        LossCurveDisplay.from_estimator(PCA(2).fit(X))
    with pytest.raises(ValueError, match="The loss_curve_ of AutoencoderTransformer is empty, as it is after stack"):
        LossCurveDisplay.from_estimator(stack(fitted["plain"]))
    for loss in ("hinge", ["log_loss"], None):
        with pytest.raises(ValueError, match="loss must be 'squared_error' or 'log_loss'; got"):
            LossCurveDisplay({"a": [1.0]}, loss=loss).plot()


@pytest.mark.parametrize("name", ["_hidden", r"$\frac$"])
def test_a_name_stands_in_the_legend_as_it_is_given(name, fitted):
    display = LossCurveDisplay.from_estimator({name: fitted["denoising"]})
    display.figure_.canvas.draw()
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == [name]


def test_names_that_are_the_same_text_are_refused(fitted):
    with pytest.raises(ValueError, match="names of estimators must differ"):
        LossCurveDisplay.from_estimator({1: fitted["denoising"], "1": fitted["denoising"]})
