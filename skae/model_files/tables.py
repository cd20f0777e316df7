"""The encoding of a table of numbers and categories, to JSON and arrays and back."""

from __future__ import annotations

import numpy as np

from ..tables import TableEncoder
from .autoencoders import decode_names, encode_names


def encode(encoder, arrays, path):
    """JSON of a fitted ``TableEncoder``; arrays whose names begin with the path are added to the arrays.

    Parameters
    ----------
    encoder : TableEncoder
    arrays : dict of str to ndarray
    path : str

    Returns
    -------
    dict
    """
    arrays[f"{path}means"], arrays[f"{path}scales"] = encoder.means_, encoder.scales_
    encode_names(getattr(encoder, "feature_names_in_", None), arrays, path)
    # Of a column of numbers -1.
    widths = [-1 if names is None else len(names) for names in encoder.categories_]
    arrays[f"{path}n_categories"] = np.array(widths, np.int64)
    names = [name for names in encoder.categories_ if names is not None for name in names]
    if names:
        encode_names(names, arrays, f"{path}categories/")
        arrays[f"{path}shares"] = np.concatenate([shares for shares in encoder.shares_ if shares is not None])
    return {"max_categories": int(encoder.max_categories), "categories": {}}


def decode(fields):
    """The encoder from the JSON and the arrays that ``encode`` made.

    Parameters
    ----------
    fields : Fields

    Returns
    -------
    TableEncoder

    Raises
    ------
    ValueError
        If they are not those of an encoder.
    """
    encoder = TableEncoder(fields.integer("max_categories", 2))
    encoder.means_ = fields.array("means", (None,), ("<f8",), finite=True)
    n_features = encoder.n_features_in_ = len(encoder.means_)
    if n_features == 0:
        raise ValueError("a table must have a column.")
    encoder.scales_ = fields.array("scales", (n_features,), ("<f8",), finite=True)
    fields.refuse_where(encoder.scales_ <= 0, "scales", "above 0")
    names = decode_names(n_features, fields, encoder.means_.nbytes)
    if names is not None:
        encoder.feature_names_in_ = names
    widths = fields.array("n_categories", (n_features,), ("<i8",))
    fields.refuse_where((widths < -1) | (widths > encoder.max_categories), "n_categories", "from -1 to max_categories")
    _decode_categories(encoder, fields, widths)
    fields.end()
    return encoder


def _decode_categories(encoder, fields, widths):
    total = int(widths[widths > 0].sum())
    inner, names, shares = fields.fields("categories"), np.empty(0, object), np.empty(0)
    if total:
        shares = fields.array("shares", (total,), ("<f8",), finite=True)
        fields.refuse_where((shares < 0) | (shares > 1), "shares", "from 0 to 1")
        names = decode_names(total, inner, shares.nbytes)
        if names is None:
            raise ValueError(f"the names of {total} categories are missing.")
    inner.end()
    ends = np.cumsum(np.maximum(widths, 0)).tolist()
    parts = [None if width < 0 else slice(end - width, end) for width, end in zip(widths.tolist(), ends)]
    encoder.categories_ = [None if part is None else names[part] for part in parts]
    encoder.shares_ = [None if part is None else shares[part] for part in parts]
