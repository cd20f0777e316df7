"""Greedy layers as a Pipeline, joined by stack, fine-tuned with and without labels."""

import pickle

import numpy as np
import pytest
from settings import FIXED
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE, stack
from skae.datasets import load_digits_unit

SETTINGS = dict(max_iter=5, tol=0.0, random_state=0)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits_unit(return_X_y=True)
    return X[:500], y[:500]


def layers(X, activation="logistic", tied=False, first=DenoisingAE, second=AutoencoderTransformer, **parameters):
    output = {"identity": "identity"}.get(activation, activation)
    settings = {**SETTINGS, "activation": activation, "tied_weights": tied, **parameters}
    return make_pipeline(
        first(20, loss="log_loss" if activation == "logistic" else "squared_error", **settings),
        second(12, hidden_layer_sizes=(15,), loss="squared_error", output_activation=output, **settings),
        second(6, loss="squared_error", output_activation=output, **settings),
    ).fit(X)


@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "auto"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_before_training_it_is_going_through_the_layers(activation, tied, dtype, settings, digits):
    X = digits[0].astype(dtype)
    pipeline = layers(X, activation, tied, **settings)
    # Weights that are tied in coordinates of a code are not in its units.
    tied = tied and (activation != "identity" or settings == FIXED)
    deep = stack(*pipeline)
    assert deep.hidden_layer_sizes == (20, 15, 12) and deep.n_components == 6
    assert deep.tied_weights == tied and len(deep.coefs_) == 8
    tolerance = dict(rtol=1e-4, atol=1e-5) if dtype == np.float32 else dict(rtol=1e-10, atol=1e-12)
    code = pipeline.transform(X)
    assert deep.transform(X).dtype == dtype
    np.testing.assert_allclose(deep.transform(X), code, **tolerance)
    np.testing.assert_allclose(deep.inverse_transform(code), pipeline.inverse_transform(code), **tolerance)
    np.testing.assert_allclose(deep.reconstruct(X), pipeline.inverse_transform(code), **tolerance)


@pytest.mark.parametrize("solver", ["adam", "sgd", "kfac", "lbfgs"])
@pytest.mark.parametrize("tied", [False, True])
def test_fit_goes_on_from_the_layers(tied, solver, digits):
    X, _ = digits
    well = {"init": "glorot", "max_iter": 60, "learning_rate_init": 1e-2}
    deep = stack(*layers(X, tied=tied, **well), solver=solver, max_iter=1, learning_rate_init=1e-4)
    blank = clone(deep).fit(X).loss_curve_[0]
    before = -deep.score_samples(X).mean()
    deep.fit(X)
    assert deep.n_iter_ == 1 == len(deep.loss_curve_)
    # The layers are what the first epoch, or the first iteration, starts from.
    assert deep.loss_curve_[0] < before * (1.0 if solver == "lbfgs" else 1.02) < 0.9 * blank
    assert -deep.score_samples(X).mean() < before


def test_the_layers_stay_as_they_are(digits):
    X, _ = digits
    pipeline = layers(X)
    before = pipeline.transform(X)
    stack(*pipeline, learning_rate_init=0.1).fit(X)
    np.testing.assert_array_equal(pipeline.transform(X), before)


def test_it_is_an_estimator_like_any_other(digits):
    X, y = digits
    deep = stack(*layers(X), max_iter=3, random_state=7)
    copied = pickle.loads(pickle.dumps(deep))
    np.testing.assert_array_equal(copied.fit(X).transform(X), deep.fit(X).transform(X))
    assert clone(deep)._fitted is None
    assert clone(deep).fit(X).transform(X).shape == (500, 6)
    assert list(deep.get_feature_names_out()[:1]) == ["autoencodertransformer0"]
    deep.partial_fit(X[:100])
    assert deep.n_iter_ == 4
    assert deep.set_output(transform="pandas").transform(X).shape == (500, 6)


