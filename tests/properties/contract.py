"""What holds of any call: results that are finite, or an error that says what is wrong and leaves all as it was."""

import contextlib
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning

from skae.runtime.exceptions import FitWarning

# An error names one of these, or a parameter.
CAUSES = re.compile(
    r"\b(X|H|shape|samples?|features?|columns?|rows?|sample_weight|[Ss]ample weights|weights|estimator|array|stack)\b"
)


class Refused(Exception):
    """A call ended in an error of the right kind, which is its argument."""


@contextlib.contextmanager
def refusing(estimator, sized=False):
    """Turn a legal error of a call into Refused; all others, and warnings, are left to fail the test.

    Parameters
    ----------
    estimator : estimator
        Whose parameters an error may name.
    sized : bool, default=False
        Whether sizes were asked for that no memory holds.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FitWarning)
        # NumPy says so of a single element, np.ma.masked, in a list.
        warnings.filterwarnings("ignore", "Warning: converting a masked element to nan", UserWarning)
        warnings.filterwarnings("ignore", "X .*feature names|pandas.DataFrame with sparse columns", UserWarning)
        warnings.filterwarnings("ignore", "hidden_layer_sizes=.*looks like|loss=.auto. settled on", UserWarning)
        try:
            yield
        except MemoryError as error:
            if not sized:
                raise
            raise Refused(error) from error
        except (ValueError, TypeError) as error:
            if not names_cause(str(error), estimator):
                raise AssertionError(f"The message names no cause: {error!r}") from error
            raise Refused(error) from error


def names_cause(message, estimator):
    names = estimator.get_params()
    return bool(CAUSES.search(message)) or any(name.split("__")[-1] in message for name in names)


def attributes(estimator):
    """The attributes of an estimator as they are, and a copy of what can be changed in place."""
    return dict(vars(estimator)), fingerprint(vars(estimator))


def contents(X):
    """What an input holds, to tell whether a call changed it."""
    if issparse(X):
        inner = [getattr(X, name, None) for name in ("data", "indices", "indptr", "row", "col", "offsets", "rows")]
        return X.format, X.shape, *map(contents, inner)
    if isinstance(X, np.ma.MaskedArray):
        return contents(X.data), contents(X.mask)
    if isinstance(X, np.ndarray) and not X.dtype.hasobject:
        return X.dtype.str, X.shape, X.strides, X.flags.writeable, X.tobytes()
    if isinstance(X, pd.DataFrame):
        return list(X.columns), list(X.dtypes), [repr(X.iloc[:, j].tolist()) for j in range(X.shape[1])]
    if isinstance(X, pl.DataFrame):
        return X.schema, repr(X.rows())
    return repr(X)


def fingerprint(value, depth=0):
    """The bytes of all arrays that a fitted estimator holds."""
    if isinstance(value, np.ndarray):
        return contents(value)
    if isinstance(value, dict):
        return {str(key): fingerprint(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [fingerprint(inner, depth + 1) for inner in value]
    if isinstance(value, np.random.Generator | np.random.RandomState):
        state = value.bit_generator.state if isinstance(value, np.random.Generator) else value.get_state()
        return repr(state)
    if hasattr(value, "__dict__") and type(value).__module__.startswith("skae") and depth < 6:
        return fingerprint(vars(value), depth + 1)
    return repr(value) if isinstance(value, int | float | str | None) else type(value).__name__


def check_training(estimator, method, X, sample_weight=None, sized=False):
    """Train once; whether it was done. A training that is refused leaves the estimator as it was."""
    before, inner, given = *attributes(estimator), (contents(X), contents(sample_weight))
    keywords = {} if sample_weight is None else {"sample_weight": sample_weight}
    try:
        with refusing(estimator, sized):
            returned = getattr(estimator, method)(X, **keywords)
        assert returned is estimator
        return True
    except Refused:
        after, inner_after = attributes(estimator)
        assert after.keys() == before.keys()
        assert all(after[name] is before[name] for name in before)
        assert inner_after == inner
        return False
    finally:
        assert (contents(X), contents(sample_weight)) == given


def check_result(result, shape=None, dtypes=(np.float32, np.float64)):
    """A result of a method: finite, of the right shape and type."""
    if isinstance(result, float):
        assert np.isfinite(result)
        return
    assert type(result) is np.ndarray
    assert result.dtype in [np.dtype(dtype) for dtype in dtypes]
    assert result.dtype.isnative
    assert shape is None or result.shape == shape
    assert np.isfinite(result).all()


def check_use(estimator, method, X, shape=None, dtypes=(np.float32, np.float64), **keywords):
    """Call a method twice; its result, or None where it was refused."""
    before, given = attributes(estimator), contents(X)
    try:
        with refusing(estimator):
            result = getattr(estimator, method)(X, **keywords)
            again = getattr(estimator, method)(X, **keywords)
        # Codes with ``sparse_output``.
        result, again = (found.toarray() if issparse(found) else found for found in (result, again))
        check_result(result, shape, dtypes)
        assert np.array_equal(result, again)
        return result
    except Refused:
        return None
    finally:
        after = attributes(estimator)
        assert after[1] == before[1]
        assert contents(X) == given
