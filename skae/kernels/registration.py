"""Parts from outside of the package, added to the registries."""

from __future__ import annotations

from .activations import ACTIVATIONS, Activation
from .corruptions import CORRUPTIONS, Corruption
from .losses import LOSSES, Loss
from .optimizers import OPTIMIZERS, Optimizer

REGISTRIES = {Activation: ACTIVATIONS, Loss: LOSSES, Corruption: CORRUPTIONS, Optimizer: OPTIMIZERS}


def register(record):
    """Add a part to the registry of its kind, in this process.

    Parameters
    ----------
    record : Activation, Loss, Corruption or Optimizer
        Its name is new among those of its kind.

    Returns
    -------
    Activation, Loss, Corruption or Optimizer
        The same record.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        For a name that is taken.

    Examples
    --------
    >>> from skae.kernels.activations import ACTIVATIONS, Activation
    >>> from skae.kernels.registration import register
    >>> def ramp(z):
    ...     return min(max(z, type(z)(-1)), type(z)(1))
    >>> def slope(a):
    ...     return type(a)(1) if abs(a) < type(a)(1) else type(a)(0)
    >>> def bend(a):
    ...     return type(a)(0)
    >>> hard_tanh = register(Activation("hard_tanh", ramp, slope, bend, (-1.0, 1.0)))
    >>> ACTIVATIONS.pop("hard_tanh") is hard_tanh
    True
    """
    registry = REGISTRIES.get(type(record))
    if registry is None:
        kinds = [kind.__name__ for kind in REGISTRIES]
        raise TypeError(f"record must be an {', '.join(kinds[:-1])} or {kinds[-1]}; got {record!r}.")
    if record.name in registry:
        raise ValueError(
            f"{type(record).__name__} of the name {record.name!r} already exists; the names are "
            f"{sorted(registry)}. Give the new one another name."
        )
    registry[record.name] = record
    return record
