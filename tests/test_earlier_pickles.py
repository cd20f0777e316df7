"""Pickles of skae 0.1.0, whose modules had other names: one clear error."""

import pickle

import pytest

import skae

# What a fitted estimator of that version looks like to pickle: a class, and in its state one of a module that is gone.
FITTED = b"\x80\x04\x8c\x10skae.autoencoder\x8c\x16AutoencoderTransformer\x93)\x81}\x8c\x08_network"
NETWORK = b"\x8c\x0dskae._network\x8c\x07Network\x93"


@pytest.mark.parametrize("module, name", [("_network", "Network"), ("_training", "Seed"), ("_fine_tuning", "X")])
def test_classes_of_modules_that_are_gone(module, name):
    with pytest.raises(ImportError, match=r"skae 0\.1\.0.*write it with skae\.save"):
        pickle.loads(f"cskae.{module}\n{name}\n.".encode())


def test_a_fitted_estimator():
    with pytest.raises(ImportError, match=f"this is skae {skae.__version__}"):
        pickle.loads(FITTED + NETWORK + b"Rsb.")


def test_other_modules_that_are_not_there_are_as_ever():
    with pytest.raises(ModuleNotFoundError, match=r"skae\._nothing"):
        pickle.loads(b"cskae._nothing\nX\n.")