def test_names_of_the_columns_and_means_come_along(digits):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(digits[0].copy(), columns=[f"p{j}" for j in range(64)])
    X.iloc[::7, 3] = np.nan
    first = DenoisingAE(10, missing_values="mask", loss="log_loss", **SETTINGS).fit(X)
    second = AutoencoderTransformer(5, loss="log_loss", **SETTINGS).fit(first.transform(X))
    deep = stack(first, second)
    assert list(deep.feature_names_in_) == list(X.columns)
    np.testing.assert_allclose(deep.transform(X), second.transform(first.transform(X)), rtol=1e-12)
    deep.fit(X)


def test_tied_and_untied_layers_make_an_untied_whole(digits):
    X, _ = digits
    settings = dict(loss="log_loss", **SETTINGS)
    for flags in ((True, False), (False, True)):
        one = AutoencoderTransformer(20, tied_weights=flags[0], **settings).fit(X)
        pipeline = make_pipeline(one, AutoencoderTransformer(5, tied_weights=flags[1], **settings)).fit(X)
        deep = stack(*pipeline)
        assert deep.tied_weights is False
        np.testing.assert_allclose(deep.reconstruct(X), pipeline.inverse_transform(pipeline.transform(X)), rtol=1e-10)
        deep.fit(X)


def test_one_layer_is_a_copy_of_it(digits):
    X, _ = digits
    ae = ContractiveAE(8, loss="log_loss", **SETTINGS).fit(X)
    np.testing.assert_array_equal(stack(ae).transform(X), ae.transform(X))
    assert type(stack(ae)) is AutoencoderTransformer


def test_what_does_not_fit_together_is_named(digits):
    X, _ = digits
    first = AutoencoderTransformer(20, loss="log_loss", **SETTINGS).fit(X)
    H = first.transform(X)
    with pytest.raises(ValueError, match="at least one"):
        stack()
    with pytest.raises(TypeError, match="Estimator 2 of stack must be a fitted autoencoder"):
        stack(first, StandardScaler())
    with pytest.raises(TypeError, match="Estimator 1 of stack"):
        stack([first, first])
    with pytest.raises(NotFittedError):
        stack(first, AutoencoderTransformer(5))
    with pytest.raises(ValueError, match=r"Estimator 2 of stack was fitted on 64 features.*has 20"):
        stack(first, AutoencoderTransformer(5, loss="log_loss", **SETTINGS).fit(X))
    with pytest.raises(ValueError, match=r"Estimator 2 .*output_activation='identity'.*activation='logistic'"):
        stack(first, AutoencoderTransformer(5, **SETTINGS).fit(H))
    with pytest.raises(ValueError, match=r"same activation: .*'logistic'.*number 2 'tanh'"):
        stack(first, AutoencoderTransformer(5, activation="tanh", **SETTINGS).fit(H))
    with pytest.raises(ValueError, match="another sparsity than 'topk'"):
        stack(first, SparseAE(5, sparsity="topk", n_active=2, loss="log_loss", **SETTINGS).fit(H))
    with pytest.raises(ValueError, match="missing_values='mask'"):
        stack(first, AutoencoderTransformer(5, loss="log_loss", missing_values="mask", **SETTINGS).fit(H))
    with pytest.raises(TypeError, match="n_units"):
        stack(first, n_units=3)
    for parameters in ({"n_components": 3}, {"activation": "relu"}, {"loss": "squared_error"}, {"warm_start": False}):
        with pytest.raises(ValueError, match=rf"{next(iter(parameters))} of a stack is .*; got .*Leave it out"):
            stack(first, **parameters)
    with pytest.raises(ValueError, match="solver"):
        stack(first, solver="newton")


def test_what_the_layers_are_counts_not_what_their_parameters_say_now(digits):
    X, _ = digits
    ae = AutoencoderTransformer(8, loss="log_loss", **SETTINGS).fit(X).set_params(activation="tanh", n_components=9)
    assert stack(ae).activation == "logistic"
    stack(ae).fit(X)


def test_a_random_state_and_the_output_are_copied(digits):
    X, _ = digits
    source = np.random.RandomState(0)
    ae = AutoencoderTransformer(8, loss="log_loss", max_iter=2, random_state=source).set_output(transform="pandas")
    ae.fit(X)
    drawn = source.get_state()[1].copy()
    deep = stack(ae)
    assert deep.random_state is not source
    np.testing.assert_array_equal(source.get_state()[1], drawn)
    assert list(deep.transform(X).columns[:1]) == ["autoencodertransformer0"]


