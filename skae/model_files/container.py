"""The bytes of a model file: a zip archive of JSON and arrays, determined byte for byte by its content.

The archive consists of these parts, with nothing between them:

    model.json                     the header: JSON text in ASCII
    NAME.npy, ...                  the arrays, in the order in which the header lists them
    the directory of the archive   the comment at its end closes with the SHA-256 of all bytes before

Members are stored as they are, never compressed, with sizes of 64 bits; arrays are in C order and little-endian. NumPy
reads them with ``np.load(path, allow_pickle=False)``.

Reading needs no parser of zip archives. The header gives the position of each array, and the file must be byte for byte
what writing the same header and arrays would make. No array takes more memory than the file has bytes. The layout is
part of the format: another layout is another version. All versions have the same position of the header, its fields
"format", "version" and "skae", and the checksum.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
import zlib
from reprlib import repr as shortened

import numpy as np

from ..runtime.version import __version__

FORMAT, VERSION = "skae-model", 1

# Dtypes of arrays: no objects and no structured dtypes.
DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")

# Most bytes of the header, and most commas, colons and brackets in it: each makes an object of some eighty bytes.
_LONGEST_HEADER, _MOST_SEPARATORS = 2**18, 2**12

_HEADER_NAME = "model.json"
_ARRAY_NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*")

# Fields of the records of a zip archive: version 4.5 of the format, the first with sizes of 64 bits; no flags, no
# compression, and 1980-01-01 00:00 as a constant in place of the time.
_NEEDED, _COMMON = 45, (0, 0, 0, 0x21)
_LOCAL, _ENTRY = "<4sH4H3I2H", "<4s2H4H3I5H2I"
_END_64, _LOCATOR, _END = "<4sQ2H2I4Q", "<4sIQI", "<4s4H2IH"
_IN_64_BITS, _MANY = 2**32 - 1, 2**16 - 1
_MADE_BY, _REGULAR_FILE = 3 << 8 | _NEEDED, 0o100644 << 16

_COMMENT = b"A model of skae. SHA-256 of all bytes before this: "
_DIGEST_LENGTH = 64

# Start of every file: the constant part of its first record; the name of the header follows further on.
_START = struct.pack("<4sH4H", b"PK\3\4", _NEEDED, *_COMMON)
_NAME = slice(struct.calcsize(_LOCAL), struct.calcsize(_LOCAL) + len(_HEADER_NAME))
START_LENGTH = _NAME.stop


def header_text(model, arrays):
    """JSON text of a header.

    Parameters
    ----------
    model : dict
        The model without its arrays.
    arrays : dict of str to ndarray

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If it is longer than the limit.
    """
    header = {
        "format": FORMAT,
        "version": VERSION,
        "skae": __version__,
        "arrays": [[name, _stored_dtype(array).str, list(array.shape)] for name, array in arrays.items()],
        "model": model,
    }
    text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode("ascii")
    if len(text) > _LONGEST_HEADER:
        raise ValueError(f"its parameters take {len(text)} bytes; the format has {_LONGEST_HEADER} for them.")
    return text


def parts(text, arrays):
    """The file, part by part; the last is its checksum.

    Parameters
    ----------
    text : bytes
        The header.
    arrays : dict of str to ndarray
        In the order in which the header lists them.

    Returns
    -------
    list of bytes-like
    """
    written, entries, offset = [], [], 0
    members = [(_HEADER_NAME, [text])] + [(f"{name}.npy", _npy(array)) for name, array in arrays.items()]
    for name, pieces in members:
        size, crc = sum(map(len, pieces)), 0
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
        member = [_local_header(name, size, crc), *pieces]
        entries.append(_entry(name, size, crc, offset))
        offset += sum(map(len, member))
        written += member
    written.append(_directory(entries, offset))
    digest = hashlib.sha256()
    for part in written:
        digest.update(part)
    return [*written, digest.hexdigest().encode("ascii")]


def unpacked(content):
    """Header and arrays of a file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    header : dict
        With "skae", the version that made the file, and "model".
    arrays : dict of str to ndarray
        Views of the content, read-only, little-endian and not aligned.

    Raises
    ------
    ValueError
        If the content is not a complete file of a known version.
    """
    _check_start(content)
    body, seal = memoryview(content)[:-_DIGEST_LENGTH], content[-_DIGEST_LENGTH:]
    if hashlib.sha256(body).hexdigest().encode("ascii") != seal:
        raise ValueError("the checksum is wrong: the file was changed, or is not complete. Take another copy of it.")
    text = _text(content)
    header = parsed(text)
    arrays = _arrays(header["arrays"], content, _local_length(_HEADER_NAME) + len(text))
    expected = parts(text, arrays)
    # Equal checksums mean equal content.
    if expected[-1] != seal:
        raise ValueError("the archive is not laid out as skae writes it.")
    return header, arrays


def is_start(start):
    """Whether a file may be a model file, by its first bytes, of which ``START_LENGTH`` are needed."""
    return start.startswith(_START) and start[_NAME] == _HEADER_NAME.encode("ascii")


def _check_start(content):
    """Raise ValueError for a file that is not a model file, and say what it is if its first bytes show it."""
    if not content:
        raise ValueError("the file is empty.")
    if is_start(content):
        return
    if content[:1] == b"\x80" and content[1:2] <= b"\x05":
        raise ValueError("this is a pickle, which can run any code when it is read. It was not read.")
    kind = "a zip archive, but no" if content.startswith(b"PK") else "no"
    raise ValueError(f"this is {kind} model file: skae.load reads what skae.save has written.")


def _text(content):
    """The header, with the length given in the record before it."""
    start = _local_length(_HEADER_NAME)
    if len(content) < start:
        raise ValueError("the file ends before its header.")
    (length,) = struct.unpack_from("<Q", content, start - 8)
    if length > min(_LONGEST_HEADER, len(content) - start):
        raise ValueError(f"the header claims {length} bytes; there are at most {_LONGEST_HEADER}, all in the file.")
    return content[start : start + length]


def parsed(text):
    """The header as a dict, with its version checked; the content of "model" is not checked.

    Parameters
    ----------
    text : bytes

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        For a text that is not a header, and for a header of a later version.
    """
    header = _strict_json(text)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("the header is not that of a model of skae.")
    version = header.get("version")
    if type(version) is not int or version < 1:
        raise ValueError(f"the version of the format must be a positive integer; the file has {shortened(version)}.")
    if version > VERSION:
        raise ValueError(
            f"the file was made by a later skae, {shortened(header.get('skae'))}, in version {shortened(version)} of "
            f"the format; skae {__version__} reads versions up to {VERSION}. Update skae, or save the model with this "
            "version."
        )
    wanted = {"format", "version", "skae", "arrays", "model"}
    if header.keys() != wanted or not isinstance(header["skae"], str):
        raise ValueError(f"the header must hold {sorted(wanted)}; the file has {shortened(sorted(header))}.")
    return header


def _strict_json(text):
    """Parse JSON in ASCII, and refuse NaN, numbers beyond float64 and duplicate names."""
    n_separators = sum(map(text.count, (b",", b":", b"[", b"{")))
    if n_separators > _MOST_SEPARATORS:
        raise ValueError(
            f"the header has {n_separators} commas, colons and opening brackets; there are at most {_MOST_SEPARATORS}."
        )
    try:
        return json.loads(
            text.decode("ascii"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_without_duplicates,
        )
    except RecursionError as error:
        raise ValueError("the header is nested too deeply.") from error


def _refuse_constant(name):
    raise ValueError(f"the header holds {name}, which is not JSON.")


def _finite(text):
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the header holds {shortened(text)}, which is beyond the range of float64.")
    return value


def _without_duplicates(pairs):
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("the header names a field twice.")
    return values


def _arrays(listed, content, start):
    """The arrays that follow the header, as views of the content."""
    if not isinstance(listed, list):
        raise ValueError(f"the header must list the arrays; it has {shortened(listed)}.")
    arrays = {}
    for item in listed:
        name, dtype, shape = _described(item, len(content))
        if name in arrays:
            raise ValueError(f"the array {name!r} is there twice.")
        start += _local_length(f"{name}.npy") + len(_npy_header(dtype, shape))
        size = dtype.itemsize * math.prod(shape)
        if start + size > len(content):
            raise ValueError(f"the array {name!r} claims {size} bytes, more than the file has left.")
        arrays[name] = np.ndarray(shape, dtype, content, start)
        if dtype.kind == "b" and arrays[name].view(np.uint8).max(initial=0) > 1:
            raise ValueError(f"the array {name!r} holds other values than true and false.")
        start += size
    return arrays


def _described(item, length):
    """Name, dtype and shape of one array, from the header of a file of a length."""
    name, dtype, shape = item if isinstance(item, list) and len(item) == 3 else (None, None, None)
    if not (isinstance(name, str) and _ARRAY_NAME.fullmatch(name) and isinstance(shape, list) and len(shape) <= 2):
        raise ValueError(f"an array is described by its name, dtype and shape; the header has {shortened(item)}.")
    if dtype not in DTYPES:
        raise ValueError(f"arrays have one of the dtypes {', '.join(DTYPES)}; {name!r} has {shortened(dtype)}.")
    if not all(type(size) is int and 0 <= size <= length for size in shape):
        raise ValueError(f"the array {name!r} claims the shape {shortened(shape)}, in a file of {length} bytes.")
    return name, np.dtype(dtype), tuple(shape)


def _stored_dtype(array):
    return array.dtype.newbyteorder("<")


def _npy(array):
    """A member that holds an array, in NumPy's own format."""
    array = np.asarray(array, _stored_dtype(array), order="C")
    return [_npy_header(array.dtype, array.shape), array.reshape(-1).view(np.uint8)]


