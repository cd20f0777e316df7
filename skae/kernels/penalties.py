"""The compiled parts of the penalties: L2, the KL term on mean activations, the contraction of the encoder."""

from .compiler import kernel


@kernel
def add_l2_gradient(weights, grad, strength):
    """grad += strength * weights; returns the sum of squares of the weights."""
    strength = weights.dtype.type(strength)
    total = 0.0
    for i in range(weights.shape[0]):
        row = weights.dtype.type(0)
        for j in range(weights.shape[1]):
            row += weights[i, j] * weights[i, j]
            grad[i, j] += strength * weights[i, j]
        total += row
    return total


@kernel
def sum_of_squares(weights):
    """The sum of squares that ``add_l2_gradient`` returns."""
    total = 0.0
    for i in range(weights.shape[0]):
        row = weights.dtype.type(0)
        for j in range(weights.shape[1]):
            row += weights[i, j] * weights[i, j]
        total += row
    return total


@kernel
def weighted_column_sums(a, row_scale, out):
    """out_j = sum_i row_scale_i a_ij, accumulated in float64."""
    out[:] = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[j] += row_scale[i] * a[i, j]


@kernel
def add_outer(delta, row_scale, column):
    """delta_ij += row_scale_i column_j."""
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            delta[i, j] += row_scale[i] * column[j]


@kernel
def squared_column_norms(weights, out):
    """out_j = sum_i weights_ij^2."""
    out[:] = 0
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            out[j] += weights[i, j] * weights[i, j]


@kernel
def squared_derivative_sums(derivative, row_scale, out):
    """out_l = sum_i row_scale_i slope_il^2, accumulated in float64."""
    out[:] = 0
    for i in range(derivative.shape[0]):
        for j in range(derivative.shape[1]):
            out[j] += row_scale[i] * derivative[i, j] * derivative[i, j]


@kernel
def add_contraction_delta(derivative, second_derivative, squared_norms, row_scale, delta, bias_grad):
    """delta_il += 2 row_scale_i slope_il bend_il ||w_l||^2, and the same, summed over rows, is added to bias_grad."""
    two = derivative.dtype.type(2)
    for i in range(derivative.shape[0]):
        for j in range(derivative.shape[1]):
            d = two * row_scale[i] * derivative[i, j] * second_derivative[i, j] * squared_norms[j]
            delta[i, j] += d
            bias_grad[j] += d


@kernel
def add_delta(extra, delta, bias_grad):
    """delta += extra, and bias_grad += the sum of the rows of extra."""
    for i in range(extra.shape[0]):
        for j in range(extra.shape[1]):
            delta[i, j] += extra[i, j]
            bias_grad[j] += extra[i, j]


@kernel
def add_scaled_columns(weights, scale, grad):
    """grad_jl += scale_l weights_jl."""
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            grad[i, j] += scale[j] * weights[i, j]