def test_topk_that_keeps_all_units_is_no_gate(digits):
    X, _ = digits
    ae = SparseAE(5, sparsity="topk", n_active=5, loss="log_loss", **SETTINGS).fit(X)
    np.testing.assert_array_equal(stack(ae).transform(X), ae.transform(X))
    ae.to_mlp()


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_the_hidden_layer_of_the_perceptron_is_the_code(activation, kind, digits):
    X, y = digits
    deep = stack(*layers(X, activation))
    mlp = deep.to_mlp(kind, learning_rate_init=1e-30, max_iter=1, alpha=0.0, random_state=0)
    with pytest.raises(NotFittedError):
        mlp.predict(X)
    for found, expected in zip(mlp.coefs_ + mlp.intercepts_, deep.coefs_[:4] + deep.intercepts_[:4]):
        np.testing.assert_array_equal(found, expected)
    # Training that does not move.
    mlp.fit(X, y)
    assert [w.shape[1] for w in mlp.coefs_] == [20, 15, 12, 6, 10 if kind == "classifier" else 1]
    output = deep.transform(X) @ mlp.coefs_[-1] + mlp.intercepts_[-1]
    if kind == "classifier":
        odds = np.exp(output - output.max(axis=1, keepdims=True))
        np.testing.assert_allclose(mlp.predict_proba(X), odds / odds.sum(axis=1, keepdims=True), rtol=1e-6)
    else:
        np.testing.assert_allclose(mlp.predict(X), output.ravel(), rtol=1e-6, atol=1e-9)


def test_every_fit_and_every_copy_begins_from_the_encoder(digits):
    X, y = digits
    ae = DenoisingAE(30, loss="log_loss", max_iter=30, tol=0.0, random_state=0).fit(X)
    mlp = ae.to_mlp(max_iter=5, random_state=0, early_stopping=True)
    assert isinstance(mlp, MLPClassifier)
    again = clone(mlp)
    expected = mlp.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(again.fit(X, y).predict_proba(X), expected)
    np.testing.assert_array_equal(mlp.fit(X, y).predict_proba(X), expected)
    np.testing.assert_array_equal(clone(mlp).fit(X, y).predict_proba(X), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(again)).predict_proba(X), expected)
    np.testing.assert_array_equal(ae.to_mlp().coefs_[0], ae.coefs_[0])
    blank = MLPClassifier((30,), activation="logistic", max_iter=5, random_state=0, early_stopping=True).fit(X, y)
    assert (blank.predict_proba(X) != expected).any()


@pytest.mark.parametrize("warm_start", [False, True])
def test_partial_fit_and_warm_start_begin_from_the_encoder_too(warm_start, digits):
    X, y = digits
    ae = AutoencoderTransformer(8, loss="log_loss", **SETTINGS).fit(X)
    mlp = ae.to_mlp(learning_rate_init=1e-30, max_iter=1, warm_start=warm_start, random_state=0)
    mlp.fit(X, y) if warm_start else mlp.partial_fit(X, y, classes=np.unique(y))
    np.testing.assert_allclose(mlp.coefs_[0], ae.coefs_[0], rtol=1e-12)


def test_a_search_over_the_perceptron_begins_from_the_encoder(digits):
    X, y = digits
    ae = AutoencoderTransformer(8, loss="log_loss", **SETTINGS).fit(X)
    mlp = ae.to_mlp(learning_rate_init=1e-30, max_iter=1, random_state=0)
    search = GridSearchCV(mlp, {"alpha": [0.0, 1e-3]}, cv=2).fit(X, y)
    np.testing.assert_allclose(search.best_estimator_.coefs_[0], ae.coefs_[0], rtol=1e-12)


