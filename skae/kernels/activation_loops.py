"""The loops of an activation, generated around its scalar functions."""

from .compiler import kernel


def forward(name, value):
    """(z, bias) -> None: z becomes g(z + bias)."""

    @kernel(name=f"{name}_forward")
    def loop(z, bias):
        for i in range(z.shape[0]):
            for j in range(z.shape[1]):
                z[i, j] = value(z[i, j] + bias[j])

    return loop


def backward(name, derivative):
    """(delta, a, bias_grad) -> None: delta becomes delta * g'(z), and bias_grad the sum of its rows."""

    @kernel(name=f"{name}_backward")
    def loop(delta, a, bias_grad):
        bias_grad[:] = 0
        for i in range(delta.shape[0]):
            for j in range(delta.shape[1]):
                d = delta[i, j] * derivative(a[i, j])
                delta[i, j] = d
                bias_grad[j] += d

    return loop


def fill(name, function):
    """(a, out) -> None: out becomes the function of each entry of a."""

    @kernel(name=name)
    def loop(a, out):
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                out[i, j] = function(a[i, j])

    return loop
