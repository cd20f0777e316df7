"""Estimators by name, and inside Pipelines, searches and detectors."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skae import AutoencoderOutlierDetector
from skae.plotting import LossCurveDisplay
from skae.plotting._sources import Source, named_sources


def test_an_estimator_alone(fitted):
    assert Source.of(fitted["plain"]) == ([], fitted["plain"])


def test_pipelines_are_taken_apart(X):
    first, second, last = StandardScaler(), PCA(5), PCA(2)
    steps = [("scale", first), ("none", "passthrough"), ("inner", Pipeline([("second", second), ("last", last)]))]
    pipeline = Pipeline(steps).fit(X)
    source = Source.of(pipeline)
    assert source == ([first, second], last)
    np.testing.assert_array_equal(source.code(X), pipeline.transform(X))
    np.testing.assert_array_equal(source.reconstruct(X), pipeline.inverse_transform(pipeline.transform(X)))


def test_steps_that_pass_through(X, fitted):
    pca = fitted["pca"]
    assert Source.of(Pipeline([("pca", pca), ("end", "passthrough")])) == ([], pca)
    np.testing.assert_array_equal(Source.of(Pipeline([("all", "passthrough")]).fit(X)).code(X), X)


def test_searches_and_detectors_are_opened(X, fitted):
    search = GridSearchCV(make_pipeline(StandardScaler(), PCA()), {"pca__n_components": [2, 3]}, cv=2)
    search.set_params(scoring=lambda estimator, X, y=None: estimator[-1].n_components_).fit(X)
    source = Source.of(search)
    assert isinstance(source.model, PCA) and source.model.n_components_ == 3
    np.testing.assert_array_equal(source.code(X), search.transform(X))
    detector = AutoencoderOutlierDetector(fitted["plain"])
    with pytest.raises(NotFittedError):
        Source.of(detector)
    assert Source.of(make_pipeline(StandardScaler(), detector).fit(X)).model is not fitted["plain"]


def test_the_autoencoder_must_be_last(X, y, fitted):
    pipeline = make_pipeline(fitted["plain"], LogisticRegression(max_iter=1000)).fit(X, y)
    with pytest.raises(TypeError, match=r"LossCurveDisplay needs .*got LogisticRegression.*pipeline\[:k\]"):
        Source.of_autoencoder(pipeline, LossCurveDisplay)
    assert Source.of_autoencoder(pipeline[:1], LossCurveDisplay).steps == []


def test_names(fitted):
    plain, pca = fitted["plain"], fitted["pca"]
    assert list(named_sources(pca)) == ["PCA"]
    names = ["AutoencoderTransformer 1", "PCA", "AutoencoderTransformer 2", "DenoisingAE"]
    assert list(named_sources([plain, pca, fitted["deep"], fitted["pipeline"]])) == names
    assert list(named_sources({"b": pca, "a": plain, 3: pca})) == ["b", "a", "3"]
    for none in ([], {}, ()):
        with pytest.raises(ValueError, match="estimators must hold at least one fitted estimator"):
            named_sources(none)


def test_what_cannot_reconstruct_is_named(X):
    one_way = FunctionTransformer(np.log1p)
    del_inverse = make_pipeline(StandardScaler(), PCA(2)).fit(X)
    np.testing.assert_array_equal(Source.of(del_inverse).reconstruct(X).shape, X.shape)
    assert Source.of(one_way.fit(X)).code(X).shape == X.shape
    labels = LogisticRegression(max_iter=1000).fit(X, np.arange(len(X)) % 2)
    with pytest.raises(TypeError, match=r"reconstruction needs .*LogisticRegression.* no transform and no inverse_t"):
        Source.of(labels).reconstruct(X)
    with pytest.raises(TypeError, match=r"code needs .*LogisticRegression.* no transform"):
        Source.of(labels).code(X)


def test_frames_come_out_as_arrays(X):
    frame = pd.DataFrame(X).add_prefix("pixel ")
    pipeline = make_pipeline(StandardScaler(), PCA(2)).set_output(transform="pandas").fit(frame)
    source = Source.of(pipeline)
    expected = pipeline.transform(frame).to_numpy()
    assert isinstance(source.code(frame), np.ndarray)
    np.testing.assert_array_equal(source.code(frame), expected)
    np.testing.assert_array_equal(source.reconstruct(frame), pipeline.inverse_transform(pipeline.transform(frame)))


def test_a_search_without_a_best_estimator_is_named(digits):
    search = GridSearchCV(PCA(2), {"n_components": [2]}, refit=False, scoring=lambda estimator, X, y=None: 0.0, cv=2)
    with pytest.raises(NotFittedError, match="refit=True"):
        Source.of(search.fit(digits[0][:50]))
