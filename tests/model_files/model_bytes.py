"""Bytes of model files, changed and made whole again in all but what they say."""

import hashlib
import json

from skae.model_files import container


def sealed(content):
    """With the checksum at the end made good again."""
    body = content[:-64]
    return body + hashlib.sha256(body).hexdigest().encode()


def packed(header, arrays):
    """A file that is whole in all but what the header and the arrays say."""
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return b"".join(map(bytes, container.parts(text, arrays)))


def listed(arrays):
    """What a header says of arrays."""
    return [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]


def repacked(content, change):
    """A file whose model and arrays ``change(model, arrays)`` has changed, and that describes them as they are then."""
    header, arrays = container.unpacked(content)
    arrays = {name: array.copy() for name, array in arrays.items()}
    change(header["model"], arrays)
    return packed(header | {"arrays": listed(arrays)}, arrays)
