"""Parameters of the estimators as options: each has one, and its text gives the value."""

import argparse
import inspect
from numbers import Integral, Real

import pytest
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from skae import DenoisingAE
from skae.__main__ import main
from skae.commands import parameters
from skae.commands.parameters import ESTIMATORS, Value, add_parameters, as_option, estimator_of
from skae.runtime.messages import marked

LEFT_OUT = {"warm_start", "verbose", "zero_sampling"}
ASKED = [
    (key, name) for key, cls in ESTIMATORS.items() for name in inspect.signature(cls).parameters if name not in LEFT_OUT
]


def _parsed(*arguments):
    """The estimator of some arguments; an error raises ValueError with its text."""

    class Parser(argparse.ArgumentParser):
        def error(self, message):
            raise ValueError(message)

    parser = Parser(allow_abbrev=False)
    parser.add_argument("--estimator", choices=list(ESTIMATORS), default="plain")
    add_parameters(parser)
    parser.set_defaults(parser=parser)
    return estimator_of(parser.parse_args([str(argument) for argument in arguments]))


def _option(name):
    return "--" + name.replace("_", "-")


@pytest.mark.parametrize("key, name", ASKED)
def test_the_text_of_a_default_gives_the_default(key, name):
    cls = ESTIMATORS[key]
    default = inspect.signature(cls).parameters[name].default
    if isinstance(default, bool):
        arguments = [_option(name) if default else _option(name).replace("--", "--no-", 1)]
    else:
        arguments = [_option(name), "none" if default in (None, ()) else default]
    estimator = _parsed("--estimator", key, *arguments)
    assert type(estimator) is cls
    assert estimator.get_params() == cls().get_params()
    assert type(getattr(estimator, name)) is type(default) or isinstance(default, Real)


@pytest.mark.parametrize("key, name", ASKED)
def test_every_word_that_is_legal_is_taken(key, name):
    cls = ESTIMATORS[key]
    # The KL term takes one activation alone.
    others = ["--sparsity", "l1"] if key == "sparse" and name != "sparsity" else []
    for constraint in cls._parameter_constraints[name]:
        for word in constraint.options if isinstance(constraint, StrOptions) else ():
            assert getattr(_parsed("--estimator", key, *others, _option(name), word), name) == word


def test_values_have_the_types_of_the_parameters():
    estimator = _parsed(
        *"--estimator sparse --n-components 32 --hidden-layer-sizes 500,250 --alpha 1e-3 --tied-weights".split(),
        *"--batch-size 16 --max-grad-norm 5 --seed 7 --no-shuffle --n-active-transform 30".split(),
    )
    assert estimator.n_components == 32 and type(estimator.n_components) is int
    assert estimator.hidden_layer_sizes == (500, 250)
    assert estimator.alpha == 1e-3 and estimator.max_grad_norm == 5.0
    assert estimator.tied_weights is True and estimator.shuffle is False
    assert (estimator.batch_size, estimator.random_state, estimator.n_active_transform) == (16, 7, 30)
    assert _parsed("--hidden-layer-sizes", "10").hidden_layer_sizes == (10,)
    # The width "auto" is not known before there are rows.
    assert _parsed("--estimator", "sparse", "--nested-sizes", "4,16").nested_sizes == (4, 16)
    assert _parsed("--random-state", "none").random_state is None


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("--n-components many", "argument --n-components: must be 'auto' or 'none' or a number; got 'many'"),
        ("--n-components 1.5", "an int in the range [1, inf) or a float in the range (0.0, 1.0). Got 1.5"),
        (
            "--n-components 0",
            "'--n-components' parameter of AutoencoderTransformer must be a str among {'auto'}, none, an int",
        ),
        ("--batch-size half", "must be 'auto' or an integer; got 'half'"),
        ("--max-grad-norm x", "must be 'none' or a number; got 'x'"),
        ("--hidden-layer-sizes 5,x", "must be 'none' or integers separated by commas; got '5,x'"),
        ("--hidden-layer-sizes __import__('os')", "integers separated by commas"),
        ("--tol nan", "'--tol' parameter"),
        (
            "--seed -1",
            "'--seed' parameter of AutoencoderTransformer must be an int in the range [0, 4294967295] or none.",
        ),
        ("--max-grad-norm 0", "must be none or a float"),
        ("--hidden-layer-sizes 5,0", "'--hidden-layer-sizes' parameter of AutoencoderTransformer must hold integers"),
        (
            "--loss log_loss --output-activation tanh",
            "--loss='log_loss' needs --output-activation='logistic' or 'auto'",
        ),
        (
            "--estimator sparse --sparsity topk --solver lbfgs",
            "--sparsity='topk' changes the objective from batch to batch: it needs --solver='adam' or 'kfac' or 'sgd'; "
            "got --solver='lbfgs'. Use one of these, or --sparsity='kl' or 'l1'.",
        ),
        (
            "--estimator sparse --sparsity topk --n-components 3 --n-active 2 --n-active-transform 1",
            "--n-active-transform must lie between --n-active=2 and --n-components=3; got --n-active-transform=1. none "
            "stands for --n-active.",
        ),
        (
            "--estimator sparse --n-components 9 --nested-sizes 4,9",
            "--nested-sizes must hold sizes below --n-components=9, which counts in any case; got "
            "--nested-sizes=(4, 9). Leave out those that are not, or set --nested-sizes=none.",
        ),
        ("--estimator sparse --nested-sizes 4 --solver kfac", "--nested-sizes=(4,) needs --solver='auto' or 'adam' or"),
        ("--estimator sparse --revive-dead --solver lbfgs", "Use one of these, or --no-revive-dead."),
        ("--activation swish", "--activation: must be 'identity' or 'logistic' or 'relu' or 'tanh'; got 'swish'"),
        ("--activation sigmoid", "got 'sigmoid'. Did you mean 'logistic'?"),
        ("--solver l-bfgs", "got 'l-bfgs'. Did you mean 'lbfgs'?"),
        (
            "--noise-level 0.3",
            "--noise-level is no parameter of --estimator plain, but of contractive, denoising, sparse",
        ),
        ("--estimator denoising --noise-level 2", "got --noise-level=2"),
        ("--estimator sparse --activation relu", "--activation='logistic'; got --activation='relu'"),
        ("--verbose", "unrecognized arguments"),
        ("--n-comp 3", "unrecognized arguments"),
    ],
)
def test_a_wrong_value_is_told_by_its_option(arguments, words):
    with pytest.raises(ValueError) as raised:
        _parsed(*arguments.split())
    assert words in str(raised.value)


