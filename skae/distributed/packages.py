"""Packages that only a cluster needs."""

from functools import partial

from ..runtime import packages

required = partial(packages.required, extra="dask")
