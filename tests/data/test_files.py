import errno
import gzip
import hashlib
import os

import numpy as np
import pytest

from dualad.data import DataError, _files
from dualad.data._files import DataFile, find, parse_idx, read_checked, unpack, write_atomically

CONTENT = bytes(range(256)) * 8
GOOD = DataFile("numbers", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
PACKED = gzip.compress(CONTENT, mtime=0)


def flipped(data, position):
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def test_unpack_goes_by_content_not_by_name():
    assert unpack(CONTENT, GOOD) == CONTENT
    assert unpack(PACKED, GOOD) == CONTENT
    assert unpack(gzip.compress(CONTENT, 1, mtime=7), GOOD) == CONTENT


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (PACKED[: len(PACKED) // 2], "the gzip stream is truncated after"),
        (PACKED[:-1], "the gzip stream is truncated"),
        (PACKED[:2], "the gzip stream is truncated after 2 bytes"),
        (flipped(PACKED, len(PACKED) - 6), "the gzip stream is corrupt .CRC check failed"),
        (PACKED[:10] + b"\xff" * 40, "the gzip stream is corrupt .Error -3"),
        (CONTENT[:-1], "expected 2,048 bytes of unpacked content, found 2,047"),
        (b"", "expected 2,048 bytes of unpacked content, found 0"),
        (gzip.compress(CONTENT * 100), "expected 2,048 bytes of unpacked content, found at least 2,049"),
        (b"<!doctype html>", "found 15: it is a web page, not data"),
        (flipped(CONTENT, 100), f"expected content with sha256 {GOOD.sha256}, found "),
        (gzip.compress(flipped(CONTENT, 0)), "expected content with sha256"),
    ],
    # Named, because the bytes contain the time, and parallel workers must agree on the names.
    ids="half last_byte magic_alone sum stream plain_short empty bomb page plain_other packed_other".split(),
)
def test_unpack_says_what_is_wrong(raw, message):
    with pytest.raises(ValueError, match=message):
        unpack(raw, GOOD)


def test_read_checked_names_file_and_remedy(tmp_path):
    path = tmp_path / "numbers.gz"
    path.write_bytes(PACKED)
    assert read_checked(path, GOOD, "Delete it.") == CONTENT
    path.write_bytes(PACKED[:-9])
    with pytest.raises(
        DataError, match=r"numbers\.gz is corrupt: the gzip stream is truncated .* Delete it\."
    ):
        read_checked(path, GOOD, "Delete it.")


def test_find_prefers_the_unpacked_file(tmp_path):
    assert find(tmp_path, "numbers") is None
    assert find(tmp_path / "absent", "numbers") is None
    (tmp_path / "numbers.gz").touch()
    assert find(tmp_path, "numbers") == tmp_path / "numbers.gz"
    (tmp_path / "numbers").touch()
    assert find(tmp_path, "numbers") == tmp_path / "numbers"


def test_write_makes_folders_and_replaces(tmp_path):
    path = tmp_path / "a" / "b" / "numbers"
    write_atomically(path, b"old")
    write_atomically(path, CONTENT)
    assert path.read_bytes() == CONTENT
    assert os.listdir(path.parent) == ["numbers"]


class FullDisk:
    """A file that takes a few bytes and then fails as a full disk does, like the real one after `open`."""

    def __init__(self, descriptor, mode, error):
        self.file = open(descriptor, mode)
        self.error = error

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.file.close()

    def write(self, content):
        self.file.write(content[:10])
        self.file.flush()
        raise self.error


@pytest.mark.parametrize(
    ("number", "kind", "remedy"),
    [
        (errno.ENOSPC, OSError, "free 2,048 bytes there, or write to another disk"),
        (errno.EDQUOT, OSError, "free 2,048 bytes there, or write to another disk"),
        (errno.EACCES, PermissionError, "make the folder writable, or write to another"),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, number, kind, remedy):
    path = tmp_path / "numbers"
    path.write_bytes(b"old")
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(_files.os, "fdopen", lambda descriptor, mode: FullDisk(descriptor, mode, error))
    with pytest.raises(kind) as caught:
        write_atomically(path, CONTENT, "A=B puts it elsewhere")
    assert caught.value.errno == number
    assert f"could not write {path}: {os.strerror(number)}; nothing was left behind" in str(caught.value)
    assert f"{remedy} (A=B puts it elsewhere)" in str(caught.value)
    assert os.listdir(tmp_path) == ["numbers"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_at_the_last_steps_leaves_nothing(tmp_path, monkeypatch, step):
    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_files.os, step, fail)
    with pytest.raises(OSError, match="nothing was left behind"):
        write_atomically(tmp_path / "numbers", CONTENT)
    assert os.listdir(tmp_path) == []


def test_an_interrupt_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(descriptor, mode):
        return FullDisk(descriptor, mode, KeyboardInterrupt())

    monkeypatch.setattr(_files.os, "fdopen", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "numbers", CONTENT)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="could not write .*numbers: .*; nothing was left behind"):
        write_atomically(tmp_path / "file" / "numbers", CONTENT)


def idx(array):
    header = b"\x00\x00\x08" + bytes([array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.tobytes()


@pytest.mark.parametrize("shape", [(7,), (2, 3), (2, 3, 4), (0, 28, 28), (300,)])
def test_parse_idx(shape):
    array = np.arange(np.prod(shape)).astype(np.uint8).reshape(shape)
    parsed = parse_idx(idx(array), "numbers")
    assert parsed.dtype == np.uint8
    assert parsed.flags.writeable
    assert parsed.flags.owndata
    np.testing.assert_array_equal(parsed, array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"\x00\x00\x0d\x01" + bytes(8), "begins with 00 00 0d 01"),
        (idx(np.zeros((2, 3), np.uint8))[:-1], r"header says shape \(2, 3\), 18 bytes, but it has 17"),
        (idx(np.zeros((2, 3), np.uint8)) + b"x", "but it has 19"),
        (b"\x00\x00\x08\x03\x00", "but it has 5"),
        (b"\x00\x00\x08\x02" + b"\xff" * 8, "but it has 12"),  # the product does not overflow
    ],
)
def test_parse_idx_refuses(content, message):
    with pytest.raises(DataError, match=message):
        parse_idx(content, "numbers")


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_write_gives_the_permissions_of_any_new_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "numbers", CONTENT)
    finally:
        os.umask(before)
    assert (tmp_path / "numbers").stat().st_mode & 0o777 == 0o666 & ~mask
    assert [p.name for p in tmp_path.iterdir()] == ["numbers"]
