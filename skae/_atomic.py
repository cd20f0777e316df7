"""Writing a file so that it is there as a whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

# Characters of a name that the file beside it begins with: however long they are, its own name is legal.
_SHOWN = 32


def write_atomically(path, *parts):
    """Replace a file by new content; where that fails the old file stays whole.

    The content goes to a hidden file in the same folder, which takes the place of the old one when all of it is on the
    disk. A process that is killed may leave that hidden file. A symbolic link is followed, and stays one.

    Parameters
    ----------
    path : str or path
    *parts : bytes-like
        The content, part after part.

    Raises
    ------
    OSError
        Naming the path, for a folder that is not there or cannot be written in, for a full disk, and where the path is
        that of a folder or a device.
    """
    target = Path(os.path.realpath(path))
    try:
        _replace(target, parts)
    except OSError as error:
        # In the place of the name of the file beside it.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    _flush_folder(target.parent)


def _replace(target, parts):
    if target.exists() and not target.is_file():
        code = errno.EISDIR if target.is_dir() else errno.EINVAL
        raise OSError(code, os.strerror(code))
    handle, beside = tempfile.mkstemp(prefix=f".{target.name[:_SHOWN]}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, _mode(target))
        os.replace(beside, target)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _flush_folder(folder):
    """Have the new name on the disk as well, where the system can do that; the file is in its place already."""
    if hasattr(os, "O_DIRECTORY"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _mode(path):
    """Permissions of the file that is replaced, or what the process gives new files."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
