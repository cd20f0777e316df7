"""``python -m skae plot``: each kind draws its display, of the right data."""

import numpy as np
import pandas as pd
import pytest

from skae import AutoencoderTransformer, DenoisingAE, plotting, save
from skae.__main__ import main
from skae.commands.plot import KINDS

pytest.importorskip("matplotlib")

FEATURES = ["a", "b", "c", "d"]
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


def _main(*arguments):
    return main([str(argument) for argument in arguments])


@pytest.fixture
def drawn(monkeypatch):
    """What the displays are made of, by the names of their classes."""
    calls = {}
    for kind in KINDS.values():
        display = getattr(plotting, kind.display)

        def spy(*data, _make=display.from_estimator, _name=kind.display, **given):
            calls[_name] = (data, given)
            return _make(*data, **given)

        monkeypatch.setattr(display, "from_estimator", spy)
    return calls


def _rows(kind, path):
    return [] if KINDS[kind].rows == "none" else [path]


@EVERY_KIND
def test_every_kind_draws_its_display(kind, folder, named_file, frame, tmp_path, drawn, capsys):
    from matplotlib.image import imread
    from matplotlib.pyplot import get_fignums

    before = get_fignums()
    path = tmp_path / "new" / "picture.png"
    assert _main("plot", named_file, *_rows(kind, folder / "rows.csv"), "--kind", kind, "--output", path) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"written: {path}\n")
    pixels = imread(path)[..., :3]
    assert pixels.shape[0] > 100 and pixels.shape[1] > 400 and (pixels < 0.9).any(axis=2).mean() > 0.005
    ((model, *data), _) = drawn[KINDS[kind].display]
    assert model.n_components == 3 and get_fignums() == before
    if data:
        np.testing.assert_allclose(data[0], frame[FEATURES], rtol=1e-15)


@pytest.mark.parametrize(
    "ending, start", [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml"), ("PNG", b"\x89PNG")]
)
def test_the_ending_tells_the_format(ending, start, named_file, tmp_path):
    path = tmp_path / f"curve.{ending}"
    assert _main("plot", named_file, "--kind", "loss-curve", "--output", path, "--quiet") == 0
    assert path.read_bytes().startswith(start)


def test_options_are_handed_to_the_display(folder, frame, named_file, tmp_path, drawn):
    path = tmp_path / "picture.png"
    rows = folder / "rows.csv"
    for kind, options in {
        "filters": ["--image-shape", "1,4"],
        "reconstructions": ["--image-shape", "4,1"],
        "feature-errors": ["--image-shape", "2,2"],
        "code": ["--color-by", "a"],
        "loss-curve": ["--log-scale"],
        "activations": ["--log-scale"],
    }.items():
        assert _main("plot", named_file, *_rows(kind, rows), "--kind", kind, "--output", path, *options) == 0
    assert drawn["FilterDisplay"][1] == {"image_shape": (1, 4)}
    assert drawn["ReconstructionDisplay"][1] == {"image_shape": (4, 1), "random_state": 0}
    assert drawn["FeatureErrorDisplay"][1] == {"image_shape": (2, 2)}
    assert drawn["LossCurveDisplay"][1] == drawn["ActivationDisplay"][1] == {"log_scale": True}
    np.testing.assert_allclose(drawn["CodeDisplay"][1]["y"], frame["a"], rtol=1e-15)


def test_colours_may_be_words_and_are_no_feature(folder, frame, unnamed_file, tmp_path, drawn):
    words = np.where(frame["a"] < 0.5, "low", "high")
    frame[FEATURES].assign(label=words).to_csv(tmp_path / "rows.csv", index=False)
    arguments = ["plot", unnamed_file, tmp_path / "rows.csv", "--kind", "code", "--output", tmp_path / "code.png"]
    assert _main(*arguments, "--color-by", "label") == 0
    (_, X), given = drawn["CodeDisplay"]
    assert X.shape == (30, 4) and list(given["y"]) == list(words)


def test_filters_need_no_rows(named_file, tmp_path, drawn):
    assert _main("plot", named_file, "--kind", "filters", "--output", tmp_path / "filters.png") == 0
    assert len(drawn["FilterDisplay"][0]) == 1


def test_corrupted_pictures_are_the_same_every_time(folder, X, tmp_path):
    save(DenoisingAE(2, max_iter=2, noise_level=0.5, random_state=0).fit(X), tmp_path / "m.skae")
    arguments = ["plot", tmp_path / "m.skae", folder / "rows.npy", "--kind", "reconstructions"]
    for name in ("one.png", "two.png"):
        assert _main(*arguments, "--output", tmp_path / name) == 0
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


# What is refused.


@pytest.mark.parametrize(
    "kind, options, words",
    [
        (None, [], "the following arguments are required: --kind"),
        ("weights", [], "argument --kind: invalid choice: 'weights'"),
        ("code", [], "--kind code shows rows: give the file INPUT after MODEL"),
        ("loss-curve", ["rows.csv"], "--kind loss-curve shows no rows"),
        ("filters", ["--color-by", "a"], "--color-by is for --kind code; got --kind filters"),
        ("filters", ["--log-scale"], "--log-scale is for --kind loss-curve and activations; got --kind filters"),
        ("filters", ["--image-shape", "2x2"], "argument --image-shape: must be two integers"),
        ("filters", ["--image-shape", "2"], "argument --image-shape: must be two integers"),
        ("filters", ["--output", "x.gif"], "argument --output: must end in .png or .pdf or .svg"),
    ],
)
def test_wrong_usage_is_told(kind, options, words, folder, named_file, tmp_path, refused):
    options = [folder / option if option == "rows.csv" else option for option in options]
    asked = [] if kind is None else ["--kind", kind]
    output = ["--output", tmp_path / "picture.png"]
    refused(2, words, "plot", named_file, *options, *asked, *([] if "--output" in options else output))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "kind, options, words",
    [
        ("filters", ["--image-shape", "3,3"], "--image-shape must be (height, width) with height * width = 4"),
        ("code", ["--color-by", "z"], "--color-by: "),
        ("code", ["--columns", "a"], "--columns and --exclude are for a model that was fitted without names"),
    ],
)
def test_what_cannot_be_drawn_is_told(kind, options, words, frame, named_file, tmp_path, refused):
    frame.assign(gaps=np.nan).to_csv(tmp_path / "rows.csv", index=False)
    arguments = ["plot", named_file, tmp_path / "rows.csv", "--kind", kind, "--output", tmp_path / "new" / "a.png"]
    refused(1, words, *arguments, *options)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_a_shape_that_does_not_fit_is_told_and_the_old_picture_stays(named_file, tmp_path, refused):
    (tmp_path / "picture.png").write_text("older")
    words = "--kind filters: --image-shape must be (height, width) with height * width = 4"
    arguments = ["plot", named_file, "--kind", "filters", "--output", tmp_path / "picture.png"]
    refused(1, words, *arguments, "--image-shape", "3,3")
    assert (tmp_path / "picture.png").read_text() == "older"


