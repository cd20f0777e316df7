"""Atomic writing of files, and checks of the folders they go to."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

# Characters of a file's name that are kept in the name of its temporary file: few, so that it is never too long.
_SHOWN = 32


def prepared_folder(folder):
    """Create a folder if it does not exist, and check that files can be written in it.

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
    """Replace a file by new content; if that fails, the old file is unchanged.

    The content is written to a hidden file in the same folder, which replaces the old file once all of it is on disk. A
    process that is killed may leave the hidden file. A symbolic link is followed, and stays a link. The new file has
    the permissions of the old one; without an old one, those that the process gives new files.

    Parameters
    ----------
    path : str or path
    *parts : bytes-like
        The content, part after part.

    Raises
    ------
    OSError
        With the path, for a folder that is missing or not writable, a full disk, circular links, and a path that is a
        folder or a device.
    """
    target = Path(os.path.realpath(path))
    try:
        _replace(target, parts)
    except OSError as error:
        # Names the target instead of the temporary file.
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
            # The umask of the process may have removed some.
            os.chmod(beside, permissions)
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _mode(target):
    """Kind and permissions of the file at a path without links, or None if there is none."""
    try:
        return os.stat(target).st_mode
    except FileNotFoundError:
        return None


def _flush_folder(folder):
    """Flush the new name to disk too, if the system can; the file itself is in its place already."""
    if hasattr(os, "O_DIRECTORY"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
