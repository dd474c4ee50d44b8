"""Data files: unpacked, checked by the sum of their content, parsed, and written all or nothing."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import zlib
from contextlib import suppress
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from secrets import token_hex

import numpy as np

from dualad.data.errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", None))  # no disk quotas on Windows


@dataclass(frozen=True)
class DataFile:
    """A file as it should be: its name, and the length and sha256 of its *unpacked* content."""

    name: str
    size: int
    sha256: str


def unpack(raw: bytes, expected: DataFile) -> bytes:
    """The content behind `raw`, gzipped or not, if it is the expected one.

    Whether it is gzipped is read from its first bytes, not from a name: some servers and browsers unpack on
    the way.

    Raises
    ------
    ValueError
        It is not; the message says what was expected and found (and the caller adds where).
    """
    content = _gunzip(raw, expected.size) if raw.startswith(_GZIP_MAGIC) else raw
    if len(content) != expected.size:
        more = "at least " if len(content) > expected.size else ""
        raise ValueError(
            f"expected {expected.size:,} bytes of unpacked content, found {more}{len(content):,}"
            f"{_hint(content)}"
        )
    found = hashlib.sha256(content).hexdigest()
    if found != expected.sha256:
        raise ValueError(f"expected content with sha256 {expected.sha256}, found {found}")
    return content


def _gunzip(raw: bytes, size: int) -> bytes:
    try:
        with GzipFile(fileobj=io.BytesIO(raw)) as packed:
            return packed.read(size + 1)  # one more than expected tells "too long" without unpacking a bomb
    except EOFError:
        raise ValueError(f"the gzip stream is truncated after {len(raw):,} bytes") from None
    except (OSError, zlib.error) as error:
        raise ValueError(f"the gzip stream is corrupt ({error})") from None


def _hint(content: bytes) -> str:
    return ": it is a web page, not data" if content.lstrip()[:1] == b"<" else ""


def read_checked(path: Path, expected: DataFile, remedy: str) -> bytes:
    """The unpacked content of a file.

    Raises
    ------
    DataError
        Its content is not the expected one.
    OSError
        It cannot be read.
    """
    try:
        return unpack(path.read_bytes(), expected)
    except ValueError as error:
        raise DataError(f"{path} is corrupt: {error}. {remedy}") from None


def find(folder: Path, name: str) -> Path | None:
    """The file `name` in a folder, unpacked or as ``.gz``."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def write_atomically(path: Path, content: bytes, hint: str = "") -> None:
    """Write a file all or nothing: under its own name there is never a part of it.

    The bytes go to a temporary file in the same folder, which then takes the name. Whatever goes wrong, the
    temporary file is removed and an older file of that name is left as it was. `hint` joins the
    error's message.

    Raises
    ------
    OSError
        With the original ``errno``; the message names the file and the remedy.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{token_hex(8)}.part")
        # Created as any new file is, with the user's permissions; one of mkstemp would be private.
        descriptor = os.open(temporary, _NEW, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # else a crash after the rename could leave an empty file
            os.replace(temporary, path)
        except BaseException:  # Ctrl-C too
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise _write_error(path, content, error, hint) from error


def _write_error(path: Path, content: bytes, error: OSError, hint: str) -> OSError:
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        remedy = f"free {len(content):,} bytes there, or write to another disk"
    else:
        remedy = "make the folder writable, or write to another"
    remedy = f"{remedy} ({hint})" if hint else remedy
    return OSError(error.errno, f"could not write {path}: {reason}; nothing was left behind: {remedy}")


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """The array in an IDX file of unsigned bytes, such as MNIST's.

    The format: two zero bytes, the type (8: unsigned byte), the number of axes, each axis's length as a
    big-endian 32-bit integer, then the entries in C order.

    Returns
    -------
    ndarray of uint8
        Writable, owning its memory.

    Raises
    ------
    DataError
        The header is of another kind, or does not fit the length of the content.
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DataError(f"{name} is not an IDX file of unsigned bytes: it begins with {content[:4].hex(' ')}")
    axes = content[3]
    start = 4 + 4 * axes
    shape = tuple(int.from_bytes(content[4 * i : 4 * i + 4], "big") for i in range(1, axes + 1))
    entries = int(np.prod(shape, dtype=object))
    if len(content) != start + entries:
        raise DataError(
            f"{name}: its header says shape {shape}, {start + entries:,} bytes, but it has {len(content):,}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()
