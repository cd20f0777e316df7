"""Docstring sections that the estimators share."""

from __future__ import annotations

PARAMETERS = """
n_components : int, default=64
    Width k of the code. May be below the number of features (undercomplete), equal to it or above it
    (overcomplete).
hidden_layer_sizes : tuple of int, default=()
    Widths of further encoder layers between the input and the code; the decoder mirrors them.
activation : {"identity", "logistic", "tanh", "relu"}, default="logistic"
    Function g of every hidden layer, the code among them. Initial weights are fitted to it: uniform within
    +-sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010), or sqrt(6 / fan_in) with "relu" (He et al. 2015), biases
    zero; with several layers "logistic" starts as the "tanh" network that computes the same. From these the deep
    784-1000-500-250-30 autoencoder trains on MNIST without pre-training, fastest with "relu" and ``tied_weights``
    (docs/representations.md).
output_activation : {"auto", "identity", "logistic", "tanh", "relu"}, default="auto"
    Function f of the reconstruction. "auto" is "logistic" with ``log_loss`` and "identity" with
    ``squared_error``.
loss : {"auto", "squared_error", "log_loss"}, default="auto"
    Reconstruction loss of a row, a sum over its features: sum_j (x_hat_j - x_j)^2, or the cross-entropy
    -sum_j [x_j log x_hat_j + (1 - x_j) log(1 - x_hat_j)] for x in [0, 1], up to 1e-6. "auto" is ``log_loss`` when every
    value of X is 0 or 1 and the output may be logistic, else ``squared_error``.
tied_weights : bool, default=False
    Whether the decoder's weights are the encoder's transposed.
alpha : float, default=0.0
    Strength of the L2 penalty alpha (||W||^2 + ||W*||^2) on the weights of all layers; biases are left out, and tied
    weights are counted once.
solver : {"adam", "sgd", "lbfgs"}, default="adam"
    Mini-batches with Adam, or with Nesterov's momentum of 0.9; or L-BFGS on all rows at once. L-BFGS works in
    float64 unless it continues a fit in float32, and is the one to take for small data and exact minima.
learning_rate_init : float, default=1e-3
    Learning rate of the first epoch. 1e-3 suits rectified and deep networks; one layer of tied logistic units on images
    made better codes at 1e-2 to 3e-2 (docs/representations.md). Not used by "lbfgs".
learning_rate : {"constant", "cosine", "plateau"}, default="constant"
    "cosine" lowers it as learning_rate_init (1 + cos(pi epoch / max_iter)) / 2, from the start of every ``fit`` that
    does not go on with an interrupted one. "plateau" makes it learning_rate_init / 5^c after the stopping rule of
    ``tol`` was met c times, and stops when it is met for the fourth time. Not used by "lbfgs".
warmup_epochs : float, default=0
    During the first epochs after the initialisation the learning rate is multiplied by t / warmup_epochs, where t is
    the number of epochs, with fractions, at the end of each step. Not used by "lbfgs" and ``partial_fit``.
max_grad_norm : float, default=None
    Where the Euclidean norm of the gradient g of a step, over all parameters, exceeds it, g max_grad_norm / ||g||
    stands for g. Not used by "lbfgs".
batch_size : int or "auto", default="auto"
    Rows of a mini-batch; "auto" is min(128, n_samples). Not used by "lbfgs".
max_iter : int, default=200
    Most epochs, or iterations of L-BFGS.
tol : float, default=1e-4
    Training stops when the loss was not lowered by the fraction tol of its best value in ``n_iter_no_change`` epochs
    (iterations) in a row.
n_iter_no_change : int, default=10
    See ``tol``.
missing_values : {"error", "mask"}, default="error"
    With "mask" X may hold NaN: such an entry enters the network as the mean of its column over the training rows (with
    ``partial_fit``, over those so far; 0 for a column without any value) and leaves the loss, which is the sum over the
    entries that are there.
zero_sampling : float in (0, 1], default=None
    For sparse X with many columns: share q of the columns, drawn anew for each mini-batch, whose zeros count in the
    loss, 1/q times each; the stored entries always count once. The expected gradient is that of the full loss
    (Dauphin, Glorot and Bengio 2011). None for the full loss. Other X is always taken in full, and so
    is any under noise that makes zeros into something else, or with ``emphasis``.
early_stopping : bool, default=False
    Hold out rows, apply the stopping rule to their loss, and give back the parameters with which it was least.
validation_fraction : float, default=0.1
    Fraction of the rows held out with ``early_stopping``.
shuffle : bool, default=True
    Whether to shuffle the rows before every epoch. Not used by "lbfgs".
random_state : int, RandomState instance or None, default=None
    Determines the initial weights, the shuffling, the rows held out and the noise. Pass an int for reproducible
    results.
warm_start : bool, default=False
    Whether ``fit`` continues from the parameters and the optimiser's state of the last fit.
verbose : bool or int, default=False
    Whether to print a line an epoch; with a number above 1 a line for each multiple of it, and for the last epoch.
"""

ATTRIBUTES = """
coefs_ : list of ndarray of shape (fan_in, fan_out)
    Weights of each layer, encoder first. Views of the trained parameters.
intercepts_ : list of ndarray of shape (fan_out,)
    Biases of each layer.
components_ : ndarray of shape (width, n_features)
    Weights of the first encoder layer as rows.
filters_ : ndarray of shape (width, n_features)
    The input of norm one that maximally activates each unit of the first layer, w_l / ||w_l||; zero for a unit
    without weights.
column_means_ : ndarray of shape (n_features,)
    What enters the network in the place of NaN; with ``missing_values="mask"`` only.
loss_ : str
    What ``loss`` became.
output_activation_ : str
    What ``output_activation`` became.
loss_curve_ : list of float
    Training objective of each epoch (iteration): mean over rows, in nats for ``log_loss`` and in squared units of X
    for ``squared_error``, the penalties included. Mini-batches count at the parameters that they met.
validation_loss_curve_ : list of float
    The same on the rows held out, at the end of each epoch; NaN for epochs without such rows, which ``warm_start`` or
    ``partial_fit`` added; empty where ``early_stopping`` was never on.
n_iter_ : int
    Epochs (iterations) since the parameters were initialised: of the last fit, and with ``warm_start`` or
    ``partial_fit`` of those before it.
n_features_in_ : int
    Number of features seen during fit.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of features seen during fit, where X has names that are all strings.
"""


def documented(**sections):
    """Class decorator: put the shared sections, and those given, into the placeholders of a docstring.

    Parameters
    ----------
    **sections : str
        Text for further placeholders.
    """

    def fill(cls):
        text = cls.__doc__ or ""
        for name, section in {"parameters": PARAMETERS, "attributes": ATTRIBUTES, **sections}.items():
            indented = "\n".join(f"    {line}".rstrip() for line in section.strip("\n").splitlines())
            text = text.replace(f"    {{{name}}}", indented)
        cls.__doc__ = text
        return cls

    return fill
