"""partial_fit whose first chunk has few rows."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_wine

import skae
from skae import AutoencoderTransformer
from skae.exceptions import FewRowsWarning

WINE = load_wine().data[np.random.default_rng(0).permutation(178)]

ignored = pytest.mark.filterwarnings("ignore::skae.exceptions.FewRowsWarning")


def passes(first, number, size=50, **parameters):
    """Five passes over wine after a first chunk, and in chunks of a size."""
    ae = AutoencoderTransformer(3, random_state=0, **parameters).partial_fit(WINE[:first])
    for turn in range(number):
        for start in range(first if turn == 0 else 0, len(WINE), size):
            ae.partial_fit(WINE[start : start + size])
    return ae


@ignored
@pytest.mark.parametrize("first", [1, 2, 3, 5, 10])
def test_a_first_chunk_of_few_rows_does_not_decide(first):
    ae = passes(first, 5)
    assert ae.score(WINE) > 0.99
    assert len(ae.loss_curve_) == 1 + 5 * 4


@ignored
def test_the_larger_chunk_begins_anew_and_goes_on():
    ae = AutoencoderTransformer(3, random_state=0).partial_fit(WINE[:2]).partial_fit(WINE[2:52])
    anew = AutoencoderTransformer(3, random_state=0).partial_fit(WINE[2:52])
    for fitted in (ae, anew):
        fitted.partial_fit(WINE[52:])
    np.testing.assert_array_equal(ae.transform(WINE), anew.transform(WINE))
    assert ae.loss_curve_[1:] == anew.loss_curve_


@ignored
@pytest.mark.parametrize("sizes", [(2, 7), (2, 5, 27), (50, 128), (13, 128)], ids=str)
def test_others_go_on(sizes):
    """The next chunk is not four times as large, or the first one large enough."""
    ae = AutoencoderTransformer(3, random_state=0)
    for chunk in np.split(WINE[: sum(sizes)], np.cumsum(sizes)[:-1]):
        ae.partial_fit(chunk)
    assert ae._fitted.training.epoch == len(sizes)


@ignored
@pytest.mark.parametrize("parameters", [{"init": "glorot"}, {"learning_rate_init": 1e-3}], ids=str)
def test_what_is_set_goes_on(parameters):
    ae = AutoencoderTransformer(3, random_state=0, **parameters).partial_fit(WINE[:2]).partial_fit(WINE[2:])
    assert ae._fitted.training.epoch == 2


def test_means_are_those_of_all_rows():
    X = WINE.copy()
    X[::5, 3] = np.nan
    ae = AutoencoderTransformer(1, missing_values="mask", random_state=0).partial_fit(X[:3]).partial_fit(X[3:])
    np.testing.assert_allclose(ae.column_means_, np.nanmean(X, axis=0))


@ignored
def test_a_saved_model_begins_anew_too(tmp_path):
    ae = AutoencoderTransformer(3, random_state=0).partial_fit(WINE[:2])
    skae.save(ae, tmp_path / "ae.skae")
    loaded = skae.load(tmp_path / "ae.skae").partial_fit(WINE[2:])
    np.testing.assert_array_equal(loaded.transform(WINE), ae.partial_fit(WINE[2:]).transform(WINE))


@pytest.mark.parametrize("n_rows", [1, 2, 4])
def test_few_rows_warn_once(n_rows):
    ae = AutoencoderTransformer(3, random_state=0)
    with pytest.warns(FewRowsWarning, match=rf"n_samples={n_rows}.*n_components=3.*at least 12 rows"):
        ae.partial_fit(WINE[:n_rows])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ae.partial_fit(WINE[:n_rows])


@pytest.mark.parametrize("parameters", [{}, {"init": "glorot", "learning_rate_init": 1e-3}], ids=str)
def test_enough_rows_and_what_is_set_do_not_warn(parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AutoencoderTransformer(3, **parameters).partial_fit(WINE[: 2 if parameters else 5])


@ignored
def test_chunks_between_do_not_hide_that_the_first_one_was_small():
    ae = AutoencoderTransformer(3, random_state=0).partial_fit(WINE[:2]).partial_fit(WINE[2:5]).partial_fit(WINE[5:9])
    assert ae._fitted.training.few_rows == 9
    anew = AutoencoderTransformer(3, random_state=0).partial_fit(WINE[9:])
    np.testing.assert_array_equal(ae.partial_fit(WINE[9:]).transform(WINE), anew.transform(WINE))
