"""Packages that only a cluster needs."""

from functools import partial

from .. import _packages

required = partial(_packages.required, extra="dask")
