"""Files that are written as a whole or not at all, and folders for them."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

# Characters of a name that the file beside it begins with: however long they are, its own name is legal.
_SHOWN = 32


def prepared_folder(folder):
    """Make a folder where there is none, and see that files can be written in it.

    Parameters
    ----------
    folder : str or path

    Returns
    -------
    Path

    Raises
    ------
    OSError
        Naming the folder and what is wrong with it.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"No file can be written in the folder {str(folder)!r}: {reason}. Name another one.") from error
    return folder


def write_atomically(path, *parts):
    """Replace a file by new content; where that fails the old file stays whole.

    The content goes to a hidden file in the same folder, which takes the place of the old one when all of it is on the
    disk. A process that is killed may leave that hidden file. A symbolic link is followed, and stays one. The new file
    has the permissions of the old one, or those that the process gives new files.

    Parameters
    ----------
    path : str or path
    *parts : bytes-like
        The content, part after part.

    Raises
    ------
    OSError
        Naming the path, for a folder that is not there or cannot be written in, for a full disk, for links that lead
        in a circle, and where the path is that of a folder or a device.
    """
    target = Path(os.path.realpath(path))
    try:
        _replace(target, parts)
    except OSError as error:
        # In the place of the name of the file beside it.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    _flush_folder(target.parent)


def _replace(target, parts):
    old = _mode(target)
    if old is not None and not stat.S_ISREG(old):
        code = errno.EISDIR if stat.S_ISDIR(old) else errno.EINVAL
        raise OSError(code, os.strerror(code))
    permissions = 0o666 if old is None else old & 0o777
    beside = target.with_name(f".{target.name[:_SHOWN]}.{secrets.token_hex(8)}")
    file = open(beside, "xb", opener=lambda name, flags: os.open(name, flags, permissions))
    try:
        with file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        if old is not None:
            # Without what the mask of the process took away.
            os.chmod(beside, permissions)
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _mode(target):
    """Kind and permissions of what is at a path where all links were followed, or None for nothing."""
    try:
        return os.stat(target).st_mode
    except FileNotFoundError:
        return None


def _flush_folder(folder):
    """Have the new name on the disk as well, where the system can do that; the file is in its place already."""
    if hasattr(os, "O_DIRECTORY"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
