#!/bin/sh
# scikit-learn 1.9.1, MLPClassifier and MLPRegressor: learning_rate_init that is set between calls of partial_fit has no
# effect, with "adam" and with "sgd".
#
# Expected: after set_params(learning_rate_init=1e-12) a call of partial_fit leaves the weights where they are, as
# set_params(eta0=...) between calls of SGDRegressor.partial_fit has an effect from the next call on. A rate that is
# lowered from epoch to epoch by hand is a usual thing to try.
# Seen: get_params gives the new rate, and the weights move to the last bit as with the old one. The optimiser is made in
# the first call, keeps its rate, and later calls only go on with it. fit with warm_start=True takes the new rate.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "scikit-learn==1.9.1" "numpy==2.4.6" "scipy==1.17.1"
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import numpy as np
import sklearn
from sklearn.linear_model import SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor

print("scikit-learn", sklearn.__version__)
X = np.random.default_rng(0).random((60, 4))
y = (X[:, 0] > 0.5).astype(int)


def after_two(make, rate, **classes):
    model = make().partial_fit(X, y, **classes)
    first = [w.copy() for w in model.coefs_]
    model.set_params(learning_rate_init=rate).partial_fit(X, y)
    assert model.get_params()["learning_rate_init"] == rate
    return first, model.coefs_


for cls, classes in ((MLPClassifier, {"classes": [0, 1]}), (MLPRegressor, {})):
    for solver in ("adam", "sgd"):

        def make():
            return cls(hidden_layer_sizes=(3,), solver=solver, learning_rate_init=0.01, random_state=np.random.RandomState(0))

        first, same = after_two(make, 0.01, **classes)
        _, lowered = after_two(make, 1e-12, **classes)
        moved = max(abs(a - b).max() for a, b in zip(first, lowered))
        print(cls.__name__, solver, "at a rate of 1e-12 a call of partial_fit moves a weight by", round(float(moved), 4))
        assert moved > 1e-4, "the new rate had no effect"
        assert all(np.array_equal(a, b) for a, b in zip(same, lowered)), "it was as with the old rate"
        warm = make().set_params(warm_start=True, max_iter=1).fit(X, y)
        before = [w.copy() for w in warm.coefs_]
        warm.set_params(learning_rate_init=1e-12).fit(X, y)
        assert max(abs(a - b).max() for a, b in zip(before, warm.coefs_)) < 1e-9, "with warm_start it had an effect"

linear = SGDRegressor(eta0=0.01, learning_rate="constant", random_state=0).partial_fit(X, y)
before = linear.coef_.copy()
linear.set_params(eta0=1e-12).partial_fit(X, y)
assert abs(linear.coef_ - before).max() < 1e-9, "eta0 had an effect"
print("SGDRegressor at eta0=1e-12 stays where it is")
PY
