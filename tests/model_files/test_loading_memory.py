"""Memory of loading: at most four times the length of the file and 2 MiB, whatever is in it."""

import random
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from model_bytes import repacked, sealed
from model_cases import SETTINGS, rows

from skae import AutoencoderTransformer, load, save
from skae.preprocessing import PCANormalizer

N_NAMES, SLACK = 60_000, 2**21


def large():
    return AutoencoderTransformer(**{**SETTINGS, "n_components": 2**16, "max_iter": 1}).fit(rows(n_rows=5))


def named(estimator, name="c{}"):
    """Fitted to many columns with names."""
    estimator.fit(np.random.default_rng(0).random((2, N_NAMES), np.float32))
    estimator.feature_names_in_ = np.array([name.format(j) for j in range(N_NAMES)], object)
    return estimator


WHOLE = {
    "autoencoder": large,
    "named autoencoder": lambda: named(AutoencoderTransformer(1, max_iter=1)),
    "short names": lambda: named(PCANormalizer()),
    "the same name": lambda: named(PCANormalizer(), "ab"),
    "Chinese names": lambda: named(PCANormalizer(), "\u5217{}"),
    "names with a wide character": lambda: named(PCANormalizer(), "\U0001f600 temperature of {}"),
    "long names": lambda: named(PCANormalizer(), "x" * 99 + "{}"),
}


def peak(path):
    """Greatest memory of a load, and whether it made an estimator."""
    tracemalloc.start()
    try:
        load(path)
        done = True
    except ValueError:
        done = False
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most, done


def saved(estimator, path):
    save(estimator, path)
    return path.read_bytes()


@pytest.mark.parametrize("name", WHOLE)
def test_of_a_whole_file(name, tmp_path):
    path = tmp_path / "whole.skae"
    length = len(saved(WHOLE[name](), path))
    assert length > SLACK
    most, done = peak(path)
    assert done and most <= 4 * length


def test_of_a_damaged_file(tmp_path):
    content = saved(large(), tmp_path / "whole.skae")
    place = random.Random(0).randrange(len(content))
    flipped = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    for name, damaged in {"flipped": flipped, "cut": content[:place], "sealed": sealed(flipped)}.items():
        path = tmp_path / name
        path.write_bytes(damaged)
        most, done = peak(path)
        assert not done and most <= 4 * len(damaged), name


# Changes that make of a small file one whose objects would take far more than it.


def with_names(line, n_names=N_NAMES):
    def change(model, arrays):
        arrays["fitted/mean"] = np.zeros(n_names, np.float16)
        arrays["fitted/feature_names"] = np.frombuffer(b"\n".join([line] * n_names), np.uint8)

    return change


def with_layers(n_layers):
    def change(model, arrays):
        model["fitted"]["architecture"].update(encoder_sizes=[1] * (n_layers + 1))
        arrays["fitted/theta"] = np.zeros(4 * n_layers, np.float32)

    return change


def with_parameter(name, value):
    return lambda model, arrays: model["parameters"].update({name: value})


HOSTILE = {
    "short names": (PCANormalizer, with_names(b'"ab"')),
    "names with a wide character": (PCANormalizer, with_names(rb'"\ud83d\ude00' + b"a" * 99 + b'"')),
    "one long name": (PCANormalizer, with_names(rb'"\ud83d\ude00' + b"a" * 2**22 + b'"', 1)),
    "many layers": (AutoencoderTransformer, with_layers(1001)),
    "very many layers": (AutoencoderTransformer, with_layers(100_000)),
    "objects": (PCANormalizer, with_parameter("copy", [{"a": {}}] * 10_000)),
    "lists": (PCANormalizer, with_parameter("copy", [[]] * 60_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_of_a_file_made_to_take_much(name, tmp_path):
    make, change = HOSTILE[name]
    path = tmp_path / "hostile.skae"
    content = repacked(saved(make().fit(rows()), path), change)
    path.write_bytes(content)
    most, done = peak(path)
    assert not done and most <= 4 * len(content) + SLACK


def test_of_the_most_that_is_legal(tmp_path):
    path = tmp_path / "legal.skae"
    content = saved(AutoencoderTransformer(1, max_iter=1).fit(rows()[:, :1]), path)
    path.write_bytes(repacked(content, with_layers(1000)))
    most, done = peak(path)
    assert done and most <= 4 * path.stat().st_size + SLACK


def test_of_a_loss_of_each_epoch(tmp_path):
    path = tmp_path / "epochs.skae"
    estimator = AutoencoderTransformer(1, max_iter=1).fit(rows())
    losses = np.random.default_rng(0).random(200_000).tolist()
    estimator._fitted = replace(estimator._fitted, loss_curve=losses)
    length = len(saved(estimator, path))
    most, done = peak(path)
    assert done and most <= 5 * length + SLACK
