"""Files that are written as a whole or not at all."""

import errno
import os
import stat

import pytest

from skae.runtime.files import write_atomically


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def test_parts_become_one_file(old):
    write_atomically(old, b"one ", memoryview(b"two "), bytearray(b"three"))
    assert old.read_bytes() == b"one two three"
    assert os.listdir(old.parent) == [old.name]


def failing(error):
    def fail(*args, **kwargs):
        raise error

    return fail


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_any_step_leaves_the_old_file(step, error, old, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(type(error)) as caught:
        patch.setattr(os, step, failing(error))
        write_atomically(str(old), b"new")
    assert old.read_bytes() == b"old"
    assert os.listdir(old.parent) == [old.name]
    if isinstance(error, OSError):
        assert caught.value.filename == str(old) and caught.value.errno == errno.ENOSPC


def test_a_disk_that_is_full(old):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError) as caught:
            write_atomically(old, bytes(10**6))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno == errno.EFBIG and caught.value.filename == str(old)
    assert old.read_bytes() == b"old"
    assert os.listdir(old.parent) == [old.name]


def test_a_folder_that_cannot_be_flushed_has_the_new_file(old, monkeypatch):
    flush = os.fsync

    def flush_files_alone(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        flush(handle)

    monkeypatch.setattr(os, "fsync", flush_files_alone)
    write_atomically(old, b"new")
    assert old.read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="needs permissions")
def test_permissions_are_kept(old):
    old.chmod(0o640)
    write_atomically(old, b"new")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    mask = os.umask(0o027)
    try:
        write_atomically(old.with_name("another"), b"new")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(old.with_name("another").stat().st_mode) == 0o640


def test_the_mask_of_the_process_is_never_changed(old, monkeypatch):
    monkeypatch.setattr(os, "umask", failing(AssertionError("other threads may create files")))
    write_atomically(old, b"new")
    write_atomically(old.with_name("another"), b"new")


@pytest.mark.skipif(os.name != "posix", reason="needs permissions")
def test_the_hidden_file_is_never_open_to_more_than_the_old_one(old, monkeypatch):
    old.chmod(0o600)
    flush, seen = os.fsync, []

    def look_and_flush(handle):
        seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        flush(handle)

    monkeypatch.setattr(os, "fsync", look_and_flush)
    write_atomically(old, b"new")
    assert seen[0] == 0o600


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
@pytest.mark.parametrize("name", ["circle", "circle/file"])
def test_links_in_a_circle(name, tmp_path):
    circle = tmp_path / "circle"
    circle.symlink_to("circle")
    with pytest.raises(OSError) as caught:
        write_atomically(tmp_path / name, b"new")
    assert caught.value.errno == errno.ELOOP and caught.value.filename == str(tmp_path / name)
    assert circle.is_symlink() and os.listdir(tmp_path) == ["circle"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_link_to_what_is_not_there_yet(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("target")
    write_atomically(link, b"new")
    assert link.is_symlink() and (tmp_path / "target").read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_link_stays_one(old):
    link = old.with_name("link")
    link.symlink_to(old.name)
    write_atomically(link, b"new")
    assert link.is_symlink() and old.read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a user who may not do all")
def test_a_folder_that_is_not_writeable(old):
    old.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError) as caught:
            write_atomically(old, b"new")
    finally:
        old.parent.chmod(0o700)
    assert caught.value.filename == str(old) and old.read_bytes() == b"old"


def test_a_folder_that_is_not_there(tmp_path):
    path = tmp_path / "absent" / "file"
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(path, b"new")
    assert caught.value.filename == str(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_is_not_replaced(tmp_path):
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path, b"new")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError) as caught:
        write_atomically(tmp_path / "pipe", b"new")
    assert caught.value.errno == errno.EINVAL
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.parametrize("name", ["a" * 255, "\u00e9" * 127], ids=["letters", "of two bytes"])
def test_the_longest_names(name, tmp_path):
    write_atomically(tmp_path / name, b"new")
    assert (tmp_path / name).read_bytes() == b"new"
