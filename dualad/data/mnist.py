"""MNIST: from a folder, from the cache, or from the public mirrors, and checked wherever it comes from.

dualad never carries the data. Each of the four files is accepted as ``.gz`` or unpacked, and is known by the
sha256 of its unpacked content, since gzip wrappings differ from mirror to mirror.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dualad.data._files import DataFile, find, parse_idx, read_checked, write_atomically
from dualad.data.errors import DataError
from dualad.data.images import DigitImages

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

FILES = {
    "train_images": DataFile(
        "train-images-idx3-ubyte",
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train_labels": DataFile(
        "train-labels-idx1-ubyte",
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "test_images": DataFile(
        "t10k-images-idx3-ubyte",
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "test_labels": DataFile(
        "t10k-labels-idx1-ubyte",
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

_ELSEWHERE = "XDG_CACHE_HOME=FOLDER puts the cache elsewhere"
_REPLACE = "Delete it, and put the right file there or leave the folder out: then it is downloaded."
_OFFLINE = (
    "Connect to the network and try again; or fetch the four MNIST files elsewhere and name their folder "
    "(DUALAD_DATA=FOLDER); or use the digits that scikit-learn carries (dualad.data.load_digits)."
)


def load_mnist(
    directory: str | os.PathLike[str] | None = None, *, mirrors: Sequence[str] = MIRRORS
) -> DigitImages:
    """MNIST: 60,000 training and 10,000 test images of 28 by 28 pixels.

    Parameters
    ----------
    directory
        The folder with the four files, each as ``.gz`` or unpacked. Without it, the folder that the
        environment variable ``DUALAD_DATA`` names; without that, the cache (``dualad/mnist`` under
        ``$XDG_CACHE_HOME`` or ``~/.cache``), into which missing or corrupt files are downloaded.
    mirrors
        Addresses to download from, in the order to try.

    Returns
    -------
    DigitImages
        Images of uint8, shapes (60000, 28, 28) and (10000, 28, 28), and their labels; fresh, writable arrays.

    Raises
    ------
    DataError
        A file in the named folder is missing, truncated or corrupt.
    DataUnavailable
        It had to be downloaded and no mirror could be reached.
    OSError
        A downloaded file could not be stored, for instance on a full disk. No part of it remains.
    """
    named = directory if directory is not None else os.environ.get("DUALAD_DATA") or None
    if named is not None:
        folder = Path(named).expanduser()
        _check_folder(folder, "directory" if directory is not None else "DUALAD_DATA")
        contents = {key: _read(folder, file) for key, file in FILES.items()}
    else:
        folder = cache_folder()
        contents = {key: _read_or_download(folder, file, mirrors) for key, file in FILES.items()}
    arrays: dict[str, np.ndarray] = {key: parse_idx(contents[key], file.name) for key, file in FILES.items()}
    return DigitImages(
        **arrays,
        source=str(folder),
        name="mnist",
        pixel_max=255,
        note=f"MNIST, 60,000 training and 10,000 test images of 28x28 pixels, from {folder}",
    )


def cache_folder() -> Path:
    """Where downloaded files are kept. By the XDG rules, a relative ``XDG_CACHE_HOME`` counts as unset."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.cache")
    return Path(base) / "dualad" / "mnist"


def _check_folder(folder: Path, origin: str) -> None:
    """A folder that someone named holds all four files: no quiet search elsewhere."""
    missing = [file.name for file in FILES.values() if find(folder, file.name) is None]
    if not missing:
        return
    what = f"lacks {', '.join(missing)}" if folder.is_dir() else "is not a folder"
    raise DataError(
        f"{folder} (from {origin}) {what}: it must hold the four MNIST files, each as .gz or unpacked; "
        f"or leave {origin} out, and they are downloaded"
    )


def _read(folder: Path, file: DataFile) -> bytes:
    path = find(folder, file.name)
    assert path is not None
    return read_checked(path, file, _REPLACE)


def _read_or_download(cache: Path, file: DataFile, mirrors: Sequence[str]) -> bytes:
    while (path := find(cache, file.name)) is not None:
        try:
            return read_checked(path, file, _REPLACE)
        except DataError:
            path.unlink(missing_ok=True)  # ours, and useless: fetch it again
    from dualad.data._download import download  # HTTP takes long to import, and is rarely needed

    raw, content = download(file, mirrors, _OFFLINE)
    suffix = "" if raw == content else ".gz"
    write_atomically(cache / f"{file.name}{suffix}", raw, _ELSEWHERE)
    return content