def test_a_new_parameter_has_an_option_by_itself(monkeypatch):
    class Later(DenoisingAE):
        """Later.

        Parameters
        ----------
        depth_of_field : int or "deep", default="deep"
            How deep, 100 % of it. More is said
            below.
        keen : bool, default=False
            Whether it is.
        made_by : object, default=DenoisingAE
            What no text stands for.
        """

        _parameter_constraints = {
            **DenoisingAE._parameter_constraints,
            "depth_of_field": [StrOptions({"deep"}), Interval(Integral, 1, None, closed="left")],
            "keen": ["boolean"],
            "made_by": [HasMethods("fit")],
        }

        def __init__(self, n_components=64, *, depth_of_field="deep", keen=False, made_by=DenoisingAE):
            super().__init__(n_components)
            self.depth_of_field = depth_of_field
            self.keen = keen
            self.made_by = made_by

    monkeypatch.setitem(parameters.ESTIMATORS, "later", Later)
    estimator = _parsed("--estimator", "later", "--depth-of-field", "3", "--keen")
    assert (estimator.depth_of_field, estimator.keen) == (3, True)
    parser = argparse.ArgumentParser()
    add_parameters(parser)
    text = " ".join(parser.format_help().split())
    assert "parameters of later: --depth-of-field deep|N How deep, 100 % of it (default: deep)" in text
    assert "--made-by" not in text
    with pytest.raises(ValueError, match="--depth-of-field is no parameter of --estimator plain, but of later"):
        _parsed("--depth-of-field", "3")


def test_none_is_a_word_beside_others():
    value = Value.of([None, StrOptions({"auto"})])
    assert (value.parse("none"), value.parse("auto"), value.metavar) == (None, "auto", "{none,auto}")


@pytest.mark.parametrize("constraint, text", [(Interval(Real, 0, 1, closed="both"), "0.5"), ("random_state", "3")])
def test_code_is_never_run(constraint, text):
    value = Value.of([constraint])
    assert value.parse(text) == float(text)
    with pytest.raises(argparse.ArgumentTypeError):
        value.parse("1+1")


def test_the_help_describes_every_parameter(capsys):
    with pytest.raises(SystemExit):
        main(["fit", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    options = text.partition("options:")[2]
    for _, name in ASKED:
        described = options.partition(f" {_option(name)}")[2].partition(" --")[0]
        full = options.partition(f" {_option(name)}")[2].partition("(default: ")
        assert full[1] and len(full[0]) > 10, (name, described)
    for name in LEFT_OUT:
        assert _option(name) not in text
    assert "(default: contractive 0.0, denoising auto, sparse 0.0)" in text
    assert "``" not in text and "]_" not in text


@pytest.mark.parametrize(
    "template, words",
    [
        ("The '{tol}' parameter of tol", "The '--tol' parameter of tol"),
        ("{loss='log_loss'} or {max_iter=3}: the loss", "--loss='log_loss' or --max-iter=3: the loss"),
        ("Raise {alpha}, set {random_state=0}, {tied_weights=True}.", "Raise --alpha, set --seed=0, --tied-weights."),
        ("{shuffle=False} or {early_stopping}", "--no-shuffle or --early-stopping"),
        ("{n_active_transform=None}. {None} is not None.", "--n-active-transform=none. none is not None."),
        # These have no option.
        ("by {warm_start=False} or {zero_sampling}", "by warm_start=False or zero_sampling"),
    ],
)
def test_messages_name_options_where_parameters_are_marked(template, words):
    assert marked(template).written(as_option) == words