@pytest.mark.slow
def test_pretraining_gains_with_few_labels():
    X, y = load_digits_unit(return_X_y=True)
    train, test = slice(1200), slice(1200, None)
    ae = SparseAE(100, loss="log_loss", tied_weights=True, sparsity_target=0.1, learning_rate_init=5e-3, random_state=0)
    ae.fit(X[train])
    gains = []
    for seed in range(5):
        few = np.random.default_rng(seed).choice(1200, 60, replace=False)
        settings = dict(max_iter=300, random_state=seed)
        started = ae.to_mlp(**settings).fit(X[few], y[few])
        blank = MLPClassifier((100,), activation="logistic", **settings).fit(X[few], y[few])
        gains.append(started.score(X[test], y[test]) - blank.score(X[test], y[test]))
    assert np.mean(gains) > 0


def test_what_a_perceptron_cannot_be(digits):
    X, y = digits
    with pytest.raises(NotFittedError):
        AutoencoderTransformer().to_mlp()
    ae = AutoencoderTransformer(8, loss="log_loss", **SETTINGS).fit(X)
    with pytest.raises(ValueError, match=r"kind must be one of .*got 'cluster'"):
        ae.to_mlp("cluster")
    with pytest.raises(ValueError, match="activation is that of the encoder, 'logistic'; got activation='relu'"):
        ae.to_mlp(activation="relu")
    with pytest.raises(ValueError, match="kind must be one of"):
        ae.to_mlp(["classifier"])
    with pytest.raises(ValueError, match="encoder with activation='logistic'; got activation='relu'"):
        ae.to_mlp().set_params(activation="relu").fit(X, y)
    with pytest.raises(ValueError, match=r"hidden_layer_sizes=\(\) ask for"):
        ae.to_mlp().set_params(hidden_layer_sizes=()).fit(X, y)
    with pytest.raises(TypeError, match="depth"):
        ae.to_mlp(depth=3)
    with pytest.raises(ValueError, match="another sparsity than 'topk'"):
        SparseAE(8, sparsity="topk", n_active=2, loss="log_loss", **SETTINGS).fit(X).to_mlp()
    with pytest.raises(ValueError, match=r"X with 63 features.*Pass X as the encoder takes it"):
        ae.to_mlp().fit(X[:, 1:], y)
    with pytest.raises(ValueError, match=r"hidden_layer_sizes=\(5,\) ask for"):
        ae.to_mlp().set_params(hidden_layer_sizes=(5,)).fit(X, y)


def test_layers_may_be_added_on_top(digits):
    X, y = digits
    ae = AutoencoderTransformer(8, loss="log_loss", **SETTINGS).fit(X)
    mlp = ae.to_mlp(learning_rate_init=1e-30, max_iter=1).set_params(hidden_layer_sizes=(8, 5)).fit(X, y)
    np.testing.assert_allclose(mlp.coefs_[0], ae.coefs_[0], rtol=1e-12)
    assert mlp.coefs_[1].shape == (8, 5)


def test_a_failed_fit_leaves_the_perceptron_as_it_was(digits):
    X, y = digits
    ae = AutoencoderTransformer(8, loss="log_loss", **SETTINGS).fit(X)
    mlp = ae.to_mlp(max_iter=3)
    with pytest.raises(ValueError):
        mlp.fit(X[:, 1:], y)
    np.testing.assert_array_equal(mlp.coefs_[0], ae.coefs_[0])
    expected = mlp.fit(X, y).predict_proba(X)
    with pytest.raises(ValueError):
        mlp.fit(X[:, 1:], y)
    np.testing.assert_array_equal(mlp.predict_proba(X), expected)


def test_changing_its_weights_changes_no_copy(digits):
    ae = AutoencoderTransformer(8, loss="log_loss", **SETTINGS).fit(digits[0])
    mlp = ae.to_mlp()
    mlp.coefs_[0][...] = 0
    np.testing.assert_array_equal(clone(mlp).coefs_[0], ae.coefs_[0])


def test_copies_keep_their_metadata_requests(digits):
    ae = AutoencoderTransformer(8, loss="log_loss", **SETTINGS).fit(digits[0])
    with config_context(enable_metadata_routing=True):
        mlp = ae.to_mlp().set_partial_fit_request(classes=False)
        assert clone(mlp).get_metadata_routing().partial_fit.requests["classes"] is False
