"""What the functions of this package take: an autoencoder, and a client of a cluster."""

from __future__ import annotations

from contextlib import contextmanager

from ..estimator.base import BaseAutoencoder
from .packages import required


def check_autoencoder(estimator):
    """Raise TypeError for what is no autoencoder of this library."""
    if not isinstance(estimator, BaseAutoencoder):
        raise TypeError(
            f"estimator must be an autoencoder of skae; got {type(estimator).__name__}. Of a Pipeline pass its steps, "
            "one after the other."
        )


@contextmanager
def kept_open(client):
    """Raise RuntimeError for what fails because the client was closed meanwhile."""
    try:
        yield
    except Exception as error:
        if client.status == "running":
            raise
        raise RuntimeError(
            f"client was closed during the work; its status is {client.status!r}. Keep it, and its cluster, to the end."
        ) from error


def current_client(client):
    """The client given, or that of the surroundings.

    Raises
    ------
    TypeError
        For what is no client.
    ValueError
        Where there is none, and for one that is asynchronous or closed.
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
    if client.status != "running":
        raise ValueError(
            f"client must be connected to its cluster; got one with status={client.status!r}. Make a new one."
        )
    return client