def _npy_header(dtype, shape):
    """What precedes the values of an array: version 1.0 of NumPy's format, padded to a multiple of 64 bytes."""
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    before = b"\x93NUMPY\1\0"
    length = -(-(len(before) + 2 + len(text) + 1) // 64) * 64 - len(before) - 2
    return before + struct.pack("<H", length) + (text.ljust(length - 1) + "\n").encode("ascii")


# The records of an archive (PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 6.3, sections 4.3 and 4.5.3).


def _local_length(name):
    """Bytes of the record before a member."""
    return len(_local_header(name, 0, 0))


def _local_header(name, size, crc):
    extra = struct.pack("<2H2Q", 1, 16, size, size)
    sizes = (crc, _IN_64_BITS, _IN_64_BITS, len(name), len(extra))
    return struct.pack(_LOCAL, b"PK\3\4", _NEEDED, *_COMMON, *sizes) + name.encode("ascii") + extra


def _entry(name, size, crc, offset):
    """A line of the directory."""
    extra = struct.pack("<2H3Q", 1, 24, size, size, offset)
    sizes = (crc, _IN_64_BITS, _IN_64_BITS, len(name), len(extra))
    place = (0, 0, 0, _REGULAR_FILE, _IN_64_BITS)
    return struct.pack(_ENTRY, b"PK\1\2", _MADE_BY, _NEEDED, *_COMMON, *sizes, *place) + name.encode("ascii") + extra


def _directory(entries, offset):
    """The bytes after the members, up to the checksum."""
    lines = b"".join(entries)
    found = (len(entries), len(entries), len(lines), offset)
    end_64 = struct.pack(_END_64, b"PK\6\6", 44, _MADE_BY, _NEEDED, 0, 0, *found)
    locator = struct.pack(_LOCATOR, b"PK\6\7", 0, offset + len(lines), 1)
    counts = (0, 0, _MANY, _MANY, _IN_64_BITS, _IN_64_BITS, len(_COMMENT) + _DIGEST_LENGTH)
    return lines + end_64 + locator + struct.pack(_END, b"PK\5\6", *counts) + _COMMENT
