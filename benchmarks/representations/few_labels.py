"""Few labels: a classifier that starts from an encoder trained on all rows without labels, against others.

The encoder is trained on all training rows without labels; only some rows, equally many of each digit, keep their
labels. The result is the test accuracy in per cent of each classifier:

- fine-tuned: the perceptron that ``to_mlp`` makes of the encoder, trained by SGD;
- by Adam: the same, trained by Adam;
- random start: the same perceptron and training as the first, but from random weights;
- rectified: MLPClassifier with as many hidden units, and its default activation and solver;
- linear on code, linear on pixels: LogisticRegression on the frozen code of the encoder, and on the pixels.

A seed determines the initial weights of the encoder and of the perceptrons, and the labels that are kept. All settings
were chosen on held-out training rows, on which ``--held-out`` measures. Of contractive, KL-sparse, denoising and
lifetime-sparse codes the contractive ones were best. The steps of SGD are proportional to the gradient, so the output
layer changes first. Adam's steps are about equal for all weights: it overwrites the encoder before the output layer has
learnt to read it.

python -m benchmarks few_labels
python -m benchmarks few_labels digits --output results.json
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from skae import ContractiveAE

from ..harness import benchmark, flag, markdown, mean, option, positional, spread, timed
from ._splits import digits, mnist
from ._training import whole_schedule


class Recipe(NamedTuple):
    """The settings for a data set.

    Attributes
    ----------
    split : callable (held_out) -> Split
    epochs : dict of int by int
        Epochs of the perceptrons for each number of labels.
    width : int
        Hidden units of the encoder and of the perceptrons.
    encoder : dict
        Further parameters of the encoder.
    adam : dict
        Parameters of the perceptrons that Adam trains.
    pixels_C : float
        C of the linear classifier on pixels; that on the code has 10.
    seeds : int
        Number of seeds over which the result is averaged.
    """

    split: Callable
    epochs: dict
    width: int
    encoder: dict
    adam: dict
    pixels_C: float
    seeds: int


# Grey values in [0, 1] are taken as probabilities of ink.
_ENCODER = {"loss": "log_loss", "tied_weights": True}
_SGD = {"solver": "sgd", "learning_rate_init": 0.1, "alpha": 1e-2}

RECIPES = {
    "digits": Recipe(
        digits,
        {30: 300, 60: 300, 100: 300, 200: 300},
        256,
        {"contraction_weight": 0.3, "batch_size": 32, **whole_schedule(300, learning_rate_init=0.03), **_ENCODER},
        {"learning_rate_init": 5e-3, "alpha": 0.1},
        10.0,
        seeds=10,
    ),
    "MNIST": Recipe(
        mnist,
        {100: 300, 300: 200, 1000: 100},
        1000,
        {"contraction_weight": 1.0, **whole_schedule(8, learning_rate_init=5e-3), **_ENCODER},
        {"learning_rate_init": 1e-3},
        0.1,
        seeds=5,
    ),
}


def contenders(recipe, encoder, n_labels, seed):
    """Classifiers by name, each with whether its input is the code instead of the pixels."""
    epochs = recipe.epochs[n_labels]
    # The epochs alone end the training.
    training = {"max_iter": epochs, "n_iter_no_change": epochs, "random_state": seed}
    hidden = (recipe.width,)
    return {
        "fine-tuned": (encoder.to_mlp(**_SGD, **training), False),
        "by Adam": (encoder.to_mlp(**recipe.adam, **training), False),
        "random start": (MLPClassifier(hidden, activation=encoder.activation, **_SGD, **training), False),
        "rectified": (MLPClassifier(hidden, **recipe.adam, **training), False),
        "linear on code": (LogisticRegression(C=10.0, max_iter=5000), True),
        "linear on pixels": (LogisticRegression(C=recipe.pixels_C, max_iter=5000), False),
    }


def measure(recipe, split, seed):
    """Yield number of labels, name of a classifier, and its accuracy in per cent."""
    encoder = ContractiveAE(recipe.width, random_state=seed, **recipe.encoder).fit(split.X)
    code = encoder.transform(split.X_test)
    for n_labels in recipe.epochs:
        X, _, y, _ = train_test_split(split.X, split.y, train_size=n_labels, stratify=split.y, random_state=seed)
        for name, (classifier, on_code) in contenders(recipe, encoder, n_labels, seed).items():
            classifier.fit(encoder.transform(X) if on_code else X, y)
            yield n_labels, name, 100.0 * classifier.score(code if on_code else split.X_test, split.y_test)


def lines(results):
    """The table in Markdown: mean and standard deviation over the seeds."""
    rows = (
        (row["data"], str(row["labels"]), *(f"{mean(v):.1f} +- {spread(v):.1f}" for v in row["correct"].values()))
        for row in results
    )
    return markdown(("data", "labels", *results[0]["correct"]), rows)


@benchmark(
    positional("data", list(RECIPES), quick=["digits"]),
    option("--seeds", None, "(default: 10 for digits, 5 for MNIST)", type=int, quick=1),
    flag("--held-out", "measure on held-out training rows, to choose settings"),
    quiet=ConvergenceWarning,
)
def main(options):
    results = []
    for name in options.data or RECIPES:
        recipe = RECIPES[name]
        split = recipe.split(options.held_out)
        correct = {n_labels: {} for n_labels in recipe.epochs}
        for seed in range(options.seeds or recipe.seeds):
            seconds, found = timed(lambda seed=seed, recipe=recipe, split=split: list(measure(recipe, split, seed)))
            for n_labels, contender, share in found:
                correct[n_labels].setdefault(contender, []).append(share)
            print(f"{name}, seed {seed}: {seconds:.0f} s")
        results += [{"data": name, "labels": n_labels, "correct": found} for n_labels, found in correct.items()]
    print(*lines(results), sep="\n")
    return results
