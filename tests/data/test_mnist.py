import errno
import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from dualad.data import DataError, DataUnavailable, _files, load_mnist, mnist
from dualad.data.mnist import MIRRORS, cache_folder

TRAIN = "train-images-idx3-ubyte"


def fill(folder, contents, pack=True):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if pack:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder


def assert_small(images, contents):
    assert images.train_images.tobytes() == contents[TRAIN][16:]
    assert images.train_labels.tobytes() == contents["train-labels-idx1-ubyte"][8:]
    assert images.test_images.tobytes() == contents["t10k-images-idx3-ubyte"][16:]
    assert images.test_labels.tobytes() == contents["t10k-labels-idx1-ubyte"][8:]
    assert images.train_images.shape == (6, 4, 4)
    assert (images.name, images.pixel_max) == ("mnist", 255)


def test_the_real_data():
    folder = os.environ.get("DUALAD_DATA")
    if not folder:
        pytest.skip("DUALAD_DATA names no folder with the real MNIST files")
    images = load_mnist()
    assert images.train_images.shape == (60000, 28, 28)
    assert images.test_images.shape == (10000, 28, 28)
    assert images.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert images.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(images.train_labels).tolist()[0] == 5923
    assert abs(images.train_images.mean() / 255 - 0.1307) < 5e-5
    assert abs(images.train_images.std() / 255 - 0.3081) < 5e-5
    assert images.source == folder
    assert images.note == f"MNIST, 60,000 training and 10,000 test images of 28x28 pixels, from {folder}"


@pytest.mark.parametrize("pack", [True, False])
def test_a_named_folder(small, tmp_path, monkeypatch, pack):
    folder = fill(tmp_path / "given", small, pack)
    assert_small(load_mnist(folder, mirrors=[]), small)
    assert_small(load_mnist(str(folder), mirrors=[]), small)
    monkeypatch.setenv("DUALAD_DATA", str(folder))
    images = load_mnist(mirrors=[])
    assert_small(images, small)
    assert images.source == str(folder)
    images.train_images[0] = 0  # the arrays are the caller's own


def test_the_argument_goes_before_the_environment(small, tmp_path, monkeypatch):
    monkeypatch.setenv("DUALAD_DATA", str(tmp_path / "absent"))
    assert_small(load_mnist(fill(tmp_path / "given", small), mirrors=[]), small)


def test_a_named_folder_that_lacks_files(small, tmp_path, monkeypatch, cache):
    fill(cache, small)  # a quiet search elsewhere would find these
    folder = fill(tmp_path / "given", {"train-labels-idx1-ubyte": b""})
    missing = "lacks train-images-idx3-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte: it must hold"
    with pytest.raises(DataError, match=rf"given \(from directory\) {missing}"):
        load_mnist(folder)
    monkeypatch.setenv("DUALAD_DATA", str(tmp_path / "absent"))
    with pytest.raises(
        DataError, match=r"absent \(from DUALAD_DATA\) is not a folder.* leave DUALAD_DATA out"
    ):
        load_mnist()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda packed: packed[:-30], "the gzip stream is truncated"),
        (lambda packed: gzip.compress(gzip.decompress(packed)[:-1] + b"?"), "sha256"),
        (lambda packed: gzip.decompress(packed)[:-1], "expected 112 bytes of unpacked content, found 111"),
    ],
)
def test_a_corrupt_file_in_a_named_folder_raises_and_stays(small, tmp_path, spoil, message):
    folder = fill(tmp_path / "given", small)
    path = folder / f"{TRAIN}.gz"
    spoiled = spoil(path.read_bytes())
    path.write_bytes(spoiled)
    with pytest.raises(DataError, match=rf"{TRAIN}.gz is corrupt: .*{message}.* Delete it"):
        load_mnist(folder)
    assert path.read_bytes() == spoiled


def test_download_fills_the_cache_and_the_cache_needs_no_network(small, cache, mirror):
    address = mirror.serve_all("good", small)
    images = load_mnist(mirrors=[address])
    assert_small(images, small)
    assert images.source == str(cache)
    assert sorted(os.listdir(cache)) == sorted(f"{name}.gz" for name in small)
    assert_small(load_mnist(mirrors=[]), small)
    assert len(mirror.asked) == 4


def test_a_file_served_unpacked_is_stored_under_its_own_name(small, cache, mirror):
    assert_small(load_mnist(mirrors=[mirror.serve_all("raw", small, pack=bytes)]), small)
    assert sorted(os.listdir(cache)) == sorted(small)


@pytest.mark.parametrize("pack", [True, False])
def test_a_corrupt_file_in_the_cache_is_fetched_again(small, cache, mirror, pack):
    fill(cache, small, pack)
    path = cache / (f"{TRAIN}.gz" if pack else TRAIN)
    path.write_bytes(path.read_bytes()[:-1])
    assert_small(load_mnist(mirrors=[mirror.serve_all("good", small)]), small)
    assert mirror.asked == [f"/good/{TRAIN}.gz"]
    assert_small(load_mnist(mirrors=[]), small)


def test_a_corrupt_file_beside_a_good_one_needs_no_network(small, cache):
    fill(cache, small)
    (cache / TRAIN).write_bytes(b"half a file")
    assert_small(load_mnist(mirrors=[]), small)
    assert not (cache / TRAIN).exists()


def test_an_interrupted_download_leaves_nothing(small, cache, mirror):
    packed = gzip.compress(small[TRAIN])
    mirror.serve("short", TRAIN, packed[:-10], promised=len(packed))
    with pytest.raises(DataUnavailable, match="the connection broke off"):
        load_mnist(mirrors=[mirror.address("short")])
    assert not cache.exists()


def test_a_wrong_file_is_never_stored(small, cache, mirror):
    address = mirror.serve_all("wrong", {name: content[:-1] + b"?" for name, content in small.items()})
    with pytest.raises(DataUnavailable, match="sha256"):
        load_mnist(mirrors=[address])
    assert not cache.exists()


def test_a_full_disk_leaves_nothing(small, cache, mirror, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_files.os, "fsync", full)
    with pytest.raises(
        OSError, match="No space left.*XDG_CACHE_HOME=FOLDER puts the cache elsewhere"
    ) as caught:
        load_mnist(mirrors=[mirror.serve_all("good", small)])
    assert caught.value.errno == errno.ENOSPC
    assert not isinstance(caught.value, DataUnavailable)
    assert os.listdir(cache) == []


def test_no_network_says_what_to_do(small, cache):
    with pytest.raises(DataUnavailable) as caught:
        load_mnist(mirrors=["http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/"])
    message = str(caught.value)
    for part in (f"/a/{TRAIN}.gz: ", f"/b/{TRAIN}.gz: ", "DUALAD_DATA=FOLDER", "load_digits"):
        assert part in message


def test_where_the_cache_is(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/dualad/mnist")
    for unset in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert cache_folder() == Path("/somewhere/.cache/dualad/mnist")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path("/somewhere/.cache/dualad/mnist")


def test_mirrors_and_files_are_the_public_ones():
    assert MIRRORS == (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    assert [file.size for file in mnist.FILES.values()] == [47_040_016, 60_008, 7_840_016, 10_008]
