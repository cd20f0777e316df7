"""What the functions of this package take: an autoencoder, and a client of a cluster."""

from __future__ import annotations

from .._base import BaseAutoencoder
from .packages import required


def check_autoencoder(estimator):
    """Raise TypeError for what is no autoencoder of this library."""
    if not isinstance(estimator, BaseAutoencoder):
        raise TypeError(
            f"estimator must be an autoencoder of skae; got {type(estimator).__name__}. Of a Pipeline pass its steps, "
            "one after the other."
        )


def current_client(client):
    """The client given, or that of the surroundings.

    Raises
    ------
    TypeError
        For what is no client.
    ValueError
        Where there is none, and for one that is asynchronous.
    """
    distributed = required("distributed")
    if client is None:
        try:
            client = distributed.get_client()
        except ValueError:
            raise ValueError(
                "client is None, and there is no cluster to work on. Start one with distributed.Client(), or pass one."
            ) from None
    if not isinstance(client, distributed.Client):
        raise TypeError(
            f"client must be a distributed.Client; got {type(client).__name__}. Of a cluster pass cluster.get_client()."
        )
    if client.asynchronous:
        raise ValueError("client must not be asynchronous; got one that is. Use Client(..., asynchronous=False).")
    return client
