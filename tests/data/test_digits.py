import sys

import numpy as np
import pytest

from dualad.data import DataError, digits, load_digit_images, load_digits, load_mnist
from dualad.data.errors import DataUnavailable


@pytest.fixture
def offline(monkeypatch):
    reasons = ("http://one/: no network", "http://two/: HTTP 403")

    def fail(where):
        raise DataUnavailable("could not download", reasons)

    monkeypatch.setattr(digits, "load_mnist", fail)
    return reasons


def test_digits():
    sklearn = pytest.importorskip("sklearn.datasets").load_digits()
    images = load_digits()
    assert images.train_images.shape == (1438, 8, 8)
    assert images.test_images.shape == (359, 8, 8)
    assert images.train_images.dtype == images.test_labels.dtype == np.uint8
    assert images.train_images.max() == images.pixel_max == 16
    assert images.train_images.sum(dtype=int) + images.test_images.sum(dtype=int) == sklearn.images.sum()
    # Sorted, both parts together are all the samples: none twice, none lost, each with its own label.
    ours = np.concatenate([images.train_images, images.test_images]).reshape(-1, 64)
    ours = np.column_stack([ours, np.concatenate([images.train_labels, images.test_labels])])
    theirs = np.column_stack([sklearn.data, sklearn.target])
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.astype(int).tolist()))


def test_the_split_is_stratified_and_always_the_same():
    pytest.importorskip("sklearn")
    first, again = load_digits(), load_digits()
    np.testing.assert_array_equal(first.test_images, again.test_images)
    total = np.bincount(first.train_labels) + np.bincount(first.test_labels)
    assert np.bincount(first.test_labels).tolist() == [round(count / 5) for count in total]
    # Pinned, so that a change of the split, which changes published accuracies, does not pass unseen.
    assert first.test_labels[:10].tolist() == [3, 7, 3, 9, 0, 8, 7, 0, 8, 0]


def test_without_scikit_learn(monkeypatch, offline):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        load_digits()
    with pytest.raises(ImportError, match="pip install scikit-learn") as caught:
        load_digit_images()
    cause = caught.value.__cause__  # the failed import, raised while the failed download was handled
    assert isinstance(cause.__context__, DataUnavailable)


def test_digits_on_request(offline):
    pytest.importorskip("sklearn")
    images = load_digit_images("digits")
    assert images.name == "digits"
    assert images.note == "scikit-learn's digits, 1,438 training and 359 test images of 8x8 pixels"


def test_no_network_falls_back_and_says_so(offline):
    pytest.importorskip("sklearn")
    images = load_digit_images()
    assert images.name == "digits"
    assert "\n" not in images.note
    assert images.note.startswith("scikit-learn's digits, ")
    assert images.note.endswith(
        "MNIST could not be downloaded (http://one/: no network; http://two/: HTTP 403)"
    )


def test_mnist_where_it_can_be_had(small, cache, mirror, monkeypatch):
    address = mirror.serve_all("good", small)
    monkeypatch.setattr(digits, "load_mnist", lambda where: load_mnist(where, mirrors=[address]))
    images = load_digit_images()
    assert images.name == "mnist"
    assert images.note.startswith("MNIST, ")


def test_a_bad_folder_is_an_error_not_a_reason_for_other_data(tmp_path):
    with pytest.raises(DataError, match="lacks train-images"):
        load_digit_images(tmp_path)