@pytest.mark.parametrize("kind", ["filters", "reconstructions", "feature-errors"])
def test_columns_that_are_no_image_are_drawn_by_name(kind, rng, tmp_path, drawn):
    frame = pd.DataFrame(rng.random((20, 13)), columns=[f"property {j}" for j in range(13)])
    frame.to_csv(tmp_path / "rows.csv", index=False)
    save(AutoencoderTransformer(2, max_iter=2, random_state=0).fit(frame), tmp_path / "m.skae")
    arguments = ["plot", tmp_path / "m.skae", tmp_path / "rows.csv", "--kind", kind, "--quiet"]
    assert _main(*arguments, "--output", tmp_path / "picture.png") == 0
    assert len(drawn) == 1


def test_colours_with_gaps_are_drawn(frame, named_file, tmp_path, drawn):
    gaps = np.where(frame["a"] < 0.3, "", np.where(frame["a"] < 0.6, "low", "high"))
    frame.assign(gaps=gaps, nothing=np.nan).to_csv(tmp_path / "rows.csv", index=False)
    for name in ("gaps", "nothing"):
        arguments = ["plot", named_file, tmp_path / "rows.csv", "--kind", "code", "--color-by", name, "--quiet"]
        assert _main(*arguments, "--output", tmp_path / "code.png") == 0
        assert pd.isna(drawn["CodeDisplay"][1]["y"]).sum() == (gaps == "").sum() if name == "gaps" else 30


def test_missing_matplotlib_is_told_before_the_work(named_file, tmp_path, refused, monkeypatch):
    monkeypatch.setattr("skae.commands.plot.plots_available", lambda: False)
    words = "plot needs matplotlib: pip install 'skae[plots]'."
    refused(1, words, "plot", named_file, "--kind", "filters", "--output", tmp_path / "new" / "filters.png")
    assert not list(tmp_path.iterdir())
