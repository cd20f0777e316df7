"""fit prepares tables of numbers, categories and gaps, and the other commands apply what it learnt."""

import numpy as np
import pandas as pd
import pytest

from skae import AutoencoderTransformer, load
from skae.__main__ import main
from skae.tables import TableAutoencoder

pytestmark = pytest.mark.filterwarnings("always::UserWarning")


@pytest.fixture(scope="module")
def mixed():
    """A length, its double with gaps, a category of it, an id."""
    rng = np.random.default_rng(0)
    length = rng.normal(50.0, 10.0, 200)
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(200)], "length": length, "price": 1e4 * length})
    frame["size"] = np.where(length > 50, "long", "short")
    frame.loc[::10, "price"] = np.nan
    frame.loc[5::10, "size"] = None
    return frame


@pytest.fixture
def fitted(mixed, tmp_path):
    mixed.to_csv(tmp_path / "rows.csv", index=False, sep=";", decimal=",")
    assert main(["fit", str(tmp_path / "rows.csv"), "--output", str(tmp_path / "m.skae"), "--seed", "0"]) == 0
    return tmp_path


def test_a_mixed_table_needs_no_options(mixed, fitted, capsys):
    model = load(fitted / "m.skae")
    assert isinstance(model, TableAutoencoder) and list(model.feature_names_in_) == ["length", "price", "size"]
    assert model.score(mixed[["length", "price", "size"]]) > 0.9
    assert (
        main(["reconstruct", str(fitted / "m.skae"), str(fitted / "rows.csv"), "--output", str(fitted / "r.csv")]) == 0
    )
    again = pd.read_csv(fitted / "r.csv")
    there = mixed["size"].notna().to_numpy()
    assert (again["size"][there] == mixed["size"][there]).mean() > 0.95
    # Gaps are filled from the other columns, in the units of the file.
    gaps = mixed["price"].isna()
    assert np.abs(again["price"][gaps] / (1e4 * mixed["length"][gaps]) - 1).median() < 0.1


def test_every_command_takes_the_model(fitted):
    model, rows = str(fitted / "m.skae"), str(fitted / "rows.csv")
    assert main(["transform", model, rows, "--keep", "id", "--output", str(fitted / "code.csv")]) == 0
    assert next(iter(pd.read_csv(fitted / "code.csv"))) == "id"
    assert main(["score", model, rows]) == 0
    assert main(["score", model, rows, "--per-row", "--output", str(fitted / "s.csv")]) == 0
    errors = fitted / "e.csv"
    assert main(["reconstruct", model, rows, "--errors", "entries", "--output", str(errors)]) == 0
    assert list(pd.read_csv(errors)) == ["length", "price", "size"]
    assert main(["plot", model, "--kind", "loss-curve", "--output", str(fitted / "l.png")]) == 0
    assert main(["plot", model, rows, "--kind", "feature-errors", "--output", str(fitted / "f.png")]) == 0


def test_a_table_that_needs_nothing_is_taken_as_it_is(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((40, 4)), columns=list("abcd"))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    for options, cls in ([], AutoencoderTransformer), (["--standardize"], TableAutoencoder):
        assert main(["fit", str(tmp_path / "rows.csv"), "--output", str(tmp_path / "m"), *options]) == 0
        assert type(load(tmp_path / "m")) is cls
    (frame * [1, 1, 1, 100]).to_csv(tmp_path / "rows.csv", index=False)
    for options, cls in ([], TableAutoencoder), (["--no-standardize"], AutoencoderTransformer):
        assert main(["fit", str(tmp_path / "rows.csv"), "--output", str(tmp_path / "m"), *options]) == 0
        assert type(load(tmp_path / "m")) is cls


def test_pictures_name_the_prepared_columns(fitted, monkeypatch):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    drawn = {}
    save = Figure.savefig

    def spy(figure, *args, **kwargs):
        drawn["words"] = {
            label.get_text() for ax in figure.axes for label in [*ax.get_xticklabels(), *ax.get_yticklabels()]
        }
        return save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", spy)
    model, rows = str(fitted / "m.skae"), str(fitted / "rows.csv")
    for kind, data in ("feature-errors", [rows]), ("reconstructions", [rows]), ("filters", []):
        assert main(["plot", model, *data, "--kind", kind, "--output", str(fitted / "p.png")]) == 0
        assert {"length", "price", "size_long", "size_short"} <= drawn["words"], kind
