"""Files of rows and models of them, for the commands."""

import numpy as np
import pandas as pd
import pytest

from skae import AutoencoderTransformer, save

FEATURES = ["a", "b", "c", "d"]


@pytest.fixture(scope="session")
def frame():
    """Rows with an id that has leading zeros, four columns of numbers, and a label that is a word."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((30, 4)), columns=FEATURES)
    frame.insert(0, "id", [f"{i:03d}" for i in range(30)])
    frame["label"] = ["NA", "no, never", 'said "yes"'] * 10
    return frame


@pytest.fixture(scope="session")
def X(frame):
    X = frame[FEATURES].to_numpy()
    X.setflags(write=False)
    return X


@pytest.fixture(scope="session")
def folder(frame, X, tmp_path_factory):
    """The rows in every format; only text and parquet have names."""
    folder = tmp_path_factory.mktemp("rows")
    frame.to_csv(folder / "rows.csv", index=False)
    frame.to_parquet(folder / "rows.parquet", index=False)
    np.save(folder / "rows.npy", X)
    np.savez(folder / "rows.npz", X=X)
    pd.DataFrame(X).to_csv(folder / "plain.csv", index=False, header=False)
    frame.to_csv(folder / "rows.tsv", index=False, sep="\t")
    frame.to_csv(folder / "rows.csv.gz", index=False)
    frame.to_csv(folder / "rows.tsv.gz", index=False, sep="\t")
    return folder


@pytest.fixture(scope="session")
def named(frame):
    """A model that was fitted with names."""
    return AutoencoderTransformer(3, max_iter=3, random_state=0).fit(frame[FEATURES])


@pytest.fixture(scope="session")
def unnamed(X):
    """The same without names."""
    return AutoencoderTransformer(3, max_iter=3, random_state=0).fit(X)


@pytest.fixture(scope="session")
def named_file(named, tmp_path_factory):
    path = tmp_path_factory.mktemp("named") / "model.skae"
    save(named, path)
    return path


@pytest.fixture(scope="session")
def unnamed_file(unnamed, tmp_path_factory):
    path = tmp_path_factory.mktemp("unnamed") / "model.skae"
    save(unnamed, path)
    return path


@pytest.fixture
def refused(capsys):
    """Check that arguments end in one line on stderr, with a status and words, and without output."""
    from skae.__main__ import main

    def check(status, words, *arguments):
        try:
            ended = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            ended = stop.code
        captured = capsys.readouterr()
        assert words in captured.err and captured.err.count("\n") == 1
        assert captured.err.startswith(f"python -m skae {arguments[0]}: error: ")
        assert (ended, captured.out) == (status, "")

    return check
