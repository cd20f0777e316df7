"""Start values from the data: principal directions into the encoder, least squares into the decoder."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..runtime import buffers
from .decoders import logistic_regression, preactivations, ridge
from .drawn_start import start_drawn
from .initialization import initial_parameters
from .parted_start import start_code, start_layer
from .principal import any_directions, local_directions, scaled_directions
from .start_activations import STRETCH, applied, lifted
from .tied_start import start_tied, tied_bend


class _Bend(NamedTuple):
    """How far the layers of a start reach into the bend of their activation.

    Attributes
    ----------
    code, hidden : float
        Standard deviation of the pre-activations of the code and of the layers before it, in units of a tanh, which is
        nearly linear where it is small.
    lift : bool
        Whether a rectified code is lifted as a whole above zero; layers before it too, if they are straight.
    ridge : float
        Of the decoder.
    local : bool
        Whether each unit of the code sees columns that go together, in the place of principal directions.
    straight : float or None
        The same deviation of as many units of each layer before the code as it has itself, which carry the principal
        components there; None where all units of a layer are alike.
    """

    code: float
    hidden: float
    lift: bool
    ridge: float
    local: bool = False
    straight: float | None = None


# One layer with a linear output, the same where noise replaces entries, and with a logistic output; with a code that is
# wider than the rows, the same with cross-entropy or any noise; several layers, those for codes that lose little, and
# those for few rows. The decoder of a start with larger bends than these learns noise by the third powers of the code:
# with 0.1 in the place of 0.05 explained variance of held-out rows was 0.011 lower on digits and on counts.
_SHALLOW, _REPLACED, _LOGITS = _Bend(0.1, 0.1, True, 1e-8), _Bend(0.5, 0.5, True, 1e-8), _Bend(1.0, 1.0, True, 1e-8)
_WIDE, _WIDE_BENT = _Bend(0.2, 0.2, False, 1e-4), _Bend(1.0, 1.0, False, 1e-4)
_DEEP = _Bend(0.3, 1.0, False, 0.1)

# One layer with cross-entropy where noise replaces entries, which are to be told from those that go with them. From
# principal directions 256 units on 20,000 rows of MNIST, a quarter of them masked, trained to 70 nats a held-out row,
# from drawn weights to 66, so to 63.7, in as many epochs of Adam.
_LOCAL = _Bend(1.0, 1.0, True, 1e-8, True)

# Rows from which correlations are known well enough for it: on 20 it ended higher.
_LOCAL_ROWS = 200

# Several layers whose steps use the curvature: straight units alone learn slowly to bend, bent ones alone lose what is
# linear.
_PARTED = _Bend(0.3, 1.5, False, 1e-5, straight=0.3)

_STRAIGHT, _STRAIGHTER = _Bend(0.05, 0.05, True, 1e-5), _Bend(0.03, 0.03, True, 1e-5)
# Large decoders do not bear the rates of chunks.
_CHUNK = _Bend(0.1, 0.1, True, 1e-5)

# Greater bends of the code of one layer, and how much more of the variance than principal components the start may lose
# by them. A code of small spread is of little use to a classifier behind it that shrinks its coefficients: without a
# scaler between, LogisticRegression was right for 58 % of wine with 0.1 for all, 92 % so.
_SHALLOW_BENDS, _LOST = (0.3, 0.2, 0.15), 5e-4

# Error of a start of several layers, over that of as many principal components, up to which it may bend: above it, what
# is lost at the bends takes more steps to win back than there are. In the seven of eleven cases where it was at most
# 1.6 bent starts trained to less error, in the four where it was at least 6 straight ones. K-FAC wins back more: with
# logistic units that all bend it ended at three quarters of the error from a straight start at 3.1, above it at 6.8.
_BENT_ERROR, _BENT_ERROR_BY_CURVATURE = 2.0, 4.0

# The same of a start in two parts, of two layers and of more. On nonlinear tables it was at most 1.23 and 1.55, and the
# training ended far below a straight start's; where nothing is to be found beyond principal components, on Gaussian and
# linear tables of which they leave 0.01, 1.6 and 2.2 or more, on Poisson counts 2.6, and it ended above.
_PARTED_ERROR, _PARTED_ERROR_OF_MORE = 1.4, 1.8

# Rows for each unit of the code, below which several layers start straight as well. With fewer, what is learnt from a
# bent start is mostly the rows themselves: on 16 tables of 12 to 28 rows a unit it ended below principal components on
# held-out rows in 14, a straight start below them by more than 0.01 in 5, and above the bent one in 14.
_ROWS_A_UNIT = 28


def begins_local(architecture, loss, noise):
    """Whether units of the code begin with columns that go together: of one untied layer with cross-entropy, where
    noise replaces entries."""
    bounded = architecture.depth == 1 and not architecture.tied and architecture.activation in ("logistic", "tanh")
    logits = architecture.output_activation == "logistic" and loss.entry is None
    return noise == "replacing" and bounded and logits


def rows_are_few(architecture, n_rows):
    """Whether a training of several layers has few rows for the width of its code."""
    return n_rows < _ROWS_A_UNIT * architecture.encoder_sizes[-1]


@np.errstate(over="ignore", invalid="ignore")
def data_start(
    architecture,
    loss,
    rows,
    weights,
    rng,
    dtype,
    target=None,
    gain=1.0,
    large=False,
    noise=None,
    few=False,
    chunk=False,
    curvature=False,
    logits=None,
):
    """Start values of the parameters, from some rows.

    One hidden layer begins with the principal directions, by one factor for all, as far into the bend of its activation
    as next to nothing is lost; a code that is wider than the rows with several rotations of them. Several layers take
    the directions of what they meet, mixed, so that every unit has its share. The decoder is the ridge regression on
    what the layer below it gives: of the pre-activations of the layer that it mirrors, at the end of the rows, or their
    logits.

    Parameters
    ----------
    architecture : Architecture
    loss : Loss
    rows : ndarray of shape (n_rows, n_features), float64
        As the network sees them.
    weights : ndarray of shape (n_rows,)
        How many times each row counts.
    rng : numpy Generator
    dtype : dtype
    target : float, default=None
        Mean activation with which units of the code are to begin.
    gain : float, default=1.0
        By which the pre-activations of the code are multiplied.
    large : bool, default=False
        Whether the pre-activations of the code have the size of the activation's bend, so that weights of the decoder
        are not large.
    noise : {"additive", "replacing"}, default=None
        Kind of the corruption of the input.
    few : bool, default=False
        Whether rows are few for the code: several layers then start straight, and not only where the code would lose
        less than their bends.
    chunk : bool, default=False
        Whether the rows are a first chunk, on which a rate is found that stays.
    curvature : bool, default=False
        Whether the solver takes steps by the curvature, which win back more.
    logits : {"straight", "drawn"}, default=None
        How several untied layers begin whose output is logits; None for as far into the bend as other ones.

    Returns
    -------
    ndarray of shape (n_parameters,)
        Those of ``initial_parameters`` where nothing is known of the activations, where the rows do not vary, and for
        tied weights but with a linear output, where ``tied_bend`` has none.
    """
    known = {architecture.activation, architecture.output_activation} <= set(STRETCH)
    linear = architecture.output_activation == "identity"
    varying = 0.0 < np.square(rows - rows[0]).sum() < np.inf
    if not (known and varying) or (architecture.tied and not (linear and loss.squares)):
        return initial_parameters(architecture, rng, dtype)
    if logits == "drawn":
        return start_drawn(architecture, rows, weights, rng, dtype)
    if architecture.tied and tied_bend(architecture, rows, weights, few, noise is None and target is None) is None:
        return initial_parameters(architecture, rng, dtype)
    theta = buffers.zeros(architecture.n_parameters, np.float64)
    parameters = architecture.parameters(theta)
    if architecture.tied:
        start_tied(architecture, parameters, rows, weights, rng)
    else:
        wish = _Wish(target, gain, large, noise, few, chunk, curvature, logits)
        _start_untied(architecture, parameters, loss, rows, weights, rng, wish)
    theta = theta.astype(dtype)
    return theta if np.isfinite(theta).all() else initial_parameters(architecture, rng, dtype)


class _Wish(NamedTuple):
    """What is asked of the code, and what is known of the rows; see the parameters of ``data_start``."""

    target: float | None
    factor: float
    large: bool
    noise: str | None
    few: bool
    chunk: bool
    curvature: bool
    logits: str | None


def _start_untied(architecture, parameters, loss, rows, weights, rng, wish):
    """Set all layers, by the first of some starts that loses little."""
    mean = np.average(rows, axis=0, weights=weights)
    spread = np.average(np.square(rows - mean).sum(axis=1), weights=weights)
    starts = _starts(architecture, loss, wish, len(rows))
    for bends in starts:
        start_encoder = _start_parted_encoder if bends[0].straight else _start_encoder
        outputs, deviations = start_encoder(architecture, parameters, bends, rows, weights, rng, wish)
        given = _start_decoder(architecture, parameters, loss, bends[0], outputs, weights)
        if bends is starts[-1]:
            break
        error = np.average(np.square(given - rows).sum(axis=1), weights=weights)
        left = spread - np.square(deviations[: min(architecture.encoder_sizes)]).sum()
        if error <= (left + _LOST * spread if architecture.depth == 1 else _most(architecture, bends[0], wish) * left):
            break


def _most(architecture, bend, wish):
    """Error of a start of several layers, over that of principal components, up to which it is taken."""
    if bend.straight:
        return _PARTED_ERROR if architecture.depth == 2 else _PARTED_ERROR_OF_MORE
    return _BENT_ERROR_BY_CURVATURE if wish.curvature else _BENT_ERROR


def _starts(architecture, loss, wish, n_rows):
    """Pairs of bends to try in order: of a code that is not wider than the rows, and of one that is."""
    bend, wide = _bends(architecture, loss, wish.noise, n_rows)
    if wish.logits == "straight":
        return [(_STRAIGHT, _STRAIGHT)]
    if not (loss.squares and architecture.output_activation == "identity") or wish.large:
        return [(bend, wide)]
    if architecture.depth > 1:
        if wish.noise == "replacing":
            return [(bend, wide)]
        straight = _CHUNK if wish.chunk else _STRAIGHTER if wish.few else _STRAIGHT
        if wish.curvature and wish.target is None and architecture.activation in ("logistic", "tanh"):
            bend = wide = _PARTED
        return [(bend, wide), (straight, straight)][int(wish.few) :]
    plain = wish.target is None and wish.noise is None and wish.factor == 1.0
    narrow = architecture.encoder_sizes[-1] < architecture.encoder_sizes[0]
    bounded = architecture.activation in ("logistic", "tanh")
    tried = _SHALLOW_BENDS if plain and narrow and bounded else ()
    return [*((bend._replace(code=code), wide) for code in tried), (bend, wide)]


def _bends(architecture, loss, noise, n_rows):
    """How far the layers are to bend, and a code that is wider than the rows."""
    if architecture.depth > 1:
        return _DEEP, _DEEP
    if n_rows >= _LOCAL_ROWS and begins_local(architecture, loss, noise):
        return _LOCAL, _LOCAL
    logits = architecture.output_activation == "logistic"
    return (
        _LOGITS if logits else _REPLACED if noise == "replacing" else _SHALLOW,
        _WIDE_BENT if noise or (logits and loss.entry is None) else _WIDE,
    )


def _start_encoder(architecture, parameters, bends, rows, weights, rng, wish):
    """Set the encoder.

    Pre-activations and output of each of its layers, the rows first, and standard deviations of the rows along their
    principal directions.
    """
    outputs, relu, of_rows = [(rows, rows)], architecture.activation == "relu", None
    bend, of_wide = bends
    for layer, width in enumerate(architecture.encoder_sizes[1:]):
        is_code = layer == architecture.depth - 1
        met = outputs[-1][1]
        directions, deviations = any_directions(met, width, weights)
        of_rows = deviations if of_rows is None else of_rows
        wide = width > directions.shape[1]
        if wide:
            bend = of_wide
        mix = wide or not is_code
        gain = _gain(architecture, bend, is_code, wish)
        if bend.local:
            encoder = gain * local_directions(met, width, weights, rng)
        else:
            encoder = scaled_directions(directions, deviations, width, gain, rng, mix)
        mean = np.average(met, axis=0, weights=weights)
        bias = -mean @ encoder
        if relu and bend.lift:
            bias = bias + lifted((met - mean) @ encoder)
        elif relu and is_code:
            bias = bias + 2.0 * gain
        if is_code and wish.target is not None:
            bias = bias + np.log(wish.target / (1.0 - wish.target))
        outputs.append(_set_layer(architecture, parameters, layer, encoder, bias, met))
    return outputs, of_rows


def _start_parted_encoder(architecture, parameters, bends, rows, weights, rng, wish):
    """The same, where layers before the code have straight units and bent ones."""
    outputs, straight, of_rows = [(rows, rows)], rows.shape[1], None
    bend, n_units = bends[0], architecture.encoder_sizes[-1]
    gains = bend.straight * STRETCH[architecture.activation], _gain(architecture, bend, False, wish)
    for layer, width in enumerate(architecture.encoder_sizes[1:-1]):
        met = outputs[-1][1]
        encoder, bias, deviations = start_layer(met, straight, width, n_units, gains, weights, rng)
        outputs.append(_set_layer(architecture, parameters, layer, encoder, bias, met))
        of_rows = deviations if of_rows is None else of_rows
        straight = len(deviations)
    met = outputs[-1][1]
    encoder, bias = start_code(met, straight, n_units, _gain(architecture, bend, True, wish), weights, rng)
    outputs.append(_set_layer(architecture, parameters, architecture.depth - 1, encoder, bias, met))
    return outputs, of_rows


def _set_layer(architecture, parameters, layer, encoder, bias, met):
    """Set a layer of the encoder; its pre-activations, and its output."""
    parameters.weights[layer][...], parameters.biases[layer][...] = encoder, bias
    z = met @ encoder + bias
    return z, applied(architecture.activation, z)


def _gain(architecture, bend, is_code, wish):
    """Standard deviation of the pre-activations of a layer."""
    name = architecture.activation
    linear = architecture.depth == 1 and (name == "relu" or (name == "identity" and bend is _SHALLOW))
    gain = (1.0 if linear else bend.code if is_code else bend.hidden) * STRETCH[name]
    if not is_code:
        return gain
    return wish.factor * (max(gain, STRETCH[name]) if wish.large else gain)


def _start_decoder(architecture, parameters, loss, bend, outputs, weights):
    """Set the decoder, layer by layer, on what it meets; what it gives before the output's activation."""
    rows, h, depth = outputs[0][1], outputs[-1][1], architecture.depth
    for layer in range(depth, 2 * depth - 1):
        decoder, bias = ridge(h, outputs[2 * depth - 1 - layer][0], bend.ridge, weights)
        parameters.weights[layer][...], parameters.biases[layer][...] = decoder, bias
        h = applied(architecture.activation, h @ decoder + bias)
    if architecture.output_activation == "logistic" and loss.entry is None:
        decoder, bias = logistic_regression(h, rows, weights)
    else:
        wide = depth == 1 and architecture.encoder_sizes[-1] >= min(rows.shape)
        wanted = preactivations(rows, architecture.output_activation)
        decoder, bias = ridge(h, wanted, _WIDE.ridge if wide else bend.ridge, weights)
    parameters.weights[-1][...], parameters.biases[-1][...] = decoder, bias
    return h @ decoder + bias
