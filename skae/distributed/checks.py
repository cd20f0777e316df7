"""Checks of the arguments of this package: the autoencoder and the client."""

from __future__ import annotations

from contextlib import contextmanager

from ..estimator.base import BaseAutoencoder
from .packages import required


def check_autoencoder(estimator):
    """Raise TypeError for anything but an autoencoder of this library."""
    if not isinstance(estimator, BaseAutoencoder):
        raise TypeError(
            f"estimator must be an autoencoder of skae; got {type(estimator).__name__}. For a Pipeline pass its steps, "
            "one after the other."
        )


@contextmanager
def kept_open(client):
    """Raise RuntimeError for any error in the block that comes of a client closed meanwhile."""
    try:
        yield
    except Exception as error:
        if client.status == "running":
            raise
        raise RuntimeError(
            f"client was closed during the work; its status is {client.status!r}. Keep it, and its cluster, to the end."
        ) from error


def current_client(client):
    """The given client, or the current one.

    Raises
    ------
    TypeError
        For anything but a client.
    ValueError
        If there is no client, or it is asynchronous or closed.
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
            f"client must be a distributed.Client; got {type(client).__name__}. Pass cluster.get_client() of a cluster."
        )
    if client.asynchronous:
        raise ValueError("client must not be asynchronous; got one that is. Use Client(..., asynchronous=False).")
    if client.status != "running":
        raise ValueError(
            f"client must be connected to its cluster; got one with status={client.status!r}. Make a new one."
        )
    return client
